"""The sizes of the looks: growing, each once, the last one all."""

from itertools import pairwise

import pytest

from quantgate.evals.stats.sequential.sizes import look_sizes


@pytest.mark.parametrize("items", [1, 2, 3, 7, 8, 30, 198, 1319, 12_032])
@pytest.mark.parametrize("count", [1, 2, 8, 20])
def test_sizes_grow_up_to_all_items(items, count):
    sizes = look_sizes(items, count)
    assert list(sizes) == sorted(set(sizes))
    assert 1 <= sizes[0] <= sizes[-1] == items
    assert len(sizes) <= count


def test_there_are_as_many_looks_as_asked_where_items_suffice():
    assert [len(look_sizes(1319, count)) for count in (1, 2, 8)] == [1, 2, 8]


def test_the_first_look_is_at_three_tenths_and_steps_grow():
    sizes = look_sizes(10_000)
    assert sizes[0] == 3000
    steps = [later - earlier for earlier, later in pairwise(sizes)]
    assert steps == sorted(steps)


@pytest.mark.parametrize(("items", "count"), [(0, 8), (5, 0)])
def test_nothing_cannot_be_looked_at(items, count):
    with pytest.raises(ValueError, match="at least 1"):
        look_sizes(items, count)
