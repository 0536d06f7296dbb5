"""Another metric of the stored answers as the score, without asking or grading again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quantgate.evals.contract.call_metrics import FACTS, CallMetric
from quantgate.evals.errors import UsageError
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import Bools, Columns, Floats


def metrics_of(*builds: Columns) -> list[str]:
    """The metrics that every graded answer has, in the task's order; an answer without text has none.

    Of replies to requests with tools those alone that judge.
    """
    graded = [samples.take(samples.scored & _has_some(samples)) for samples in builds]
    first = next((samples for samples in graded if len(samples)), None)
    if first is None:
        return []
    facts = _facts(first)
    return [name for name in first.metrics if name not in facts and all(_all_have(name, each) for each in graded)]


def score_by(samples: Columns, metric: str) -> Floats:
    """The scores by another metric; what has a score without any metric (an empty answer) keeps it."""
    values = samples.metrics.get(metric, samples.score)
    return np.where(samples.scored & _has_some(samples), values, samples.score)


def rescored(record: TaskRecord, samples: Columns, wanted: str) -> tuple[TaskRecord, Columns]:
    """A task's record and samples with another metric as the score, named in whole or by what follows its comma.

    Raises
    ------
    UsageError
        When there is none of that name that all answers have and that lies in [0, 1].
    """
    names = metrics_of(samples) or [record.metric]
    named = [name for name in names if wanted in (name, name.partition(",")[2])]
    if not named:
        some = wanted not in _facts(samples) and not np.isnan(samples.metrics.get(wanted, np.empty(0))).all()
        why = "not all answers have it; `quantgate regrade` grades them again" if some else f"it has {_listed(names)}"
        raise UsageError(f"--metric {record.name}={wanted}: a run does not hold that metric of all its answers: {why}")
    metric = named[0]
    if metric == record.metric:
        return record, samples
    scores = score_by(samples, metric)
    if len(wrong := scores[(scores < 0) | (scores > 1)]):
        why = f"the score must lie between 0 and 1, not {float(wrong[0])!r}"
        raise UsageError(f"--metric {record.name}={wanted}: {why}; a gate needs scores in [0, 1]")
    return replace(record, metric=metric), replace(samples, score=scores)


def _facts(samples: Columns) -> frozenset[CallMetric]:
    return FACTS if CallMetric.SCHEMA_VALID in samples.metrics else frozenset()


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names)


def _has_some(samples: Columns) -> Bools:
    """Which samples have any metric."""
    there = [~np.isnan(values) for values in samples.metrics.values()]
    return np.any(there, axis=0) if there else np.zeros(len(samples), dtype=np.bool_)


def _all_have(name: str, samples: Columns) -> bool:
    return not len(samples) or (name in samples.metrics and not np.isnan(samples.metrics[name]).any())
