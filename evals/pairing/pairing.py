"""Two runs -> one row per item and repeat, or the reasons why they cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.pairing.common import common_part
from quantgate.evals.pairing.counting import count_statuses
from quantgate.evals.pairing.fidelity import fidelity_of, floor_by_repeats, with_agreement
from quantgate.evals.pairing.identity import identity
from quantgate.evals.pairing.matching import copies, paired_table, same_answers, shared_rows
from quantgate.evals.pairing.metrics import rescored
from quantgate.evals.pairing.pairs import Pairs, TaskPairs, TaskRun
from quantgate.evals.pairing.plans import plan_differences
from quantgate.evals.pairing.table import no_pairs
from quantgate.evals.runs.asked_for import asked_for
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.lost_grades import lost_lines, lost_of_task
from quantgate.evals.runs.record import RunRecord, SameBy, same_source
from quantgate.evals.samples.held import Held
from quantgate.evals.samples.memory import as_held
from quantgate.evals.samples.prompts import Prompts
from quantgate.evals.samples.signs import signs_of
from quantgate.evals.storage.address import address_of

_LM_EVAL = "lm-eval:"
"""How the tasks that are lm-eval's are called here."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run directory that is open: its record, its samples, those of a directory by columns (`Held`), and prompts.

    `path` is the directory, or the files of another tool that it was made of.
    """

    record: RunRecord
    samples: Mapping[SampleKey, Sample]
    path: Path | None = None
    prompts: Prompts | None = None

    @classmethod
    def load(cls, path: Path, given: Path | None = None) -> Run:
        """Read a run directory; `given` is what the user named in its place, where that is another path.

        Raises RunDirectoryError when it cannot be read.
        """
        directory = RunDirectory(path)
        record = directory.record()
        named = given or path
        named = named if address_of(named) is not None else named.resolve()
        return cls(record, directory.read(record, signs_of), named, Prompts.open(path.resolve()))

    @property
    def held(self) -> Held:
        """The samples by columns."""
        return as_held(self.samples, signs_of)

    def called(self, name: str) -> str:
        """The name under which the run has a task: lm-eval's files have `gsm8k` for what is our `lm-eval:gsm8k`."""
        bare = name.removeprefix(_LM_EVAL)
        record = None if bare == name or self.record.task(name) is not None else self.record.task(bare)
        imported = None if record is None else record.imported
        return bare if imported is not None and f"{imported.format}:" == _LM_EVAL else name

    def task(self, name: str) -> TaskRun:
        """One task: its record, where the run has it, and its samples, but for those that were never to be asked."""
        held, record = self.held, self.record.task(name)
        of_task = held.of_task(name)
        if record is None:
            return TaskRun(None, of_task)
        planned = asked_for(record, of_task.columns)
        # What is only in memory has no lines that could be gone.
        lost = {} if self.path is None else lost_lines(self.record, held.lines.columns.regrade)
        return TaskRun(
            record,
            of_task.chosen(planned),
            foreign=int((~planned).sum()),
            lost=lost_of_task(self.record, name, lost),
            damage=held.damage,
            folder=self.path,
            prompts=self.prompts,
            shard=self.record.shard,
        )


def pair_runs(
    baseline: Run, candidate: Run, metrics: Mapping[str, str] | None = None, *, common: bool = False
) -> Pairs:
    """Pair every task of two runs; `metrics` names the metric that is the score of a task in place of the runs' own.

    A task is comparable only when both runs have it, with the same version, grader, metric, data and sampling
    parameters, and the same prompt hash for every item and repeat that both were asked. One may have been asked its
    items more often than the other. With `common` each task is cut to the items and repeats that both have answered.

    Raises
    ------
    UsageError
        When a run has no such metric, with those that it has.
    """
    for task, metric in (metrics or {}).items():
        baseline, candidate = (_rescored(run, run.called(task), metric) for run in (baseline, candidate))
    held = dict.fromkeys(task.name for run in (baseline, candidate) for task in run.record.tasks)
    aliased = {run.called(name) for name in held for run in (baseline, candidate) if run.called(name) != name}
    names = [name for name in held if name not in aliased]
    tasks = tuple(_pair_task(name, baseline, candidate, common=common) for name in names)
    return Pairs(baseline.record.without_items(), candidate.record.without_items(), tasks)


def _rescored(run: Run, task: str, metric: str) -> Run:
    own = run.record.task(task)
    if own is None:
        return run
    held = run.held
    mine = held.columns.task.codes == held.columns.task.code(task)
    record, samples = rescored(own, held.columns.take(mine), metric)
    scores = held.columns.score.copy()
    scores[mine] = samples.score
    records = tuple(record if each.name == task else each for each in run.record.tasks)
    changed = replace(held, columns=replace(held.columns, score=scores))
    return replace(run, record=replace(run.record, tasks=records), samples=changed)


