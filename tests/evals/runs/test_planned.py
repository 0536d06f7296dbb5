"""Which items were to be asked is kept in few words and comes back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.runs.planned import parsed, written

ids = (
    st.text(max_size=4)
    | st.integers(0, 30).map(str)
    | st.sampled_from(["3-5", "'3-5", "'", "-", "03", "٣", "1-", "5-3"])
)


@given(st.lists(ids, unique=True), ids)
def test_every_planned_item_is_known_and_no_other(items, other):
    planned = parsed(written(items))
    assert all(item in planned for item in items)
    assert (other in planned) == (other in items)
    assert planned.count == len(items)


def test_numbers_in_a_row_take_one_word():
    assert written(str(number) for number in range(100_000)) == ("0-99999",)


@pytest.mark.parametrize("foreign", [["0-1000000000000"], ["5-3"], ["0-5", "2-3"]])
def test_ranges_that_nobody_wrote_take_no_memory(foreign):
    assert "x" not in parsed(foreign)
