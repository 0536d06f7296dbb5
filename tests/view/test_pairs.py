"""What changed between two runs, as the viewer lists it: what `gate` counts."""

import numpy as np
import pytest

from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.view.choices import Choices
from quantgate.view.lists import listing, second_alone
from quantgate.view.types import Filter, Flipped
from tests.view.written import add, answered, indexed, key_of, task_of, viewing, write_run


def pair(tmp_path, left, right, **task):
    return write_run(tmp_path / "fp8", left, **task), write_run(tmp_path / "mxfp4", right, **task)


def page(viewer, **chosen):
    keys = (key_of(viewer, "fp8"), key_of(viewer, "mxfp4"))
    return viewer.store.items(keys, Filter(**chosen), 0)


def flipped(viewer, kind):
    return [(row.item_id, row.repeat) for row in page(viewer, flipped=kind).rows]


def at_rest(*folders):
    """Nobody has written to these for long."""
    import os

    for folder in folders:
        os.utime(folder / "samples.jsonl", (0, 0))


def test_losses_and_gains_are_apart_and_in_natural_order(tmp_path):
    left = [answered(item, score) for item, score in (("1", 1.0), ("100", 1.0), ("11", 1.0), ("2", 0.0), ("3", 0.0))]
    right = [answered(item, score) for item, score in (("1", 1.0), ("100", 0.0), ("11", 0.0), ("2", 1.0), ("3", 0.0))]
    with viewing(*pair(tmp_path, left, right)) as viewer:
        assert flipped(viewer, Flipped.LOSSES) == [("11", 0), ("100", 0)]
        assert flipped(viewer, Flipped.GAINS) == [("2", 0)]
        assert flipped(viewer, Flipped.ANY) == [("2", 0), ("11", 0), ("100", 0)]
        assert len(page(viewer).rows) == 5


def test_a_pair_lists_what_either_run_has(tmp_path):
    tasks = [task_of(["1", "2", "3"])]
    folders = pair(tmp_path, [answered("1"), answered("2")], [answered("3"), answered("2")], tasks=tasks)
    with viewing(*folders) as viewer:
        rows = page(viewer).rows
        assert [(row.item_id, row.left is None, row.right is None) for row in rows] == [
            ("1", False, True),
            ("2", False, False),
            ("3", True, False),
        ]
        view = viewer.store.item(tuple(run.key for run in page(viewer).runs), Filter(), ("gsm8k", "3", 0))
        assert (view.answers[0], view.parting, view.previous.item_id) == (None, None, "2")


def test_a_filter_of_answers_means_either_of_a_pair(tmp_path):
    left = [answered("1", 0.0), answered("2"), answered("3", response="only here")]
    right = [answered("1"), answered("2"), answered("3", 0.0)]
    with viewing(*pair(tmp_path, left, right)) as viewer:
        assert [row.item_id for row in page(viewer, wrong=True).rows] == ["1", "3"]
        assert [row.item_id for row in page(viewer, search="only HERE").rows] == ["3"]


@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_that_gate_counts(tmp_path, seed):
    """Also of thirds whose sums differ in the last bit, of unlike repeats, and where answers are missing."""
    random = np.random.default_rng(seed)
    scores = [0.0, 1.0, 1 / 3, 0.1, 0.7]

    def build(repeats):
        every = [(str(item), repeat) for repeat in range(repeats) for item in range(60)]
        return [
            answered(item, None if random.random() < 0.05 else float(random.choice(scores)), repeat=repeat)
            for item, repeat in every
        ]

    left = write_run(tmp_path / "fp8", build(16), repeats=16)
    right = write_run(tmp_path / "mxfp4", build(9), repeats=9)
    at_rest(left, right)
    (gated,) = pair_runs(Run.load(left), Run.load(right)).tasks
    counted = gated.item_scores()
    names = np.array(counted.item_ids)
    with viewing(left, right) as viewer:
        for kind, mask in ((Flipped.LOSSES, counted.differences < 0), (Flipped.GAINS, counted.differences > 0)):
            keys = (key_of(viewer, "fp8"), key_of(viewer, "mxfp4"))
            seen = set()
            for offset in range(0, page(viewer, flipped=kind).total, 100):
                seen |= {row.item_id for row in viewer.store.items(keys, Filter(flipped=kind), offset).rows}
            assert seen == set(names[mask])
        notes = " ".join(page(viewer, flipped=Flipped.ANY).notes)
        assert f"{counted.losses:,} items got worse and {counted.gains:,} better" in notes


