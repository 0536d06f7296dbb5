"""Another metric of the stored answers as the score, without asking or grading again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from quantgate.evals.contract.records import Sample
from quantgate.evals.errors import UsageError
from quantgate.evals.runs.record import TaskRecord


def metrics_of(samples: Iterable[Sample]) -> list[str]:
    """The metrics that every graded answer has, in the task's order; an answer without text has none."""
    graded = [sample.metrics for sample in samples if sample.score is not None and sample.metrics]
    return [name for name in graded[0] if all(name in each for each in graded)] if graded else []


def score_by(sample: Sample, metric: str) -> float | None:
    """A sample's score by another metric; what has a score without any metric (an empty answer) keeps it."""
    return sample.score if sample.score is None or not sample.metrics else sample.metrics[metric]


def rescored(
    record: TaskRecord, samples: Mapping[tuple[str, int], Sample], wanted: str
) -> tuple[TaskRecord, Mapping[tuple[str, int], Sample]]:
    """A task's record and samples with another metric as the score, named in whole or by what follows its comma.

    Raises
    ------
    UsageError
        When there is none of that name that all answers have and that lies in [0, 1].
    """
    names = metrics_of(samples.values()) or [record.metric]
    named = [name for name in names if wanted in (name, name.partition(",")[2])]
    if not named:
        some = any(wanted in sample.metrics for sample in samples.values())
        why = "not all answers have it; `quantgate regrade` grades them again" if some else f"it has {'; '.join(names)}"
        raise UsageError(f"--metric {record.name}={wanted}: a run does not hold that metric of all its answers: {why}")
    metric = named[0]
    if metric == record.metric:
        return record, samples
    try:
        scored = {key: replace(sample, score=score_by(sample, metric)) for key, sample in samples.items()}
    except ValueError as error:
        raise UsageError(f"--metric {record.name}={wanted}: {error}; a gate needs scores in [0, 1]") from None
    return replace(record, metric=metric), scored
