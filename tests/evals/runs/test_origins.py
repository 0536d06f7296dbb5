"""When replies show that a run's model has changed."""

import pytest

from quantgate.evals.contract.records import Origin
from quantgate.evals.errors import ModelChanged
from quantgate.evals.runs.origins import MOST_TOLD, Origins

A, B = Origin("m", "fp_a"), Origin("m", "fp_b")
OTHER, UNNAMED = Origin("n", "fp_a"), Origin(None, None)


def counts(origins):
    return [(each.model, each.fingerprint, each.count) for each in origins.told]


@pytest.mark.parametrize(
    "sequence",
    [
        [A, A, A],
        [A, UNNAMED, Origin("m", None), Origin(None, "fp_a"), A],
        [UNNAMED, A, UNNAMED],
        [Origin("m", f"fp_{n}") for n in range(3 * MOST_TOLD)],
        [],
    ],
    ids=["one", "told in part", "told late", "a fingerprint a reply", "none"],
)
def test_no_change(sequence):
    origins = Origins()
    for origin in sequence:
        origins.note([origin])
    assert sum(each.count for each in origins.told) == len(sequence)
    assert len(origins.told) <= MOST_TOLD + 1


@pytest.mark.parametrize(
    "sequence",
    [
        [A, A, B],
        [A, B, A],
        [A, OTHER],
        [Origin("m"), UNNAMED, Origin("n")],
        [A, UNNAMED, A, Origin(None, "fp_b")],
        [Origin("m"), Origin("n", "fp_a")],
    ],
)
def test_a_change_is_raised_by_the_reply_that_shows_it_and_that_is_not_counted(sequence):
    origins = Origins()
    for origin in sequence[:-1]:
        origins.note([origin])
    before = counts(origins)
    for _ in range(2):
        with pytest.raises(ModelChanged):
            origins.note([sequence[-1]])
    assert counts(origins) == before


def test_a_change_shows_against_the_session_before_too_even_when_that_was_killed():
    first = Origins()
    stored = []
    for _ in range(9):
        first.note([A])
        stored.append(first.news)
    assert stored == [1, 2, 2, 3, 3, 3, 3, 4, 4]
    with pytest.raises(ModelChanged, match="'fp_b', those before had 'fp_a'"):
        Origins(first.told).note([B])
    known = Origins(first.told, allowed=True)
    assert known.note([B]) == (1,)
    again = Origins(known.told)
    assert (again.note([B]), again.note([A])) == ((1,), None)
    with pytest.raises(ModelChanged):
        again.note([Origin("m", "fp_c")])


def test_an_answer_of_several_replies_names_all_their_models():
    origins = Origins(allowed=True)
    assert origins.note([A, B]) == (0, 1)
    assert origins.note([]) is None
    assert counts(origins) == [("m", "fp_a", 1), ("m", "fp_b", 1)]