def test_of_a_run_that_grows_only_what_both_have_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("quantgate.view.store._SELDOM", 0)
    tasks = [task_of(["1", "2", "3"])]
    left, right = pair(tmp_path, [answered("1"), answered("2")], [answered("1", 0.0)], tasks=tasks)
    with viewing(left, right) as viewer:
        assert flipped(viewer, Flipped.LOSSES) == [("1", 0)]
        add(right, answered("2", 0.0))
        assert flipped(viewer, Flipped.LOSSES) == [("1", 0), ("2", 0)]
        assert "only answers that both have" in " ".join(page(viewer, flipped=Flipped.LOSSES).notes)


def test_a_missing_answer_counts_against_the_candidate_as_in_gate(tmp_path):
    tasks = [task_of(["1", "2", "3"])]
    left, right = pair(tmp_path, [answered("1"), answered("2")], [answered("1"), answered("2", None)], tasks=tasks)
    at_rest(left, right)
    with viewing(left, right) as viewer:
        assert flipped(viewer, Flipped.LOSSES) == [("2", 0)]
        assert "1 item that neither run has" in " ".join(page(viewer, flipped=Flipped.LOSSES).notes)


def test_runs_that_gate_would_refuse_are_shown_and_that_is_said(tmp_path):
    left = write_run(tmp_path / "fp8", [answered("1")], sampling={"temperature": 0.0})
    right = write_run(tmp_path / "mxfp4", [answered("1", 0.0)], sampling={"temperature": 0.6})
    with viewing(left, right) as viewer:
        found = page(viewer, flipped=Flipped.LOSSES)
        assert [row.item_id for row in found.rows] == ["1"]
        assert "gate would not compare these runs" in " ".join(found.notes)
        assert "temperature" in " ".join(found.notes)


def test_an_item_that_only_one_run_was_asked_is_not_lost(tmp_path):
    left = write_run(tmp_path / "fp8", [answered("1"), answered("2"), answered("3")])
    right = write_run(tmp_path / "mxfp4", [answered("2", 0.0), answered("3")])
    at_rest(left, right)
    with viewing(left, right) as viewer:
        assert flipped(viewer, Flipped.ANY) == [("2", 0)]
        assert "as gate --common counts" in " ".join(page(viewer, flipped=Flipped.ANY).notes)


def test_the_place_where_two_answers_part_is_told(tmp_path):
    left, right = [answered("1", response="It is 175.")], [answered("1", 0.0, response="It is 176.")]
    with viewing(*pair(tmp_path, left, right)) as viewer:
        keys = tuple(run.key for run in page(viewer).runs)
        assert viewer.store.item(keys, Filter(), ("gsm8k", "1", 0)).parting == 6
        assert viewer.get(f"diff/{keys[0]}/{keys[1]}/item?item_task=gsm8k&item=1&flipped=losses").status == 200


def test_what_the_first_run_comes_to_have_meanwhile_is_listed_once(tmp_path):
    tasks = [task_of(["1", "2"])]
    left, right = pair(tmp_path, [answered("1")], [answered("2")], tasks=tasks)
    indexes = [indexed(run, tmp_path / f"{run.name}.sqlite") for run in (left, right)]
    addresses, choices = [index.address for index in indexes], Choices()
    alone = choices.new()
    choices.fill(alone, second_alone(addresses, choices))
    add(left, answered("2"))
    indexed(left, indexes[0].file)
    with listing(addresses, Filter(), choices, alone=alone) as listed:
        assert [row.key[1] for row in listed.part(0, 9)] == ["1", "2"]
        assert listed.total() == 2
    choices.close()
