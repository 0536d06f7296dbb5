"""A decision by a plain bootstrap: how often it errs, and what the bound that holds decides, told beside it."""

import json
from dataclasses import replace

import pytest

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.decision import false_pass
from quantgate.evals.decision.compare import compare
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.types import ReleaseVerdict, TaskVerdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.stats.bootstrap.setting import Bootstrap, Pool, Setting, WorstFalsePass
from quantgate.evals.stats.describe.intervals import bootstrap_interval
from tests.evals.made_runs import joined, pair_of, run_of

METHODS = ("percentile", "bca", "studentised")


def decided(losses, gains, n, **policy):
    verdict = decide(pair_runs(*pair_of(losses, gains, n)), Policy(**policy))
    return verdict, verdict.tasks[0]


def test_the_default_decides_as_ever_and_tells_nothing_beside():
    verdict, task = decided(2, 0, 60)
    assert (task.method, task.bootstrap, verdict.holds) == ("exact", None, None)
    assert "holds" not in json.loads(verdict.to_json())


def test_the_percentile_bootstraps_bounds_are_those_that_are_described():
    _, task = decided(6, 2, 198, margin=0.05, method="percentile")
    assert (task.lower, task.upper) == task.descriptive_interval
    assert task.method == "percentile"


def test_a_pass_that_the_bound_that_holds_does_not_give_cannot_be_overlooked():
    verdict, task = decided(0, 0, 20, method="percentile")
    assert (verdict.verdict, verdict.holds) == (ReleaseVerdict.PASS, ReleaseVerdict.INCONCLUSIVE)
    assert task.verdict is TaskVerdict.EQUIVALENT
    assert task.bootstrap.false_pass == pytest.approx(0.98**20, abs=1e-6)
    assert task.bootstrap.lower == pytest.approx(-0.1391945, abs=1e-6)
    assert (task.bootstrap.verdict, task.bootstrap.agrees) == ("inconclusive", False)
    assert "THE BOUND THAT HOLDS SAYS INCONCLUSIVE" in task.reason
    assert task.reason in verdict.reasons[0]
    assert task.findings[0].code is FindingCode.DECIDED_BY_BOOTSTRAP
    assert not task.findings[0].blocks


@pytest.mark.parametrize("method", METHODS)
def test_a_verdict_that_both_give_is_said_to_be_so(method):
    verdict, task = decided(8, 8, 400, margin=0.03, method=method)
    assert verdict.verdict is verdict.holds is ReleaseVerdict.PASS
    assert task.bootstrap.agrees
    assert "the bound that holds agrees" in task.reason
    assert "nominal 95% confidence" in task.reason


@pytest.mark.parametrize("method", ["bca", "studentised"])
def test_where_no_two_items_differ_the_bound_that_holds_stands_in(method):
    verdict, task = decided(0, 0, 20, method=method)
    assert (verdict.verdict, task.lower) == (ReleaseVerdict.INCONCLUSIVE, task.bootstrap.lower)
    assert "stands in" in task.method_reason
    assert decided(0, 0, 400, method=method)[0].verdict is ReleaseVerdict.PASS


def test_one_task_may_be_decided_by_a_bootstrap_and_the_others_not():
    policy = Policy(tasks={"gsm8k": {"method": "bca"}})
    assert policy.bootstraps
    assert policy.for_task("gsm8k").method == "bca"
    assert policy.for_task("other").method == "auto"
    assert not policy.with_bounds_that_hold().bootstraps


@pytest.mark.parametrize(
    "told", [{"target": "benchmark", "method": "bca"}, {"target": "benchmark", "tasks": {"gsm8k": {"method": "bca"}}}]
)
def test_a_bootstrap_over_questions_is_refused_for_given_ones(told):
    with pytest.raises(ValueError, match="method: bca resamples questions"):
        Policy(**told)


def test_what_a_bootstrap_needs_is_told_for_the_bound_that_holds():
    _, task = decided(6, 2, 198, margin=0.02, method="bca")
    _, plain = decided(6, 2, 198, margin=0.02)
    assert task.needed == plain.needed
    assert "told for the bound that holds" in task.reason


@pytest.mark.parametrize("method", METHODS)
def test_equivalence_is_asked_of_both_bounds(method):
    _, task = decided(0, 12, 198, margin=0.05, method=method, require="equivalent")
    assert not task.passes
    assert task.verdict is TaskVerdict.NON_INFERIOR


