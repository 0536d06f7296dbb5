"""Runs made in memory, for what comes after asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.samples.batch import Line, columns_of
from quantgate.evals.samples.columns import Columns
from quantgate.evals.samples.signs import signs_of


def by_columns(samples: Sequence[Sample]) -> Columns:
    """Samples as what is counted takes them."""
    return columns_of([Line(sample) for sample in samples], signs_of)


TASK = TaskRecord("gsm8k", "3.0", "lm-eval", "exact_match", "d" * 64, 0, 1, {"temperature": 0.0}, {})


def run_of(scores: Sequence[float | None], *, label: str = "fp8", repeats: int = 1, **task: Any) -> Run:
    """A run of one task with one item per score (`None` for a fault); `task` changes its record."""
    record = replace(TASK, items=len(scores), repeats=repeats, **task)
    samples = [
        Sample(
            record.name,
            str(number),
            repeat,
            f"hash {number}",
            Status.ERROR if score is None else Status.OK,
            score,
            extracted="5",
            usage={"prompt_tokens": 64},
        )
        for repeat in range(repeats)
        for number, score in enumerate(scores)
    ]
    return Run(RunRecord(label, "m", {}, (record,), {}, "then"), {sample.key: sample for sample in samples})


def pair_of(losses: int, gains: int, n: int, right: float = 0.9) -> tuple[Run, Run]:
    """Two runs of `n` items with so many losses and gains; the rest answered alike."""
    both_right = round((n - losses - gains) * right)
    both_wrong = n - losses - gains - both_right
    baseline = [1.0] * losses + [0.0] * gains + [1.0] * both_right + [0.0] * both_wrong
    candidate = [0.0] * losses + [1.0] * gains + [1.0] * both_right + [0.0] * both_wrong
    return run_of(baseline), run_of(candidate, label="mxfp4")


def joined(*runs: Run) -> Run:
    """One run with the tasks of several."""
    record = replace(runs[0].record, tasks=tuple(task for run in runs for task in run.record.tasks))
    return Run(record, {key: sample for run in runs for key, sample in run.samples.items()})
