"""What changed between two runs: matched by item and repeat, whether or not a gate would compare them."""

from __future__ import annotations

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import UsageError
from quantgate.evals.inspection.changed import Turn
from quantgate.evals.inspection.compared import Compared, by_turn
from quantgate.evals.inspection.opened import OpenedRun
from tests.evals.inspection.made import made_run, sample, task


@pytest.fixture
def compared(tmp_path):
    def make(left, right, ours=(), theirs=()):
        return Compared(
            OpenedRun.open(made_run(tmp_path / "fp8", left, ours)),
            OpenedRun.open(made_run(tmp_path / "mxfp4", right, theirs)),
        )

    return make


def flips(compared, items=(), repeat=None):
    ((changes, places),) = compared.changes(compared.tasks(()), items, repeat)
    return {
        turn: [(one.sample.item_id, one.sample.extracted, other.sample.extracted)
               for one, other in compared.pairs(changes, group)]
        for turn, group in by_turn(changes, places, list(Turn))
    }  # fmt: skip


def test_every_pair_turned_in_one_way_and_items_are_in_natural_order(compared):
    left = [sample("10"), sample("9"), sample("2", 0.0, "5"), sample("3", 0.0, "5"), sample("4", 0.0, "5"), sample("5")]
    right = [
        *[sample("9", 0.0, "176"), sample("10", 0.0, None), sample("2"), sample("3", 0.0, "6"), sample("4", 0.0, "5")],
        sample("5", None, None, status=Status.ERROR, response=None),
    ]
    assert flips(compared(left, right)) == {
        Turn.LOSS: [("9", "18", "176"), ("10", "18", None)],
        Turn.GAIN: [("2", "5", "18")],
        Turn.BOTH_WRONG: [("3", "5", "6")],
        Turn.SAME: [("4", "5", "5")],
        Turn.UNSCORED: [("5", "18", None)],
    }


def test_the_order_of_the_lines_in_either_file_does_not_matter(compared):
    items = ["3", "1", "2", "11"]
    left = [sample(item, extracted=f"left {item}") for item in items]
    right = [sample(item, 0.0, f"right {item}") for item in reversed(items)]
    expected = [(item, f"left {item}", f"right {item}") for item in ("1", "2", "3", "11")]
    assert flips(compared(left, right)) == {Turn.LOSS: expected}


def test_repeats_are_matched_one_by_one_and_items_counted_by_their_mean(compared):
    def answers(*scores):
        return [
            sample(item, score, repeat=repeat)
            for item, of_item in zip("ab", scores, strict=True)
            for repeat, score in enumerate(of_item)
        ]

    both = compared(answers((1, 0, 1), (1, 1, 0)), answers((0, 1, 1), (0, 1, 0)), *[[task(["a", "b"], repeats=3)]] * 2)
    ((changes, _),) = both.changes(["gsm8k"], (), None)
    assert len(changes.turned(Turn.LOSS)) == 2
    assert len(changes.turned(Turn.GAIN)) == 1
    assert changes.items_changed == (1, 0)
    assert flips(both, repeat=1) == {Turn.GAIN: [("a", "18", "18")], Turn.SAME: [("b", "18", "18")]}


def test_runs_that_a_gate_would_not_compare_are_held_against_each_other_and_it_is_said_why(compared):
    left, right = [sample("1"), sample("2")], [sample("1", 0.0, prompt_hash="another"), sample("3")]
    both = compared(left, right, [task(["1", "2"])], [task(["1", "3", "4"])])
    assert flips(both) == {Turn.LOSS: [("1", "18", "18")]}
    notes = list(both.notes([changes for changes, _ in both.changes(["gsm8k"], (), None)]))
    assert any("the baseline has 2 items, the candidate 3; gate would not compare them" in note for note in notes)
    assert any("of 1 pairs 1 were asked with unlike prompts" in note for note in notes)
    assert [note for note in notes if "alone" in note] == [
        f"gsm8k: 1 answer is in {both.left.folder} alone",
        f"gsm8k: 1 answer is in {both.right.folder} alone",
    ]


def test_an_item_that_only_one_run_holds_is_told_from_one_that_none_holds(compared):
    both = compared([sample("1"), sample("2")], [sample("1")])
    with pytest.raises(UsageError, match=r"2: .*mxfp4 has no answer to it that .*fp8 has, too; `quantgate show .* 2`"):
        flips(both, items=["2"])
    with pytest.raises(UsageError, match=r"77: .*fp8 has no such item; the nearest are"):
        flips(both, items=["77"])


def test_runs_without_a_task_in_common_say_what_they_hold(compared):
    both = compared([sample("1")], [sample("1", task="aime")], [task(["1"])], [task(["1"], "aime")])
    with pytest.raises(UsageError, match=r"no task in common: .*fp8 holds gsm8k; .*mxfp4 holds aime"):
        both.tasks(())


def test_a_run_held_against_itself_is_said_to_be(tmp_path):
    run = OpenedRun.open(made_run(tmp_path / "fp8", [sample("1")]))
    assert list(Compared(run, run).notes([])) == [f"{run.folder} is held against itself"]


def test_what_one_run_holds_to_be_private_is_hidden_of_both(compared):
    both = compared([sample("1")], [sample("1", 0.0)], [task(["1"])], [task(["1"], private="keep it")])
    assert flips(both) == {Turn.LOSS: [("1", None, None)]}
