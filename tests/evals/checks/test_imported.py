"""What is said of answers that came from other tools' files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.checks.finding import FindingCode, Severity
from quantgate.evals.checks.imported import imported_findings
from quantgate.evals.contract.records import Status
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import Imported, SameBy
from tests.evals.made_runs import run_of


def run(format: str, silent: int) -> Run:
    """A run of a hundred items, of which the first answers hold no text."""
    made = run_of([0.0] * silent + [1.0] * (100 - silent), imported=Imported(format, SameBy.PROMPT))
    samples = {
        key: replace(sample, status=Status.EMPTY) if int(sample.item_id) < silent else sample
        for key, sample in made.samples.items()
    }
    return replace(made, samples=samples)


def codes(baseline: Run, candidate: Run) -> dict[FindingCode, Severity]:
    (pairs,) = pair_runs(baseline, candidate).tasks
    return {finding.code: finding.severity for finding in imported_findings(pairs)}


@pytest.mark.parametrize("format", ["lm-eval", "lighteval", "simple-evals"])
@pytest.mark.parametrize("silent", [(8, 0), (0, 8)])
def test_silence_that_differs_by_build_blocks_where_it_may_be_faults(format, silent):
    found = codes(*(run(format, count) for count in silent))
    assert found[FindingCode.EMPTY_UNLIKE] is Severity.BLOCKS


@pytest.mark.parametrize(("format", "silent"), [("lm-eval", (7, 0)), ("lm-eval", (20, 20)), ("inspect", (8, 0))])
def test_silence_is_no_finding_by_chance_in_both_or_where_faults_are_told(format, silent):
    assert FindingCode.EMPTY_UNLIKE not in codes(*(run(format, count) for count in silent))
