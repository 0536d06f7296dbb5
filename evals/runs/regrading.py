"""Grades the stored answers of a run again, without asking the model: after a grader was mended, by another metric.

All or nothing: the lines of a regrade count from the moment at which `run.json` names it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quantgate.evals.contract.records import Item, Sample, Status
from quantgate.evals.contract.task import Task
from quantgate.evals.errors import ResumeMismatch, RunDirectoryError
from quantgate.evals.runs.asking import run_until_stopped
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.grader_processes import GraderProcesses
from quantgate.evals.runs.grading import Heard, grade_by, graded, text_of, ungraded
from quantgate.evals.runs.lost_grades import lost_lines
from quantgate.evals.runs.record import Regrade, RunRecord, TaskRecord, found_settings, now
from quantgate.evals.samples.damage import Damage
from quantgate.evals.samples.held import Held
from quantgate.evals.versions import software_versions

_COMPARED = ("version", "grader", "metric", "settings")
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What a regrade has changed of one task.

    `differences` are what the record says otherwise now, each as `name OLD before, NEW now`; `scores` counts samples by
    what they had before and have now, where that differs; `unlike` those of which anything else differs; `ungraded` is
    how many could not be graded, `reasons` why, with the most frequent first.
    """

    task: str
    graded: int
    differences: tuple[str, ...]
    scores: Mapping[tuple[str, str], int]
    unlike: int
    ungraded: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Regraded:
    """What came of a regrade; `heard` is what libraries said meanwhile, `damage` what was no sample."""

    tasks: tuple[TaskChange, ...]
    heard: Heard
    damage: Damage

    @property
    def ungraded(self) -> int:
        return sum(change.ungraded for change in self.tasks)


def regrade(out: Path, tasks: Mapping[str, Task], told: Callable[[int, int], None]) -> Regraded:
    """Grade what a run directory holds of the given tasks, in the same way as when it was asked.

    `told` is given how many answers are graded and how many there are.

    Raises
    ------
    ResumeMismatch
        When a task as it is now does not ask what was answered: other data, other prompts.
    StorageError
        When the directory cannot be written.
    KeyboardInterrupt
        When it was stopped, which leaves everything as it was.
    """
    directory = RunDirectory(out)
    before = directory.record()
    held = directory.read(before)
    records = {name: _known(before, name, out) for name in tasks}
    work: list[tuple[Sample, Item]] = []
    for name, task in tasks.items():
        work += _answers(out, records[name], task, held.of_task(name))
    heard = Heard()
    ordered: list[Sample] = []
    with GraderProcesses(list(tasks.values())) as graders:

        async def grade_all() -> None:
            places = asyncio.Semaphore(_AT_ONCE)
            results: dict[int, Sample] = {}

            async def one(place: int, sample: Sample, item: Item) -> None:
                async with places:
                    judged = await grade_by(tasks[sample.task], item, sample.repeat, text_of(sample), graders)
                heard.add(sample.task, judged)
                own = None if sample.status is Status.UNGRADED else sample.error
                results[place] = graded(ungraded(sample), judged, own)
                told(len(results), len(work))

            try:
                async with asyncio.TaskGroup() as group:
                    for place, (sample, item) in enumerate(work):
                        group.create_task(one(place, sample, item))
                        if place % _AT_ONCE == 0:
                            await asyncio.sleep(0)
            finally:
                graders.release()
            ordered.extend(results[place] for place in range(len(work)))

        run_until_stopped(grade_all)
    pairs = [(old, new) for (old, _), new in zip(work, ordered, strict=True)]
    changed = [new for old, new in pairs if old != new]
    new_tasks = {name: _as_graded(records[name], task) for name, task in tasks.items()}
    changes = tuple(_change(records[name], new_tasks[name], pairs) for name in tasks)
    entry = Regrade(
        id=uuid.uuid4().hex,
        time=now(),
        software=software_versions(),
        tasks=tuple(tasks),
        changed=len(changed),
        before={name: was for name in tasks if (was := _unlike(records[name], new_tasks[name]))},
        lost=lost_lines(before, held.lines.columns.regrade),
    )
    record = replace(
        before,
        tasks=tuple(new_tasks.get(task.name, task) for task in before.tasks),
        regraded=(*before.regraded, entry),
    )
    with directory.writing(record, before, regrade=entry.id) as writer:
        for sample in changed:
            writer.append(sample)
    return Regraded(changes, heard, held.damage)


def _known(record: RunRecord, name: str, out: Path) -> TaskRecord:
    task = record.task(name)
    if task is None:
        raise RunDirectoryError(
            f"{out} holds no task {name!r}; it holds {', '.join(each.name for each in record.tasks)}"
        )
    return task


def _answers(out: Path, record: TaskRecord, task: Task, held: Held) -> Iterator[tuple[Sample, Item]]:
    """The samples that hold an answer, each with its item; none that was never to be asked.

    Raises ResumeMismatch where the task asks something else.
    """
    where = f"{out} cannot be graded again: {record.name}"
    if task.identity.data_hash != record.data_hash:
        raise ResumeMismatch(
            f"{where} was asked of other data (hash {record.data_hash[:12]} there, {task.identity.data_hash[:12]} "
            "here); give the data that it was asked of by --data or --data-dir"
        )
    items = {item.item_id: item for item in task.items()}
    planned = record.planned_items
    for sample in held.samples():
        foreign = sample.repeat >= record.repeats or (planned is not None and sample.item_id not in planned)
        if foreign or sample.status is Status.ERROR:
            continue
        item = items.get(sample.item_id)
        if item is None:
            raise ResumeMismatch(f"{where} has no item {sample.item_id} any more, whose answer is stored")
        asked = task.prompt(item, sample.repeat).prompt_hash
        if asked != sample.prompt_hash:
            raise ResumeMismatch(
                f"{where} asks item {item.item_id} (repeat {sample.repeat}) by another prompt today: hash "
                f"{sample.prompt_hash[:12]} there, {asked[:12]} here; was an option of the task's another one?"
            )
        yield sample, item


def _as_graded(record: TaskRecord, task: Task) -> TaskRecord:
    identity = task.identity
    return replace(
        record,
        version=identity.version,
        grader=identity.grader,
        metric=identity.metric,
        settings={**identity.settings, **found_settings(record)},
    )


def _unlike(before: TaskRecord, after: TaskRecord) -> dict[str, object]:
    return {name: was for name in _COMPARED if (was := getattr(before, name)) != getattr(after, name)}


def _change(before: TaskRecord, after: TaskRecord, pairs: Sequence[tuple[Sample, Sample]]) -> TaskChange:
    own = [(old, new) for old, new in pairs if old.task == before.name]
    still = [new for _, new in own if new.status is Status.UNGRADED]
    scores = Counter((_shown(old), _shown(new)) for old, new in own if _shown(old) != _shown(new))
    return TaskChange(
        task=before.name,
        graded=len(own),
        differences=tuple(
            f"{name} {was} before, {getattr(after, name)} now" for name, was in _unlike(before, after).items()
        ),
        scores=dict(scores.most_common()),
        unlike=sum(old != new and _shown(old) == _shown(new) for old, new in own),
        ungraded=len(still),
        reasons=dict(Counter(str(sample.error) for sample in still).most_common()),
    )


def _shown(sample: Sample) -> str:
    return "ungraded" if sample.score is None else f"{sample.score:g}"
