"""The order of a release: round by round, what each look adds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.release.parts import parts_of
from tests.evals.release.builds import design_of


def test_all_tasks_come_up_to_their_first_looks_then_to_their_second_ones():
    parts = parts_of({"a": (40, 1), "b": (10, 1), "c": (6, 1)}, {"a": design_of(40), "b": design_of(10, looks=2)})
    assert [(part.task, part.first, len(part.cells)) for part in parts] == [
        ("a", 0, 10),
        ("b", 10, 5),
        ("c", 15, 6),
        ("a", 21, 10),
        ("b", 31, 5),
        ("a", 36, 10),
        ("a", 46, 10),
    ]


@given(st.integers(4, 60), st.integers(1, 4), st.integers(1, 5))
def test_every_request_is_in_one_part(items, looks, repeats):
    parts = parts_of({"a": (items, repeats)}, {"a": design_of(items, looks, repeats)})
    cells = np.concatenate([part.cells for part in parts])
    assert sorted(cells) == list(range(items * repeats))
    assert [part.first for part in parts] == np.cumsum([0, *(len(part.cells) for part in parts[:-1])]).tolist()


def test_a_look_at_more_repeats_comes_after_whole_passes():
    parts = parts_of({"a": (5, 3)}, {"a": design_of(5, looks=1, repeats=3)})
    assert [part.cells.tolist() for part in parts] == [list(range(start, start + 5)) for start in (0, 5, 10)]
