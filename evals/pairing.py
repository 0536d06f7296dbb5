"""Two runs -> one row per item and repeat, or the reasons why they cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from evals.records import Sample, SampleKey, Status
from evals.run_record import RunRecord, TaskRecord, task_differences
from evals.store import RunDirectory


@dataclass(frozen=True, slots=True)
class Run:
    """A run directory in memory."""

    record: RunRecord
    samples: Mapping[SampleKey, Sample]

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read a run directory. Raises RunDirectoryError when it cannot be read."""
        directory = RunDirectory(path)
        return cls(directory.record(), directory.samples())

    def of_task(self, task: str) -> dict[tuple[str, int], Sample]:
        """The samples of one task by (item id, repeat)."""
        return {(item, repeat): sample for (name, item, repeat), sample in self.samples.items() if name == task}


@dataclass(frozen=True, slots=True)
class Validity:
    """How many samples of one build ended how. `unparsed` are among `ok` and `truncated`; `missing` never came."""

    ok: int = 0
    truncated: int = 0
    empty: int = 0
    error: int = 0
    unparsed: int = 0
    missing: int = 0

    @property
    def unscored(self) -> int:
        return self.error + self.missing

    @classmethod
    def count(cls, samples: Sequence[Sample], planned: int) -> Validity:
        """Count `samples` out of the `planned` number."""
        statuses = Counter(sample.status for sample in samples)
        return cls(
            ok=statuses[Status.OK],
            truncated=statuses[Status.TRUNCATED],
            empty=statuses[Status.EMPTY],
            error=statuses[Status.ERROR],
            unparsed=sum(sample.unparsed for sample in samples),
            missing=max(0, planned - len(samples)),
        )

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """One task of two runs, paired.

    `frame` has one row per item and repeat, sorted by both, with the columns `item_id`, `repeat`, `stratum`,
    `baseline` and `candidate` (scores in [0, 1], NaN where a sample is missing), and `alike`: whether both builds'
    extracted results are there and equal. A sample that neither run holds has its row too. `problems` says why the
    runs are not comparable; then the frame is empty.
    """

    task: str
    frame: pd.DataFrame
    repeats: int
    validity: Mapping[str, Validity]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two runs, paired task by task."""

    baseline: RunRecord
    candidate: RunRecord
    tasks: tuple[TaskPairs, ...]


_COLUMNS = ["item_id", "repeat", "stratum", "baseline", "candidate", "alike"]


def pair_runs(baseline: Run, candidate: Run) -> Pairs:
    """Pair every task of two runs.

    A task is comparable only when both runs have it, with the same version, grader, metric, data, sampling parameters
    and repeats, and the same prompt hash for every item and repeat.
    """
    names = dict.fromkeys(task.name for run in (baseline, candidate) for task in run.record.tasks)
    return Pairs(baseline.record, candidate.record, tuple(_pair_task(name, baseline, candidate) for name in names))


def _pair_task(name: str, baseline: Run, candidate: Run) -> TaskPairs:
    ours, theirs = baseline.record.task(name), candidate.record.task(name)
    left, right = baseline.of_task(name), candidate.of_task(name)
    validity = {"baseline": _validity(ours, left), "candidate": _validity(theirs, right)}
    problems = _problems(ours, theirs, left, right)
    frame = pd.DataFrame([], columns=_COLUMNS) if problems or ours is None else _frame(ours, left, right)
    return TaskPairs(name, frame, ours.repeats if ours else 0, validity, tuple(problems))


def _validity(record: TaskRecord | None, samples: Mapping[tuple[str, int], Sample]) -> Validity:
    return Validity.count(list(samples.values()), record.items * record.repeats if record else 0)


def _problems(
    ours: TaskRecord | None,
    theirs: TaskRecord | None,
    left: Mapping[tuple[str, int], Sample],
    right: Mapping[tuple[str, int], Sample],
) -> list[str]:
    if ours is None or theirs is None:
        return [f"only the {'candidate' if ours is None else 'baseline'} was asked this task"]
    problems = [
        f"the builds were not asked alike: {difference}"
        for difference in task_differences(ours, theirs, "for the baseline", "for the candidate")
    ]
    for what, of_baseline, of_candidate in (
        ("items", ours.items, theirs.items),
        ("repeats", ours.repeats, theirs.repeats),
    ):
        if of_baseline != of_candidate:
            problems.append(f"the baseline has {of_baseline} {what}, the candidate {of_candidate}")
    for build, record, samples in (("baseline", ours, left), ("candidate", theirs, right)):
        if len(samples) > record.items * record.repeats:
            planned = f"{record.items} items x {record.repeats} repeats"
            problems.append(f"the {build} holds {len(samples)} samples, more than its {planned}")
    other_prompts = [key for key in left.keys() & right.keys() if left[key].prompt_hash != right[key].prompt_hash]
    if other_prompts:
        item, repeat = min(other_prompts)
        problems.append(
            f"{len(other_prompts)} items were asked with different prompts, the first of them {item} (repeat {repeat})"
        )
    return problems


def _frame(
    record: TaskRecord, left: Mapping[tuple[str, int], Sample], right: Mapping[tuple[str, int], Sample]
) -> pd.DataFrame:
    strata = {item: sample.stratum for (item, _), sample in {**left, **right}.items()}
    unheard = [f"(missing {number + 1})" for number in range(record.items - len(strata))]
    rows = []
    for item in [*strata, *unheard]:
        for repeat in range(record.repeats):
            ours, theirs = left.get((item, repeat)), right.get((item, repeat))
            alike = bool(ours and theirs and ours.extracted is not None and ours.extracted == theirs.extracted)
            scores = (ours.score if ours else None, theirs.score if theirs else None)
            rows.append((item, repeat, strata.get(item), *scores, alike))
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype({"baseline": "float64", "candidate": "float64"})
    return frame.sort_values(["item_id", "repeat"], ignore_index=True)