def test_missing_answers_count_for_the_worst_in_either_bound():
    scores = [0.0, 0.0, *[1.0] * 93, *[None] * 5]
    pairs = pair_runs(run_of([1.0] * 100), run_of(scores, label="mxfp4"))
    (task,) = decide(pairs, Policy(method="percentile", max_missing=0.1)).tasks
    lowest, highest = [-1] * 7 + [0] * 93, [-1] * 2 + [0] * 98
    assert task.lower == bootstrap_interval(lowest, confidence=0.9)[0]
    assert task.upper == bootstrap_interval(highest, confidence=0.9)[1]


def test_the_gate_json_is_read_back():
    verdict, _ = decided(0, 0, 20, method="percentile")
    assert parse_decision(verdict.to_json()) == replace(verdict, policy=json.loads(verdict.to_json())["policy"])


def test_a_comparison_tells_the_false_pass_at_its_share_of_alpha():
    pairs = pair_runs(*pair_of(0, 0, 60))
    found = compare([("a", "a", pairs), ("b", "b", pairs)], Policy(method="percentile", margin=0.03))
    for build in found.formats:
        assert (build.verdict, build.holds) == (ReleaseVerdict.PASS, ReleaseVerdict.INCONCLUSIVE)
        assert build.tasks[0].bootstrap.alpha == 0.025
    assert parse_decision(found.to_json()).formats[0].holds is ReleaseVerdict.INCONCLUSIVE


SETTING = Setting(Bootstrap.PERCENTILE, 0.02, 0.05, 1, (Pool(1.0, (1,) * 20),))


def test_what_was_measured_once_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = false_pass.worst_false_pass(SETTING)
    monkeypatch.setattr(false_pass, "worst_measured", lambda setting: pytest.fail("measured again"))
    assert false_pass.worst_false_pass(SETTING) == first
    other = WorstFalsePass(0.5, 0.0, "another")
    monkeypatch.setattr(false_pass, "worst_measured", lambda setting: other)
    assert false_pass.worst_false_pass(replace(SETTING, alpha=0.04)) == other


@pytest.mark.parametrize(
    "held", ["", "{}", '{"rate": 7, "error": 0, "how": ""}', '{"rate": NaN, "error": 0, "how": ""}']
)
def test_a_cache_that_holds_something_else_is_written_anew(monkeypatch, tmp_path, held):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = false_pass.worst_false_pass(SETTING)
    (file,) = tmp_path.rglob("false-pass/*.json")
    file.write_text(held)
    assert false_pass.worst_false_pass(SETTING) == found
    assert json.loads(file.read_text())["rate"] == found.rate


def test_a_cache_that_cannot_be_written_is_no_failure(monkeypatch, tmp_path):
    (tmp_path / "quantgate").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert 0 < false_pass.worst_false_pass(SETTING).rate < 1


def test_the_bca_interval_of_the_description_is_the_bound_of_the_policy():
    _, task = decided(6, 2, 198, method="bca")
    differences = [-1] * 6 + [1] * 2 + [0] * 190
    assert (task.lower, task.upper) == pytest.approx(bootstrap_interval(differences, confidence=0.9, method="bca"))


@pytest.mark.slow
def test_the_mean_over_a_suite_is_decided_by_the_bootstrap_too():
    def run(label, wrong):
        other = run_of([0.0] * wrong + [1.0] * (40 - wrong), label=label, name="other")
        return joined(run_of([1.0] * 30, label=label, name="gsm8k"), other)

    policy = Policy(method="percentile", margin=0.2, suite={"tasks": ["gsm8k", "other"], "margin": 0.06})
    verdict = decide(pair_runs(run("fp8", 0), run("mxfp4", 1)), policy)
    mean = verdict.suite.mean
    assert (mean.method, mean.bootstrap.method) == ("percentile", "bayesian")
    assert mean.passes
    assert not mean.bootstrap.agrees
    assert (verdict.verdict, verdict.holds) == (ReleaseVerdict.PASS, ReleaseVerdict.INCONCLUSIVE)
    assert mean.bootstrap.error > 0
    assert parse_decision(verdict.to_json()).suite.mean == mean
