"""The number that an answer ends with, as models write it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.tasks.extract.number import final_number, same_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#### 18", 18),
        ("#### $18.00.", 18),
        ("She pays $18.00.", 18),
        ("so 70{,}000", 70000),
        (r"\boxed{70{,}000}", 70000),
        (r"\boxed{70\,000}", 70000),
        (r"\boxed{\$1,234.50}", Fraction("1234.5")),
        (r"\boxed{\text{18 dollars}}", 18),
        (r"\boxed{18\text{ cm}^2}", 18),
        (r"\[ \boxed{\frac{3}{4}} \]", Fraction(3, 4)),
        (r"\boxed{\dfrac{7}{2}}", Fraction(7, 2)),
        (r"\boxed{2 \tfrac12}", Fraction(5, 2)),
        (r"\boxed{x = 12}", 12),
        ("The answer is 6 + 7 = 13.", 13),
        ("The answer is 20 - 5 = 15 dollars.", 15),
        ("The final answer is: **$1,000**.", 1000),
        ("**Answer:** 42 apples", 42),
        ("Answer: 42 (of the 50 in the box)", 42),
        ("The answer is 18%. That is 3 more than 15%.", 18),
        ("**Total: 36 eggs**", 36),
        ("So there are **36 eggs** in 3 boxes.", 36),
        ("**Step 3:** 12 + 24 = 36", 36),
        ("**Step 3** gives 36", 36),
        ("Each day is -5 - 3", 3),
        ("He has −5 points", -5),
        ("The change is -$7.", -7),
        ("The change is $-7.", -7),
        ("It takes 2 1/2 hours", Fraction(5, 2)),
        ("It takes 3/4 of an hour", Fraction(3, 4)),
        ("about 1.5e3", 1500),
        (r"3 \times 10^{4}", 30000),
        ("1 234 567 in all", 1234567),
        ("1\u202f234 in all", 1234),
        ("0.50", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("20-5=15", 15),
        ("The answer is 5.0", 5),
        ("#### 10\nBut wait, 3 are left.", 10),
        (r"First \boxed{3}, then \boxed{4}", 4),
        ("1,319 items, of which 12", 12),
        ("The answer is\n\n**12**", 12),
        ("The answer is $\\frac{9}{3} = 3$.", 3),
        ("\\boxed{ 12", 12),
        ("The answer is １８.", 18),
        ("The answer is ١٨", 18),
        ("€18", 18),
        ("It is 2½ hours", Fraction(5, 2)),
        ("$2.5 million", 2_500_000),
        ("The answer is $5k.", 5000),
        ("The temperature is negative 5", -5),
        ("The answer is not 18 but 20.", 20),
        ("I think the answer is 18. Wait, no: 20.", 20),
        ("The answer is 18.\n\nLet me check: 9 + 9 = 18. Yes.", 18),
        ("\\boxed{3} at first. So the final answer is 4.", 4),
        ("The answer is 18 (3 x 6).", 18),
        ("#### 18 cm^2", 18),
        ("It was raised from 10 to 15", 15),
    ],
)
def test_the_final_number_is_read(text, number):
    assert final_number(text) == number


@pytest.mark.parametrize("text", ["", "eighteen", "#### eighteen", "$", "no number here.", "1/0", "-"])
def test_what_holds_no_number_has_none(text):
    assert final_number(text) is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [("The total is $18.00, so she keeps $18.00", "18"), ("\\boxed{70{,}000}", "70,000"), ("#### 3.50", "3.5")],
)
def test_equal_numbers_are_equal_however_they_are_written(text, reference):
    assert same_number(text, reference)


def test_no_number_equals_no_number():
    assert not same_number("eighteen", "eighteen")


@given(st.integers(-(10**12), 10**12))
def test_an_integer_is_read_with_or_without_thousands_separators(value):
    for written in (f"{value}", f"{value:,}", f"{value:,}".replace(",", "{,}")):
        assert final_number(f"The answer is {written}.") == value
        assert final_number(f"#### {written}") == value
        assert final_number(f"\\boxed{{{written}}}") == value


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    final_number(text)


@pytest.mark.parametrize(
    "piece", ["1", "1,", "- ", "\\boxed{", "answer is ", "1 ", "=", "{,}", "1/", "**", "\\frac{1}", "####"]
)
def test_a_text_of_a_megabyte_is_read(piece):
    final_number(piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 18 or 20.",
        "either 18 or 20",
        "\\boxed{18} or \\boxed{20}",
        "The answer is 10-15.",
        "The answer is 10 to 15 apples.",
        "It lies between 10 and 15",
        "The answer is 3:30.",
        "at 3:30",
        "The answer is 6 + 7.",
        "so 6 * 7",
        "The answer is 1 hour 30 minutes.",
        "The answer is 5 feet 2 inches",
        "The answer is 1.234,50",
        "1,8",
        "10^3",
        "2**3",
        "\\sqrt{16}",
        "± 18",
        "It is not 18.",
        "9 + 9 = 18\n#### eighteen",
        "9 + 9 = 18, \\boxed{\\text{eighteen}}",
    ],
)
def test_no_part_of_what_is_open_is_taken_for_the_answer(text):
    assert final_number(text) is None
