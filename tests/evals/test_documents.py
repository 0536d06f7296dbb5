import json

import pytest

from quantgate.evals.documents import BrokenDocument, parse_json, parse_yaml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margin: 0.01\nalpha: 0.05\nmargin: 0.5\n", "line 3: 'margin' is given twice, first in line 1"),
        ("tasks:\n  gsm8k: {margin: 0.01}\n  gsm8k: {margin: 0.5}\n", "line 3: 'gsm8k' is given twice"),
        ("margin: 0.01\n'margin': 0.5\n", "line 2: 'margin' is given twice"),
        ('margin: 0.01\n"m\\x61rgin": 0.5\n', "line 2: 'margin' is given twice"),
        ("1: a\n1.0: b\n", "line 2: '1.0' is given twice"),
        ("yes: a\ntrue: b\n", "line 2: 'true' is given twice"),
        ("- {a: 1, a: 1}\n", "line 1: 'a' is given twice"),
        ("? [a]\n: {b: 1, b: 2}\n", "line 2: 'b' is given twice"),
        ("x: &x {a: 1}\ny: &y {b: 1}\nz:\n  <<: *x\n  <<: *y\n", "line 5: '<<' is given twice"),
        ("x: &x {a: 1}\ny: &y {a: 2}\nz:\n  <<: [*x, *y]\n", "line 2: 'a' is given twice"),
        ("a: 1\n--- \nb: 2\n", "not YAML"),
        ("a: [", "not YAML"),
        ("a: !!python/object/apply:os.system [true]", "not YAML"),
        ("a: 2001-99-99", "not YAML"),
        ("a: " + "9" * 5000, "'a' is a number of more than 100 characters"),
        ("a: " + "1:1" * 50, "'a' is a number of more than 100 characters"),
        ("[" * 100_000, "nested too deeply"),
        ("a: &a [*a]", "line 1: 'a' holds itself"),
        ("a: &a {? *a : 1}", "line 1: 'a' holds itself"),
    ],
)
def test_yaml_that_is_not_used_says_where_and_why(text, said):
    with pytest.raises(BrokenDocument) as refusal:
        parse_yaml(text)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_value_beside_a_merge_wins_over_it_as_yaml_has_it():
    assert parse_yaml("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n")["y"] == {"a": 3, "b": 2}
    assert parse_yaml("x: &x {a: 1}\ny: &y {b: 2}\nz: {<<: [*x, *y]}\n")["z"] == {"a": 1, "b": 2}


@pytest.mark.parametrize("last", ["*a8", "{<<: [*a8, *a8]}", "{*a8 : 1}"])
def test_aliases_that_unfold_without_end_are_refused_before_they_do(last):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(BrokenDocument, match="is made too large by aliases"):
        parse_yaml(f"{bomb}margin: {last}\n")


def test_the_line_that_makes_it_too_large_is_named():
    with pytest.raises(BrokenDocument, match="line 3: 'c' is made too large"):
        parse_yaml(f"a: &a {'x' * 1000}\nb: &b [{', '.join(['*a'] * 100)}]\nc: [{', '.join(['*b'] * 100)}]\n")


def test_a_long_text_that_is_repeated_by_aliases_counts_by_its_length():
    with pytest.raises(BrokenDocument, match="is made too large by aliases"):
        parse_yaml(f"a: &a {'x' * 10_000}\nb: [{', '.join(['*a'] * 1000)}]\n")


def test_an_empty_document_is_nothing():
    assert parse_yaml("# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"top_k": 1, "top_k": 2}', "the key 'top_k' is given twice"),
        ('{"a": [{"b": 1, "\\u0062": 1}]}', "the key 'b' is given twice"),
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "not JSON"),
    ],
)
def test_json_that_is_not_used_says_why(text, said):
    with pytest.raises(BrokenDocument) as refusal:
        parse_json(text)
    assert said in str(refusal.value)


def test_json_is_read_as_it_stands():
    document = {"a": [1, {"b": None}], "c": "x"}
    assert parse_json(json.dumps(document)) == document
    assert parse_json("[NaN]", parse_constant=str) == ["NaN"]
