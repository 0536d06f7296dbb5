"""Figures of tool calls: counted exactly, with bounds that take the item as the unit."""

import numpy as np
import pytest
from scipy.stats import binomtest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.fidelity.calls import call_figures, ratio, trigger
from quantgate.evals.samples.batch import Line, columns_of

SOUND = dict.fromkeys(("due", "called", "trigger", "schema_valid", "json_valid", "name_known", "no_leak"), 1.0)
SOUND["not_only_reasoning"] = 1.0
KINDS = {
    "sound": {},
    "InvalidJson": {"json_valid": 0.0, "name_known": 0.0, "schema_valid": 0.0},
    "UnknownName": {"name_known": 0.0, "schema_valid": 0.0},
    "SchemaMismatch": {"schema_valid": 0.0},
    "lost": {"called": 0.0, "trigger": 0.0, "schema_valid": 0.0, "json_valid": 0.0, "name_known": 0.0},
    "leaked": {"called": 0.0, "trigger": 0.0, "schema_valid": 0.0, "no_leak": 0.0},
    "silent": dict.fromkeys(SOUND, 0.0) | {"due": 1.0},
    "needless": {"due": 0.0, "trigger": 0.0},
    "none due": {"due": 0.0, "called": 0.0},
    "unlike": {"stream_equal": 0.0},
    "alike": {"stream_equal": 1.0},
}


def figures(*kinds: str):
    samples = [
        Sample("t", str(place), 0, "h", Status.OK, 1.0, metrics={**SOUND, **KINDS[kind]})
        for place, kind in enumerate(kinds)
    ]
    columns = columns_of([Line(sample) for sample in [*samples, Sample("t", "gone", 0, "h", Status.ERROR, None)]])
    return call_figures(columns, columns.rows_of([*map(str, range(len(kinds))), "gone", "never"], 1))


def test_each_reply_is_counted_once_and_what_is_missing_not_at_all():
    kinds = ["sound"] * 3 + ["InvalidJson"] * 4 + ["UnknownName"] * 2 + ["SchemaMismatch"] * 5
    found = figures(*kinds, "lost", "leaked", "silent", "needless", "none due", "none due", "unlike", "alike")
    assert found is not None
    assert (found.answers, found.called) == (22, 17)
    assert found.mismatches == {"InvalidJson": 4, "UnknownName": 2, "SchemaMismatch": 5}
    assert (found.only_reasoning, found.leaked) == (1, 1)
    assert (found.streams_unlike, found.streams_compared) == (1, 2)
    assert found.trigger is not None
    counts = found.trigger.true_positive, found.trigger.false_positive, found.trigger.false_negative
    assert (*counts, found.trigger.true_negative) == (16, 1, 3, 2)
    assert found.schema_accuracy is not None
    assert found.schema_accuracy.estimate == pytest.approx(6 / 17)


def test_f1_is_that_of_the_verifiers_and_its_bounds_are_those_of_the_share_it_grows_with():
    called = np.array([[1.0]] * 20 + [[0.0]] * 10 + [[np.nan]])
    due = np.array([[1.0]] * 15 + [[0.0]] * 5 + [[1.0]] * 4 + [[0.0]] * 6 + [[1.0]])
    found = trigger(called, due)
    precision, recall = 15 / 20, 15 / 19
    assert found.f1 is not None
    assert found.f1.estimate == pytest.approx(2 * precision * recall / (precision + recall))
    exact = binomtest(15, 24).proportion_ci(0.95, "exact")
    assert found.f1.low == pytest.approx(2 * exact.low / (1 + exact.low))
    assert found.f1.high == pytest.approx(2 * exact.high / (1 + exact.high))


def test_where_no_call_came_or_was_due_there_is_no_f1():
    assert trigger(np.zeros((3, 1)), np.zeros((3, 1))).f1 is None
    assert figures("none due").schema_accuracy is None


def test_repeats_of_an_item_are_no_evidence_of_their_own():
    # Ten items that are always right or always wrong: as good as ten answers, however often they are asked.
    once = np.array([[place < 5] for place in range(10)])
    often = np.repeat(once, 50, axis=1)
    few, many = ratio(once, np.ones_like(once)), ratio(often, np.ones_like(often))
    assert few is not None
    assert many is not None
    assert many.estimate == few.estimate
    assert many.high - many.low > 0.5
    sure = ratio(np.ones_like(often), np.ones_like(often))
    exact = binomtest(10, 10).proportion_ci(0.95, "exact")
    assert sure is not None
    assert (sure.low, sure.high) == (pytest.approx(exact.low), 1.0)


def test_other_tasks_have_none():
    columns = columns_of([Line(Sample("gsm8k", "1", 0, "h", Status.OK, 1.0, metrics={"exact_match": 1.0}))])
    assert call_figures(columns, columns.rows_of(["1"], 1)) is None
