"""Blocks of items of all strata."""

import numpy as np
import pytest

from quantgate.evals.stats.sequential.blocks import Blocks

STRATA = ["a", "b", "b", "a", "b", "b", "b"]


def test_each_holds_the_next_items_of_every_stratum_in_proportion():
    found = Blocks.of(STRATA)
    assert [found.block(number)[0].tolist() for number in (0, 1)] == [[0, 1, 2], [3, 4, 5, 6]]
    assert [found.block(number)[1].tolist() for number in (0, 1)] == [[1, 0.5, 0.5], pytest.approx([1, *[1 / 3] * 3])]


def test_stakes_are_in_proportion_to_what_items_weigh():
    found = Blocks.of(STRATA, {"a": 1, "b": 3})
    assert found.block(0)[1] == pytest.approx([2 / 3, 1, 1])
    assert found.block(1)[1] == pytest.approx([1, 1, 1, 1])


def test_one_is_whole_when_all_of_its_items_and_those_of_blocks_before_are_there():
    found = Blocks.of(["a", "a", "b", "b"])
    assert [found.come(count) for count in range(5)] == [0, 0, 0, 1, 2]
    values, stakes, ends = found.arranged([-1.0, 1.0, 0.5])
    assert (values.tolist(), stakes.tolist(), ends.tolist()) == ([-1.0, 0.5], [1.0, 1.0], [2])


def test_what_comes_later_changes_no_block():
    rng = np.random.default_rng(2)
    found = Blocks.of(rng.permutation(["a"] * 13 + ["b"] * 30 + ["c"] * 7).tolist())
    values = rng.random(50)
    whole, *_ = found.arranged(values)
    assert len(whole) == 50
    assert len(found.ends) == 7
    for count in range(51):
        part, _, ends = found.arranged(values[:count])
        assert part.tolist() == whole[: len(part)].tolist()
        assert len(ends) == found.come(count)


def test_a_stratum_without_weight_is_left_out_and_items_without_a_stratum_are_one_of_their_own():
    assert Blocks.of(["a", "b"], {"a": 1.0}).order.tolist() == [0]
    assert Blocks.of([None, "b"]).order.tolist() == [0, 1]


def test_weights_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="no stratum has a weight"):
        Blocks.of(["a", "b"], {"z": 1.0})