def _pair_task(name: str, baseline: Run, candidate: Run, *, common: bool) -> TaskPairs:
    left, right = baseline.task(baseline.called(name)), candidate.task(candidate.called(name))
    copied = _copied(baseline, candidate, left, right)
    if common:
        cut = common_part(left, right)
        left, right, left_out = cut.baseline, cut.candidate, cut.left_out
        asked = _Asked([cut.problem]) if cut.problem else _asked(left, right)
        problems, in_common = [*copied, *asked.problems], 0
    else:
        left_out, asked = None, _asked(left, right)
        problems = [*copied, *asked.problems]
        in_common = 0 if copied else _in_common(left, right, problems)
    builds = {"baseline": left, "candidate": right}
    ours, theirs = left.record, right.record
    fidelity, floor = None, None
    if problems or ours is None or theirs is None:
        table = no_pairs()
    else:
        table = paired_table(ours, theirs, left.samples, right.samples)
        if ours.of_logprobs:
            found = fidelity_of(ours, table, left.held, right.held)
            if isinstance(found, str):
                problems, table = [*problems, found], no_pairs()
            else:
                fidelity, table = found, with_agreement(table, found)
                floor = floor_by_repeats(ours, table.items, left.held)
    return TaskPairs(
        name,
        table,
        {build: run.record.repeats if run.record else 0 for build, run in builds.items()},
        {build: count_statuses(run.samples, run.planned, run.record) for build, run in builds.items()},
        builds,
        tuple(problems),
        left_out=left_out,
        in_common=in_common,
        paired_by=asked.paired_by,
        fidelity=fidelity,
        floor=floor,
    )


def _in_common(left: TaskRun, right: TaskRun, problems: Sequence[str]) -> int:
    """How many items would be left of runs that are refused, were they cut to what both have; 0 where in vain."""
    runs = (left, right)
    if not problems and all(len(run.samples) == run.planned and run.samples.scored.all() for run in runs):
        return 0
    cut = common_part(left, right)
    if cut.left_out is None or cut.problem or _asked(cut.baseline, cut.candidate).problems:
        return 0
    return cut.left_out.kept


def _copied(baseline: Run, candidate: Run, left: TaskRun, right: TaskRun) -> list[str]:
    """Whether one run is the other, or mostly holds answers of the other: then nothing was compared.

    A few answers of two runs may be alike by chance, to the second and the tenth of a millisecond, on a fast server.
    """
    if baseline.path is not None and baseline.path == candidate.path:
        return [f"{baseline.path} is both baseline and candidate, so nothing was compared"]
    ours, theirs = shared_rows(left.samples, right.samples)
    one, other = left.record, right.record
    if (
        one
        and other
        and same_source(baseline.record, candidate.record, one, other)
        and same_answers(left.samples.take(ours), right.samples.take(theirs))
    ):
        return ["both runs were imported from the same files, so nothing was compared"]
    alike = copies(left.samples.take(ours), right.samples.take(theirs))
    # Whole samples are only compared where what is at hand of them does not tell them apart.
    if 2 * int(alike.sum()) <= len(ours):
        return []
    pairs = zip(left.held.samples(ours[alike]), right.held.samples(theirs[alike]), strict=True)
    copied = sum(own == their for own, their in pairs)
    if 2 * copied <= len(ours):
        return []
    return [
        f"{copied:,} of the candidate's {len(right.held):,} samples are copies of the baseline's, down to when they "
        "were answered, so nothing was compared there: run the candidate into an empty folder"
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Why two runs of a task were not asked alike; else what shows that they were."""

    problems: list[str]
    paired_by: SameBy | None = None


def _asked(left: TaskRun, right: TaskRun) -> _Asked:
    ours, theirs = left.record, right.record
    if ours is None or theirs is None:
        return _Asked([f"only the {'candidate' if ours is None else 'baseline'} was asked this task"])
    problems = plan_differences(ours, theirs)
    for build, run in (("baseline", left), ("candidate", right)):
        if run.shard is not None:
            problems.append(f"the {build} is {run.shard.told()}")
        if run.record is not None and len(run.samples) > run.planned:
            planned = f"{run.record.items} items x {run.record.repeats} repeats"
            problems.append(f"the {build} holds {len(run.samples)} samples, more than its {planned}")
    heard = {*left.samples.item.present(), *right.samples.item.present()}
    if ours.items == theirs.items and len(heard) > ours.items:
        problems.append(
            f"the builds hold answers to {len(heard):,} items, and {ours.items:,} were to be asked: some are answers "
            "to other items; run both again into empty folders"
        )
    found = identity(left, right)
    return _Asked([*problems, *([found.problem] if found.problem else [])], found.paired_by)
