"""The shards of one run, opened: which are there, which are missing or there twice, and that they are of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations, pairwise
from pathlib import Path

from quantgate.evals.contract.shard import Shard
from quantgate.evals.contract.token_ids import recorded
from quantgate.evals.errors import RunDirectoryError, StorageError, Unfinished, UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.merging.types import ShardRun
from quantgate.evals.runs.control import is_written_to
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.origins import are_of_several, names_of
from quantgate.evals.runs.record import RunRecord, TaskRecord, differences, task_differences
from quantgate.evals.runs.resume import endpoint_differences
from quantgate.evals.text import excerpt

_SHOWN = 5


def opened(folders: Sequence[Path], *, model_changed: bool) -> list[ShardRun]:
    """All shards of a run, in their order.

    `model_changed` says that answers of several models are meant.

    Raises
    ------
    RunDirectoryError
        When one cannot be read, is no shard, is there twice, or was asked otherwise than the others.
    StorageError
        When one is still being written.
    Unfinished
        When some are not there.
    """
    runs = sorted(map(_opened, dict.fromkeys(folders)), key=lambda run: (run.shard, str(run.folder)))
    _check_numbers(runs)
    kinds = _kinds(runs)
    unlike = [said for one, other in combinations(kinds, 2) for said in _unlike(one, other)]
    if unlike:
        graders = {(task.name, task.grader, task.metric) for run in kinds for task in run.record.tasks}
        several = len(graders) > len({name for name, *_ in graders})
        advice = ". `quantgate regrade DIR` grades a shard's stored answers as today" if several else ""
        raise RunDirectoryError(f"the shards were not asked alike: {_listed(unlike)}{advice}")
    if not model_changed and (served := _served_unlike(kinds, runs)):
        raise RunDirectoryError(
            f"the shards were answered by several models: {_listed(served)}. Ask those of the other model again into "
            "another folder; --model-changed makes one run of them all the same, and the gate will ask about it"
        )
    return runs


def with_numbers(shards: Sequence[Shard]) -> str:
    """Shards as a user gives them, shortened where they are many."""
    told = ", ".join(map(str, shards[:_SHOWN]))
    return told + (f" and {len(shards) - _SHOWN:,} more" if len(shards) > _SHOWN else "")


def _opened(folder: Path) -> ShardRun:
    record = RunDirectory(folder).record()
    if record.shard is None:
        raise UsageError(f"{folder} is a whole run and no shard of one: give what `quantgate run --shard I/N` has made")
    if is_written_to(folder):
        raise StorageError(f"shard {record.shard.shard} ({folder}) is still being asked: wait for it, and merge then")
    return ShardRun(folder, record, record.shard)


def _check_numbers(runs: Sequence[ShardRun]) -> None:
    sizes = {run.shard.of: run for run in runs}
    if len(sizes) > 1:
        raise RunDirectoryError(f"these are shards of several cuts: {' and '.join(map(str, sizes.values()))}")
    for one, other in pairwise(runs):
        if one.shard == other.shard:
            raise RunDirectoryError(
                f"shard {one.shard} is there twice, {one.folder} and {other.folder}: give the one that counts"
            )
    of = runs[0].shard.of
    there = {run.shard.number for run in runs}
    if missing := [Shard(number, of) for number in range(1, of + 1) if number not in there]:
        raise Unfinished(
            f"{len(missing):,} of {of:,} shards missing: {with_numbers(missing)}. The command that made {runs[0]} "
            f"makes the others, with --shard {missing[0]} and another --out; merge all of them then"
        )


def _kinds(runs: Sequence[ShardRun]) -> list[ShardRun]:
    """One shard of each kind: all others say the same as one of them of how they were asked, and of whom.

    What one does not know, as whoever had nothing to ask, two others may know differently: each is held against each.
    """
    kinds: dict[str, ShardRun] = {}
    for run in runs:
        record = run.record
        tasks = [replace(task, data={}, data_dir=None, provenance={}) for task in record.tasks]
        endpoint = {name: value for name, value in record.endpoint.items() if name != "base_url"}
        kinds.setdefault(canonical_hash([record.model, list(map(asdict, tasks)), endpoint]), run)
    return list(kinds.values())


def _unlike(first: ShardRun, other: ShardRun) -> Iterator[str]:
    """In what two shards were asked otherwise."""
    here, there = f"in shard {first.shard}", f"in {other}"
    ours, theirs = first.record, other.record
    yield from differences({"model": ours.model}, {"model": theirs.model}, here, there)
    for task in ours.tasks:
        if theirs.task(task.name) is None:
            yield f"{task.name} was asked {here} and not {there}"
    for task in theirs.tasks:
        if (same := ours.task(task.name)) is None:
            yield f"{task.name} was asked {there} and not {here}"
            continue
        yield from (f"{task.name}: {said}" for said in task_differences(same, task, here, there))
        yield from (f"{task.name}: {said}" for said in differences(_size(same), _size(task), here, there))


def _size(task: TaskRecord) -> Mapping[str, object]:
    return {
        "items": task.items,
        "repeats": task.repeats,
        "chosen": task.chosen_by,
        "ids of items": task.item_ids,
        "looks": task.design is not None,
    }


def _served_unlike(kinds: Sequence[ShardRun], runs: Sequence[ShardRun]) -> list[str]:
    """What shows that the shards were answered by several models, by what endpoints list, tokenise and reply."""
    found = []
    for one, other in combinations(kinds, 2):
        here, there = f"in shard {one.shard}", f"in {other}"
        ends = one.record, other.record
        # A longer context than before is no difference where a run goes on; of two shards either may have it.
        said = endpoint_differences(*ends, here, there) or endpoint_differences(*ends[::-1], there, here)
        found += [f"the endpoint's {each}" for each in said]
        found += [f"{what} {there} than {here}" for what in _tokenised_unlike(*ends)]
    models, fingerprints = names_of([each for run in runs for each in run.record.replies])
    for what, names, several in (
        ("the replies name", models, len(models) > 1),
        ("the replies have the system_fingerprint", fingerprints, are_of_several(fingerprints)),
    ):
        if several:
            found += [f"{what} {excerpt(name)} in {_where(runs, name)}" for name in names]
    return found


def _tokenised_unlike(ours: RunRecord, theirs: RunRecord) -> Iterator[str]:
    for task in ours.tasks:
        pairs = ((one, other) for one in recorded(ours.endpoint, task.name)
                 for other in recorded(theirs.endpoint, task.name))  # fmt: skip
        if what := next((what for one, other in pairs if (what := one.differs(other))), ""):
            yield f"of {task.name}'s prompts the server makes other tokens, by {what},"
            return


def _where(runs: Sequence[ShardRun], name: str) -> str:
    own = [run.shard for run in runs if any(name in (each.model, each.fingerprint) for each in run.record.replies)]
    return f"shard{'s' if len(own) > 1 else ''} {with_numbers(own)}"


def _listed(said: Sequence[str]) -> str:
    more = f"; and {len(said) - _SHOWN:,} differences more" if len(said) > _SHOWN else ""
    return "; ".join(said[:_SHOWN]) + more
