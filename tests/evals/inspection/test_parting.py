import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.inspection.parting import parting

TEXTS = st.text(st.sampled_from("ab1 \n.$_é"), max_size=12)


@pytest.mark.parametrize(
    ("left", "right", "place"),
    [
        ("so 176 apples", "so 175 apples", 3),
        ("so 17", "so 175", 3),
        ("so 17", "so 17 apples", 5),
        ("a  b", "a b", 1),
        ("a+b", "a-b", 1),
        ("((", "(", 1),
        ("", "x", 0),
        ("x", "", 0),
        ("one", "two", 0),
    ],
)
def test_two_texts_part_at_the_first_token_that_differs(left, right, place):
    assert parting(left, right) == place


def test_what_is_the_same_parts_nowhere():
    assert parting("so 176", "so 176") is None


@given(TEXTS, TEXTS)
def test_before_the_place_the_texts_are_the_same_and_behind_it_they_are_not(left, right):
    place = parting(left, right)
    assert (place is None) == (left == right)
    if place is not None:
        assert left[:place] == right[:place]
        assert left[place:] != right[place:]


@given(TEXTS, TEXTS)
def test_it_does_not_matter_which_text_is_which(left, right):
    assert parting(left, right) == parting(right, left)
