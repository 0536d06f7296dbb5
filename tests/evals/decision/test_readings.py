"""Two ways of reading the same answers: where they differ by more than a point, and where the verdict hangs on them."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Sample
from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import load_policy
from tests.evals.made_runs import run_of

FILTER = "exact_match,flexible-extract"
N = 400


def read(by_filter: int, by_tolerant: int) -> Run:
    """400 answers of which so many are right by each of the two."""
    run = run_of([0.0] * N, metric=FILTER)

    def graded(sample: Sample) -> Sample:
        metrics = {FILTER: float(int(sample.item_id) < by_filter), "tolerant": float(int(sample.item_id) < by_tolerant)}
        return replace(sample, metrics=metrics, score=metrics[FILTER])

    return Run(run.record, {key: graded(sample) for key, sample in run.samples.items()})


def of_gate(baseline: Run, candidate: Run, **policy: object):
    """The verdict at three points, and the finding on readings, where there is one."""
    asked = load_policy(None, ["0.03"], **policy)
    verdict = decide(pair_runs(baseline, candidate, asked.metrics(["gsm8k"])), asked)
    found = [finding for finding in verdict.tasks[0].findings if finding.code == "metrics_disagree"]
    return verdict.verdict, found[0] if found else None


@pytest.mark.parametrize(("by_tolerant", "told"), [(384, False), (385, True)])
def test_more_than_a_point_between_the_metrics_is_told(by_tolerant, told):
    assert (of_gate(read(380, 380), read(380, by_tolerant))[1] is not None) is told


def test_a_pass_by_the_filter_alone_is_none_until_somebody_chooses():
    baseline, candidate = read(380, 398), read(380, 360)
    verdict, finding = of_gate(baseline, candidate)
    assert (verdict, finding.severity) == ("inconclusive", "blocks")
    verdict, finding = of_gate(baseline, candidate, metrics={"gsm8k": "flexible-extract"})
    assert (verdict, finding.severity) == ("pass", "warns")
    assert of_gate(baseline, candidate, metrics={"gsm8k": "tolerant"})[0] == "regressed"


def test_a_build_that_was_graded_before_there_was_a_second_reading_has_no_such_finding():
    newer = read(380, 380)
    older = Run(
        newer.record,
        {key: replace(sample, metrics={FILTER: sample.metrics[FILTER]}) for key, sample in newer.samples.items()},
    )
    some = Run(newer.record, {**newer.samples, **dict(list(older.samples.items())[:40])})
    for baseline, candidate in ((older, newer), (newer, older), (newer, some), (some, newer)):
        assert of_gate(baseline, candidate) == ("pass", None)
