"""Of an answer the program is taken that EvalPlus' sanitizer would take."""

import pytest

from quantgate.tasks.evalplus.program import longest_python, program_of

F = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    "answer",
    [
        F,
        f"Sure! Here it is:\n\n```python\n{F}\n```\nIt adds one.",
        f"```\n{F}\n```",
        f"```python\n{F}\n",
        f"  ```python\n{F}\n  ```",
        f"First\n```python\ny = 1\n```\nthen\n```python\n{F}\n```",
        f"```python\n{F}\n\nprint(f(2))\nassert f(1) == 2\nif __name__ == '__main__':\n    print(f(3))\n```",
        f"```python\n{F}\n\ndef g(a):\n    return f(a)\n```",
        f"```python\n{F}\n\ndef f(x):\n    return 0\n```",
    ],
)
def test_the_function_is_found_whatever_stands_around_it(answer):
    assert program_of(answer, "f") == F


def test_what_the_function_needs_is_kept_and_imports_come_first():
    others = "K = 3\ndef g(x):\n    return x + K\nimport math\ndef unused(): return 1"
    needed = f"{others}\ndef f(x):\n    return g(math.floor(x))"
    assert program_of(needed, "f").split("\n")[:2] == ["import math", "K = 3"]
    assert "unused" not in program_of(needed, "f")


def test_functions_that_return_nothing_and_decorated_ones_are_left_out_as_evalplus_leaves_them():
    code = "def f(x):\n    return h(x)\ndef h(x):\n    print(x)\n@cache\ndef k(x):\n    return 1"
    assert program_of(code, "f") == "def f(x):\n    return h(x)"


def test_the_longest_stretch_counts_and_the_first_of_equals():
    assert longest_python("a = 1\nthis is no python\nb = 2\nc = 3\nnor is this one") == "b = 2\nc = 3"
    assert longest_python("a = 1\n```\nb = 2") == "a = 1"


def test_a_text_without_any_python_has_no_program():
    assert program_of("I cannot do that.", "f") == ""
    assert program_of("", "f") == ""


def test_a_cut_off_program_is_taken_up_to_where_it_is_whole():
    assert program_of(f"```python\n{F}\ndef g(y):\n    if y", "f") == F


@pytest.mark.parametrize(
    "text", ["(" * 5000, "x = " + "[" * 300, "\0", "-" * 20_000 + "1", "\n" * 50_000, "a b\n" * 5000]
)
def test_no_text_is_too_strange(text):
    assert isinstance(program_of(text, "f"), str)
