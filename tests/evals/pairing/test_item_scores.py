"""Scores per item: missing answers, strata and clusters, and what they do to the bounds."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.pairing import item_scores
from quantgate.evals.pairing.item_scores import Answers
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.stats import exact_lower_bound, exact_upper_bound, paired_bounds

TAU2 = {"airline": 50, "retail": 114, "telecom": 114}


def stratified(repeats=4, sizes=None, planned=True, seed=1, shift=0.0):
    """A run of strata, item after item, with solve rates of about .7."""
    sizes, rng = sizes or TAU2, np.random.default_rng(seed)
    record = TaskRecord(
        "tau2", "1", "g", "reward", "d" * 64, sum(sizes.values()), repeats, {}, {}, strata=sizes if planned else {}
    )
    samples = {}
    for stratum, size in sizes.items():
        for number in range(size):
            for repeat in range(repeats):
                score = float(rng.random() < 0.7 - shift)
                sample = Sample("tau2", f"{stratum}/{number}", repeat, "h", Status.OK, score, stratum, extracted="x")
                samples[sample.key] = sample
    return Run(RunRecord("run", "m", {}, (record,), {}, "then"), samples)


def without(run, *items):
    return replace(run, samples={key: one for key, one in run.samples.items() if key[1] not in items})


def bounds_of(scores, alpha=0.05):
    method = "auto" if scores.single_answers else "bayesian"
    parts = {"strata": scores.strata, "clusters": scores.clusters, "method": method}
    return paired_bounds(scores.differences, highest=scores.highest, alpha=alpha, **parts)


def scores_of(baseline, candidate):
    return pair_runs(baseline, candidate).tasks[0].item_scores()


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("item", ["airline/3", "retail/100", "telecom/0"])
def test_an_item_that_no_run_holds_belongs_to_a_stratum_of_the_task(item, planned):
    run = without(stratified(planned=planned), item)
    scores = scores_of(run, run)
    assert set(scores.strata) == set(TAU2)
    counts = {name: scores.strata.count(name) for name in TAU2}
    expected = item.partition("/")[0] if planned else "airline"
    assert counts[expected] == TAU2[expected] + (0 if planned else item[0] != "a")
    bounds = bounds_of(scores)
    assert bounds.estimate == pytest.approx(-1 / counts[expected] / 3)
    assert bounds.lower > -0.045
    assert bounds.upper > 0.0


def test_a_stratum_that_only_one_run_names_is_that_of_the_item():
    run = stratified()
    unnamed = replace(run, samples={key: replace(one, stratum=None) for key, one in run.samples.items()})
    assert set(scores_of(run, unnamed).strata) == set(TAU2) == set(scores_of(unnamed, run).strata)


@pytest.mark.parametrize("absent", [1, 12])
@pytest.mark.parametrize("stratum", list(TAU2))
def test_equal_builds_with_absent_items_have_not_regressed(stratum, absent):
    run = without(stratified(), *[f"{stratum}/{number}" for number in range(absent)])
    bounds = bounds_of(scores_of(run, run))
    assert bounds.lower < 0 < bounds.upper
    assert bounds.missing == pytest.approx(2 * absent / TAU2[stratum] / 3)


def test_more_items_missing_than_a_stratum_lacks_go_where_one_weighs_the_most():
    run = stratified(sizes={"a": 5, "b": 9})
    wider = replace(run, record=replace(run.record, tasks=(replace(run.record.tasks[0], items=17),)))
    scores = scores_of(wider, wider)
    assert [scores.strata.count(name) for name in "ab"] == [8, 9]


def single(scores):
    record = TaskRecord("t", "1", "g", "exact", "d" * 64, len(scores), 1, {}, {})
    samples = [
        Sample("t", f"{place:04}", 0, "h", Status.ERROR if score is None else Status.OK, score)
        for place, score in enumerate(scores)
    ]
    return Run(RunRecord("run", "m", {}, (record,), {}, "then"), {one.key: one for one in samples})


def test_a_missing_answer_is_the_worst_for_either_bound():
    baseline = [1.0] * 90 + [0.0] * 6 + [1.0, None, 0.0, None]
    candidate = [1.0] * 88 + [0.0] * 2 + [1.0] * 1 + [0.0] * 5 + [None, 1.0, None, None]
    bounds = bounds_of(scores_of(single(baseline), single(candidate)))
    # Against it 1/missing and missing/missing are losses; for it missing/1, 0/missing and missing/missing are gains.
    assert bounds.lower == exact_lower_bound(2 + 2, 1, 100)
    assert bounds.upper == exact_upper_bound(2, 1 + 3, 100)
    assert bounds.missing == pytest.approx((1 + 1 + 1 + 2) / 100)
    assert bounds.method == "exact"


def test_of_several_repeats_only_those_that_are_missing_are_open():
    run = stratified()
    torn = replace(
        run,
        samples={key: one for key, one in run.samples.items() if key[1:] not in {("airline/1", 0), ("airline/1", 3)}},
    )
    scores = scores_of(run, torn)
    assert scores.open.sum() == pytest.approx(2 / 4)
    assert bounds_of(scores).missing == pytest.approx(0.5 / 50 / 3)


def false_verdicts(missing, loss, margin, n, runs, seed=2):
    """Shares of runs called regressed and equivalent; `missing` answers of either build never come, at random."""
    rng = np.random.default_rng(seed)
    regressed = equivalent = 0
    ids, nothing = [str(place) for place in range(n)], [None] * n
    for _ in range(runs):
        change = rng.choice([-1.0, 1.0, 0.0], n, p=[0.02 + max(loss, 0), 0.02 + max(-loss, 0), 0.96 - abs(loss)])
        baseline, candidate = np.where(change < 0, 1.0, 0.0), np.where(change > 0, 1.0, 0.0)
        gone = rng.random((2, n)) < missing
        answers = Answers(
            *(np.where(holes, np.nan, each)[:, None] for each, holes in zip((baseline, candidate), gone, strict=True))
        )
        bounds = bounds_of(item_scores.scores_of(answers, ids, strata=nothing, clusters=nothing))
        regressed += bounds.upper < -margin
        equivalent += bounds.lower > -margin and bounds.upper < margin
    return regressed / runs, equivalent / runs


@pytest.mark.slow
def test_missing_answers_call_no_loss_of_the_margin_a_regression():
    assert false_verdicts(0.009, loss=0.02, margin=0.02, n=1000, runs=60)[0] <= 0.05
    assert false_verdicts(0.04, loss=0.0, margin=0.02, n=1000, runs=60)[0] == 0.0


@pytest.mark.slow
def test_missing_answers_show_no_equivalence_of_a_gain_beyond_the_margin():
    assert false_verdicts(0.01, loss=-0.021, margin=0.02, n=1000, runs=60)[1] <= 0.05


def clustered(names):
    run = single([1.0, 0.0] * (len(names) // 2))
    pairs = zip(run.samples.items(), names, strict=True)
    return replace(run, samples={key: replace(one, cluster=name) for (key, one), name in pairs})


def test_items_of_one_cluster_are_one_unit():
    run = clustered(["a", "a", "a", "b", "b", "b", None, None] * 1 + [f"c{place // 4}" for place in range(12)])
    scores = scores_of(run, run)
    bounds = bounds_of(scores)
    assert (bounds.n, bounds.clusters, bounds.method) == (20, 7, "bayesian")
    assert scores.of(np.arange(20) < 6).clusters == ("cluster a",) * 3 + ("cluster b",) * 3


def test_clusters_of_one_item_are_none():
    run = clustered([None, "a", "b", None, "c", None])
    assert scores_of(run, run).clusters is None


def test_without_a_flip_only_missing_answers_speak_against_the_candidate():
    scores = scores_of(single([1.0] * 50), single([None] + [0.0] * 20 + [1.0] * 29))
    assert scores.without_a_flip().differences.tolist() == [-1.0] + [0.0] * 49
