"""The answer of a text is what its last box holds, or what its last line states; nothing else is taken for one."""

import time

import pytest

from quantgate.tasks.extract.boxed import final_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"Hence $\boxed{073}$.", "073"),
        (r"\[\boxed{\frac{1}{\sqrt{2}}}\]", r"\frac{1}{\sqrt{2}}"),
        (r"First \boxed{72}. No: \boxed{73}, which ends it.", "73"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"\boxed{\left\{ x \mid x > 0 \right\}} and so on", r"\left\{ x \mid x > 0 \right\}"),
        (r"\boxed{\begin{pmatrix}1\\{2}\end{pmatrix}}", r"\begin{pmatrix}1\\{2}\end{pmatrix}"),
        (r"\boxed{\boxed{73}}", "73"),
        (r"\boxed {73}", "73"),
        (r"\\boxed{73}", "73"),
        (r"\fbox{73}", "73"),
        (r"\boxed{73}, as \boxed{} was asked for", "73"),
        (r"\boxed{73}<|im_end|>", "73"),
        ("\\boxed{\n73\n}", "73"),
        (r"}}} \boxed{73} }}}", "73"),
        (r"The result goes into `\boxed{`, so: $\boxed{73}$.", "73"),
        ("\\boxed{72 is wrong.\n\nAgain: $\\boxed{73}$", "73"),
    ],
)
def test_the_last_box_is_the_answer_with_the_braces_in_it(text, answer):
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"$\boxed{73}$ or $\boxed{74}$", "73, 74"),
        (r"\boxed{1}, \boxed{2} and \boxed{3}", "1, 2, 3"),
        (r"\boxed{73} and \boxed{73}", "73"),
        (r"\boxed{72}, so that \boxed{73}", "73"),
    ],
)
def test_boxes_that_are_joined_are_one_answer(text, answer):
    assert final_answer(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We find 70 + 3 = 73",
        r"cut in the box: \boxed{\frac{7",
        r"\boxed{72} was wrong: \boxed{7",
        r"\boxed{}",
        r"<think>It is \boxed{73}",
        r"<think>It is \boxed{73}</think> I cannot tell.",
        "Is the answer 73?",
        "The answer is 73.\n\nBut let me look at it again, since",
    ],
)
def test_nothing_is_read_where_no_answer_stands(text):
    assert final_answer(text) is None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("The answer is 73.", "73"),
        ("**Answer:** $73$", "73"),
        ("ANSWER: 73", "73"),
        ("So the final answer is: **73**.", "73"),
        (r"Therefore, the answer is $\frac{3}{4}$", r"\frac{3}{4}"),
        ("**Final Answer: 73**", "73"),
        ("The final answer is $73$. I hope it is correct.", "73"),
        ("The final answer is **73.5**. This is a share.", "73.5"),
        ("The answer is 73, because 70 + 3 = 73.", "73"),
        ("The answer is 73 or 74. Both hold.", "73 or 74"),
    ],
)
def test_without_a_box_the_last_line_may_state_it(line, answer):
    assert final_answer(f"First 72.\n\n{line}\n") == answer


def test_a_thought_is_no_answer():
    assert final_answer(r"<think>Perhaps \boxed{1}.</think>It is \boxed{2}.") == "2"


@pytest.mark.parametrize("text", ["{" * 1_000_000, r"\boxed{" * 150_000, "}" * 1_000_000, "answer is " * 100_000])
def test_a_megabyte_takes_a_moment(text):
    began = time.process_time()
    assert final_answer(text) is None or text.startswith("answer")
    assert time.process_time() - began < 5
