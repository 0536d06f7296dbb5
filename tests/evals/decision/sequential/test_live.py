"""Who follows a task while it is asked sees what the gate will see in the directories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Item, Sample, Status
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.sequential.live import Live
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.settings.policy import Policy
from tests.evals.decision.sequential.test_replay import DESIGN, ORDERED, build

ITEMS = [Item(item) for item in ORDERED]


def asked(folder: Path, policy: Policy, **changes: Status) -> tuple[Stage, Run, Run]:
    """Ask both builds into directories, each sample stored and then told of, until it is settled."""
    runs = {"baseline": build(), "candidate": build(label="mxfp4")}
    live = Live(policy, ["gsm8k"], folder / "baseline", {"mxfp4": folder / "candidate"})
    following = live.follow("gsm8k", "mxfp4", DESIGN, ITEMS)
    directories = {name: RunDirectory(folder / name) for name in runs}
    with (
        directories["baseline"].writing(runs["baseline"].record) as ours,
        directories["candidate"].writing(runs["candidate"].record) as theirs,
    ):
        for place, item in enumerate(ORDERED):
            for name, writer in (("baseline", ours), ("candidate", theirs)):
                sample = told(runs[name].samples["gsm8k", item, 0], place, **changes)
                writer.append(sample)
                following.answered(name, item, 0, sample.score, sample.status, unread=sample.unparsed)
            if following.state().settled:
                break
    return following.state(), *(Run.load(folder / name) for name in runs)


def told(sample: Sample, place: int, **changes: Status) -> Sample:
    """The same sample; every second one with another status, or no result, where that is asked."""
    if "status" in changes and place % 2:
        return replace(sample, status=changes["status"])
    return replace(sample, extracted=None) if "unread" in changes and place % 2 else sample


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"status": Status.TRUNCATED}, "raise --max-tokens"),
        ({"status": Status.REFUSED}, "take the filter away"),
        ({"unread": Status.OK}, "no result could be read"),
    ],
)
def test_what_blocks_is_said_in_the_words_of_the_findings(tmp_path, changes, advice):
    policy = Policy(margin=0.05)
    state, *runs = asked(tmp_path, policy, **changes)
    assert (state.stage, state.items < 60) == (Stage.BLOCKED, True)
    assert advice in state.message.replace("No result", "no result")
    (task,) = decide(pair_runs(*runs), policy).tasks
    assert (task.looks.stage, task.looks.message) == (Stage.BLOCKED, state.message)


def test_a_baseline_that_is_not_what_is_expected_passes_at_no_look(tmp_path):
    policy = Policy(margin=0.05, expected="0.5 +- 0.1")
    state, *runs = asked(tmp_path, policy)
    assert state.stage is Stage.BLOCKED
    assert "as you expect" in state.message
    (task,) = decide(pair_runs(*runs), policy).tasks
    assert (task.looks.message, task.passes) == (state.message, False)


def test_a_pass_is_the_gates(tmp_path):
    policy = Policy(margin=0.05)
    state, *runs = asked(tmp_path, policy)
    (task,) = decide(pair_runs(*runs), policy).tasks
    assert (state.stage, state.items, state.message) == (Stage.PASSED, task.items, task.looks.message)


@pytest.mark.parametrize("policy", [{"method": "bca"}, {"metric": "flexible"}])
def test_what_cannot_be_followed_is_refused_before_anything_is_asked(tmp_path, policy):
    live = Live(Policy(**policy), ["gsm8k"], tmp_path, {"mxfp4": tmp_path})
    with pytest.raises(UsageError, match="and looks on the way"):
        live.follow("gsm8k", "mxfp4", DESIGN, ITEMS)
