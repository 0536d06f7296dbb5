"""What is planned before the first request: looks, what they may have spent, and levels."""

import pytest

from quantgate.evals.designs.planned import MOST_EXACT, planned_design

pytestmark = pytest.mark.slow


def design(items=1319, repeats=1, margin=0.02, exact=True, **changed):
    return planned_design(
        items, repeats, margin=margin, alpha=0.05, regression_alpha=0.05, exact=exact, order="drawn", **changed
    )


def test_single_answers_are_looked_at_after_growing_numbers_of_items():
    looks = design().looks
    assert [look.items for look in looks] == [396, 470, 559, 663, 788, 936, 1111, 1319]
    assert {look.repeats for look in looks} == {1}
    assert all(look.level is not None for look in looks)


def test_repeats_are_looked_at_after_whole_passes_without_levels():
    looks = design(198, 16).looks
    assert {look.items for look in looks} == {198}
    assert [look.repeats for look in looks] == [2, 3, 4, 5, 7, 9, 12, 16]
    assert all(look.level is None for look in looks)


@pytest.mark.parametrize("changed", [{"exact": False}, {"margin": None}])
def test_where_the_exact_test_does_not_decide_no_look_has_a_level(changed):
    assert all(look.level is None for look in design(**changed).looks)


def test_all_looks_together_spend_alpha():
    planned = design(300)
    assert planned.looks[-1].spent == 0.05
    assert sum(planned.share(place) for place in range(8)) == pytest.approx(0.05)


def test_one_look_is_the_fixed_test():
    (look,) = design(300, looks=1).looks
    assert (look.items, look.spent, look.level) == (300, 0.05, 0.05)


@pytest.mark.parametrize(("items", "repeats"), [(1, 1), (2, 1), (1, 2), (3, 5), (198, 3)])
def test_any_size_has_a_design(items, repeats):
    planned = design(items, repeats)
    assert (planned.looks[-1].items, planned.looks[-1].repeats) == (items, repeats)


def test_the_same_task_has_the_same_design():
    assert design(300) == design(300)


def test_means_are_looked_at_as_often():
    assert len(design(1000, exact=False).looks) == 8
    assert [look.repeats for look in design(198, 3).looks] == [1, 2, 3]


def test_after_passes_less_is_spent_early_than_after_as_large_a_share_of_the_items():
    passes, items = design(198, 16).looks, design(1000, exact=False).looks
    assert passes[5].repeats / 16 > 0.5 < items[3].items / 1000
    assert passes[5].spent < items[3].spent


def test_where_each_look_has_only_its_own_share_there_are_few():
    assert [look.items for look in design(1000, margin=None).looks] == [250, 397, 630, 1000]


def test_of_more_items_than_levels_are_computed_for_each_look_has_its_own_share():
    planned = design(MOST_EXACT + 1)
    assert all(look.level is None for look in planned.looks)
    assert len(planned.looks) == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"margin": 2.0}, "margin must lie"), ({"looks": 0}, "at least 1 look"), ({"items": 0}, "at least 1")],
)
def test_what_cannot_be_planned_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        design(**changed)
