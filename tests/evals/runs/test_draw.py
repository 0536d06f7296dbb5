"""Which items a limited run asks."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.records import Item
from quantgate.evals.runs.draw import ORDER_OF_ITEMS, chosen, in_drawn_order
from quantgate.evals.runs.record import Draw

ITEMS = [Item(str(number)) for number in range(1319)]
TAU2 = [
    Item(f"{name}/{number}", name) for name, size in (("air", 50), ("ret", 114), ("tel", 114)) for number in range(size)
]

EXPECTED = ["2", "184", "208", "352", "649", "673", "1192", "1303"]
"""Written down once: another subset would be another benchmark."""


def ids(items):
    return [item.item_id for item in items]


@given(st.integers(1, 1400), st.integers(1, 1400), st.sampled_from(Draw))
def test_a_smaller_choice_is_part_of_a_larger_one(one, other, draw):
    small, large = (ids(chosen(ITEMS, count, draw)) for count in sorted((one, other)))
    assert set(small) <= set(large)
    assert len(small) == min(one, other, len(ITEMS))


def test_the_subset_is_the_same_on_every_machine():
    assert ids(chosen(ITEMS, 8, Draw.RANDOM)) == EXPECTED


def test_neither_the_order_nor_the_number_of_the_others_matters_to_who_is_drawn_first():
    half = [item for item in ITEMS if int(item.item_id) % 2]
    best = [name for name in ids(chosen(ITEMS, 100, Draw.RANDOM)) if int(name) % 2]
    assert set(best) <= set(ids(chosen(half[::-1], 100, Draw.RANDOM)))


TEXTS = [Item(f"{kind}-{text}", kind, f"text-{text}") for text in range(40) for kind in ("key", "value", "variable")]


def test_the_questions_about_one_text_are_drawn_together():
    drawn = in_drawn_order(TEXTS)
    assert [item.cluster for item in drawn[::3]] == [item.cluster for item in drawn[2::3]]
    assert drawn[::3] != tuple(TEXTS[::3])


def test_the_order_of_clusters_rests_on_names_alone():
    assert in_drawn_order(TEXTS[::-1]) == in_drawn_order(TEXTS)


def test_designs_of_before_clusters_were_drawn_keep_their_order():
    alone = in_drawn_order([Item(item.item_id, item.stratum) for item in TEXTS])
    assert ids(in_drawn_order(TEXTS, ORDER_OF_ITEMS)) == ids(alone) != ids(in_drawn_order(TEXTS))


def test_the_items_keep_the_tasks_order():
    assert ids(chosen(ITEMS, 200, Draw.RANDOM)) == sorted(ids(chosen(ITEMS, 200, Draw.RANDOM)), key=int)


def test_a_subset_is_spread_over_the_documents():
    places = [int(name) for name in ids(chosen(ITEMS, 200, Draw.RANDOM))]
    assert abs(sum(places) / 200 - 659) < 90


def test_the_first_documents_are_the_first():
    assert ids(chosen(ITEMS, 5, Draw.FIRST)) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("draw", "counts"),
    [(Draw.RANDOM, {"air": 25, "ret": 57, "tel": 57}), (Draw.FIRST, {"air": 47, "ret": 46, "tel": 46})],
)
def test_drawn_items_hold_strata_in_proportion_and_first_ones_come_in_turn(draw, counts):
    assert Counter(item.stratum for item in chosen(TAU2, 139, draw)) == counts
