"""What all tasks show together."""

from dataclasses import replace

import pytest

from quantgate.evals.decision.described import PooledChange
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import Tier
from quantgate.reports.words.notes import pooled_note
from tests.evals.made_runs import joined, pair_of, run_of


def verdict_of(*counts, n=1319, margin=0.02):
    """The verdict over a task for each pair of losses and gains."""
    pairs = [pair_of(*each, n) for each in counts]
    runs = []
    for side in (0, 1):
        named = []
        for number, pair in enumerate(pairs):
            scores = [sample.score for sample in pair[side].samples.values()]
            named.append(run_of(scores, label=("fp8", "mxfp4")[side], name=f"task{number}"))
        runs.append(joined(*named))
    return decide(pair_runs(*map(_plain, runs)), Policy(margin=margin))


def _plain(run: Run) -> Run:
    return Run(run.record, dict(run.samples))


def test_small_losses_that_every_task_may_have_are_told_together():
    verdict = verdict_of((16, 8), (16, 8), (16, 8))
    assert verdict.verdict is ReleaseVerdict.PASS
    assert verdict.pooled == PooledChange(3, 48, 24, pytest.approx(0.0031, abs=1e-4))
    note = pooled_note(verdict)
    assert note is not None
    assert note.startswith("over all 3 tasks together 48 items got worse and 24 better")
    assert "some loss is there" in note


def test_an_advisory_task_beyond_its_margin_is_not_said_to_be_within_it():
    verdict = verdict_of((16, 8), (16, 8), (60, 8))
    lost = replace(verdict.tasks[2], tier=Tier.ADVISORY)
    note = pooled_note(replace(verdict, verdict=ReleaseVerdict.PASS, tasks=(*verdict.tasks[:2], lost)))
    assert note is not None
    assert note.endswith("though within each required task's margin")


def test_it_never_decides_and_says_nothing_where_there_is_no_cause():
    assert pooled_note(verdict_of((10, 9), (9, 10))) is None
    lost = verdict_of((100, 5), (16, 8))
    assert lost.verdict is ReleaseVerdict.REGRESSED
    assert pooled_note(lost) is None


def test_one_task_has_nothing_to_pool():
    assert verdict_of((16, 8)).pooled is None


def test_it_is_read_back_from_json():
    verdict = verdict_of((16, 8), (16, 8))
    assert parse_decision(verdict.to_json()).pooled == verdict.pooled
