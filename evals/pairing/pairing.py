"""Two runs -> one row per item and repeat, or the reasons why they cannot be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.pairing.metrics import rescored
from quantgate.evals.pairing.pairs import Pairs, TaskPairs, TaskRun
from quantgate.evals.pairing.status_counts import StatusCounts
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import Draw, RunRecord, TaskRecord, task_differences


@dataclass(frozen=True, slots=True)
class Run:
    """A run directory in memory."""

    record: RunRecord
    samples: Mapping[SampleKey, Sample]
    path: Path | None = None

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read a run directory. Raises RunDirectoryError when it cannot be read."""
        directory = RunDirectory(path)
        record = directory.record()
        return cls(record, directory.samples(record), path.resolve())

    def task(self, name: str) -> TaskRun:
        """One task: its record, where the run has it, and its samples."""
        return TaskRun(self.record.task(name), self.of_task(name))

    def of_task(self, task: str) -> dict[tuple[str, int], Sample]:
        """The samples of one task by (item id, repeat)."""
        return {(item, repeat): sample for (name, item, repeat), sample in self.samples.items() if name == task}


_NO_ROWS = pd.MultiIndex.from_arrays([[], []], names=["item_id", "repeat"])
_COLUMNS = ["item_id", "repeat", "stratum", "cluster", "baseline", "candidate", "alike"]


def pair_runs(baseline: Run, candidate: Run, metrics: Mapping[str, str] | None = None) -> Pairs:
    """Pair every task of two runs; `metrics` names the metric that is the score of a task in place of the runs' own.

    A task is comparable only when both runs have it, with the same version, grader, metric, data, sampling parameters
    and repeats, and the same prompt hash for every item and repeat.

    Raises
    ------
    UsageError
        When a run has no such metric, with those that it has.
    """
    for task, metric in (metrics or {}).items():
        baseline, candidate = _rescored(baseline, task, metric), _rescored(candidate, task, metric)
    names = dict.fromkeys(task.name for run in (baseline, candidate) for task in run.record.tasks)
    return Pairs(baseline.record, candidate.record, tuple(_pair_task(name, baseline, candidate) for name in names))


def _rescored(run: Run, task: str, metric: str) -> Run:
    own = run.task(task)
    if own.record is None:
        return run
    record, samples = rescored(own.record, own.samples, metric)
    records = tuple(record if each.name == task else each for each in run.record.tasks)
    merged = {**run.samples, **{sample.key: sample for sample in samples.values()}}
    return Run(replace(run.record, tasks=records), merged, run.path)


def _pair_task(name: str, baseline: Run, candidate: Run) -> TaskPairs:
    builds = {"baseline": baseline.task(name), "candidate": candidate.task(name)}
    validity = {build: StatusCounts.count(list(run.samples.values()), run.planned) for build, run in builds.items()}
    (ours, left), (theirs, right) = ((run.record, run.samples) for run in builds.values())
    problems = [*_copied(baseline, candidate, left, right), *_problems(ours, theirs, left, right)]
    if problems or ours is None or theirs is None:
        frame = pd.DataFrame([], columns=_COLUMNS)
    else:
        frame = _frame(ours, ours.strata or theirs.strata, left, right)
    return TaskPairs(name, frame, ours.repeats if ours else 0, validity, builds, tuple(problems))


def _copied(
    baseline: Run,
    candidate: Run,
    left: Mapping[tuple[str, int], Sample],
    right: Mapping[tuple[str, int], Sample],
) -> list[str]:
    """Whether one run is the other, or mostly holds answers of the other: then nothing was compared.

    A few answers of two runs may be alike by chance, to the second and the tenth of a millisecond, on a fast server.
    """
    if baseline.path is not None and baseline.path == candidate.path:
        return [f"{baseline.path} is both baseline and candidate, so nothing was compared"]
    shared = left.keys() & right.keys()
    copied = sum(bool(left[key].time) and left[key] == right[key] for key in shared)
    if 2 * copied <= len(shared):
        return []
    return [
        f"{copied:,} of the candidate's {len(right):,} samples are copies of the baseline's, down to when they were "
        "answered, so nothing was compared there: run the candidate into an empty folder"
    ]


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
    if problems and (ours.grader, ours.metric) != (theirs.grader, theirs.metric):
        problems[-1] += ". `quantgate regrade RUN` grades a run's stored answers again, without asking"
    if Draw.RANDOM in (ours.draw, theirs.draw) and ours.draw != theirs.draw and ours.items == theirs.items:
        problems.append(
            f"the baseline was asked {ours.chosen_by}, the candidate {theirs.chosen_by}: --limit draws alike"
        )
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
    record: TaskRecord,
    planned: Mapping[str, int],
    left: Mapping[tuple[str, int], Sample],
    right: Mapping[tuple[str, int], Sample],
) -> pd.DataFrame:
    strata: dict[str, str | None] = {}
    clusters: dict[str, str | None] = {}
    for (item, _), sample in (*left.items(), *right.items()):
        strata[item] = strata.get(item) or sample.stratum
        clusters[item] = clusters.get(item) or sample.cluster
    absent = _strata_of_absent(record.items - len(strata), planned, list(strata.values()))
    strata |= {f"(missing {number})": stratum for number, stratum in enumerate(absent, 1)}
    rows = pd.MultiIndex.from_product([sorted(strata), range(record.repeats)], names=["item_id", "repeat"])
    ours, theirs = _scores(left).reindex(rows), _scores(right).reindex(rows)
    alike = (ours["extracted"] == theirs["extracted"]) & ours["extracted"].notna()
    frame = pd.DataFrame({"baseline": ours["score"], "candidate": theirs["score"], "alike": alike}).reset_index()
    frame["stratum"] = frame["item_id"].map(strata)
    frame["cluster"] = frame["item_id"].map(clusters)
    return frame[_COLUMNS]


def _strata_of_absent(count: int, planned: Mapping[str, int], heard: Sequence[str | None]) -> list[str | None]:
    """The stratum of each of `count` items that neither run holds: what the task's plan still lacks of it.

    Where no plan says, all of them belong to the smallest stratum, in which an item weighs the most.
    """
    known = Counter(stratum for stratum in heard if stratum is not None)
    lacking: list[str | None] = [
        stratum for stratum, size in planned.items() for _ in range(max(size - known[stratum], 0))
    ]
    smallest = min(known, key=lambda stratum: (known[stratum], stratum), default=None)
    return (lacking + [smallest] * count)[: max(count, 0)]


def _scores(samples: Mapping[tuple[str, int], Sample]) -> pd.DataFrame:
    """Score and extracted result by item and repeat; NaN and None where there is none."""
    index = pd.MultiIndex.from_tuples(list(samples), names=["item_id", "repeat"]) if samples else _NO_ROWS
    columns = {
        "score": pd.Series([sample.score for sample in samples.values()], index=index, dtype="float64"),
        "extracted": pd.Series([sample.extracted for sample in samples.values()], index=index, dtype="object"),
    }
    return pd.DataFrame(columns)
