"""Which differences forbid to go on in a run directory, and the record with which a run goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.token_ids import FIELD
from quantgate.evals.endpoint.served import context_of, is_longer, without_context
from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.record import (
    ListedChange,
    RunRecord,
    TaskRecord,
    differences,
    found_settings,
    task_differences,
)

_WORDS = ("there", "in this command")
_LAST_DIGITS = 1e-6


def merge_for_resume(
    held: RunRecord, wanted: RunRecord, where: str, *, model_changed: bool = False, keep_looks: bool = False
) -> RunRecord:
    """The record with which a run goes on in a directory that already holds one.

    More items, more repeats and further tasks extend the run; the endpoint may have moved to another address as long as
    it says the same of itself, but for a context window that is longer now. Everything else must be equal;
    `model_changed` says that another model is meant to go on under the same name, which is recorded. Where a task is
    looked at on the way, its size and its looks were fixed before the first answer; `keep_looks` says that what is
    wanted does not speak of them.

    Raises
    ------
    ResumeMismatch
        Naming every difference that forbids to go on.
    """
    changed = [f"the endpoint's {difference}" for difference in endpoint_differences(held, wanted, *_WORDS)]
    forbidding = [*_differences(held, wanted, keep_looks=keep_looks), *([] if model_changed else changed)]
    if forbidding:
        if any((was := held.task(task.name)) and (was.grader, was.metric) != (task.grader, task.metric)
               for task in wanted.tasks):  # fmt: skip
            forbidding[-1] += f" (`quantgate regrade {where}` grades its stored answers as today)"
        mixing = "; --model-changed puts answers of both models into one run" if forbidding == changed else ""
        raise ResumeMismatch(
            f"{where} holds other answers than this command asks for: {'; '.join(forbidding)}. "
            f"Use the command that began it, or another --out{mixing}"
        )
    kept = tuple(task for task in held.tasks if wanted.task(task.name) is None)
    endpoint = dict(wanted.endpoint)
    known = {"context_length", FIELD, *(() if endpoint.keys() & {"served", "listed"} else ("served", "listed"))}
    endpoint |= {name: held.endpoint[name] for name in held.endpoint if name in known and name not in endpoint}
    earlier = held.earlier
    if (held.endpoint, held.software) != (endpoint, wanted.software):
        earlier = (*earlier, {"endpoint": held.endpoint, "software": held.software, "until": wanted.created})
    shard = wanted.shard
    if shard is not None and held.shard is not None:
        shard = replace(shard, items=held.shard.items | shard.items)
    return replace(
        wanted,
        shard=shard,
        tasks=kept + tuple(_with_looks(task, held.task(task.name)) for task in wanted.tasks),
        endpoint=endpoint,
        created=held.created,
        earlier=earlier,
        asked=held.asked | wanted.asked,
        regraded=held.regraded,
        replies=held.replies,
        changes=held.changes
        if not changed
        else (*held.changes, ListedChange(wanted.created, None, dict(held.endpoint), dict(wanted.endpoint))),
    )


def _differences(held: RunRecord, wanted: RunRecord, *, keep_looks: bool) -> Iterator[str]:
    yield from differences({"model": held.model}, {"model": wanted.model}, *_WORDS)
    yield from differences({"shard": _shard(held)}, {"shard": _shard(wanted)}, *_WORDS)
    for task in wanted.tasks:
        before = held.task(task.name)
        if before is None:
            continue
        yield from (f"{task.name}: {difference}" for difference in task_differences(before, task, *_WORDS))
        if task.draw is not None and before.items != before.whole and before.chosen_by != task.chosen_by:
            yield f"{task.name}: {before.chosen_by} there, {task.chosen_by} in this command"
        for what, old, new in (("items", before.items, task.items), ("repeats", before.repeats, task.repeats)):
            if new < old:
                yield f"{task.name}: {what} {old} there, {new} in this command"
            elif new > old and held.shard is not None:
                yield f"{task.name}: {what} {old} there, of which it is a shard, {new} in this command"
            elif new > old and before.design is not None:
                yield f"{task.name}: {what} {old} there, for which its looks were fixed, {new} in this command"
        if not keep_looks:
            yield from (f"{task.name}: {difference}" for difference in design_differences(before.design, task.design))


def _shard(record: RunRecord) -> str:
    return "none, the whole run" if record.shard is None else str(record.shard.shard)


def _with_looks(task: TaskRecord, before: TaskRecord | None) -> TaskRecord:
    """The looks as they were fixed, to the digit, and what was found out of how it is asked."""
    if before is None:
        return task
    design = task.design if before.design is None else before.design
    return replace(task, design=design, settings=task.settings | found_settings(before))


def design_differences(held: Design | None, wanted: Design | None) -> list[str]:
    """In what two designs of looks differ, but for the last digits, which another machine may compute otherwise."""
    if held is None or wanted is None:
        told = ["no looks" if design is None else f"{len(design.looks)} looks" for design in (held, wanted)]
        return [] if held is wanted else [f"{told[0]} on the way {_WORDS[0]}, {told[1]} {_WORDS[1]}"]
    for told_of in (_choices, _levels):
        before, today = told_of(held), told_of(wanted)
        unlike = [name for name in before if not _is_close(before[name], today[name])]
        if unlike:
            return list(differences({n: before[n] for n in unlike}, {n: today[n] for n in unlike}, *_WORDS))
    return []


def _choices(design: Design) -> dict[str, Any]:
    """What is chosen of a design."""
    told = {name: getattr(design, name) for name in ("margin", "alpha", "regression_alpha", "futility", "order")}
    return told | {"looks": [f"{look.items}x{look.repeats}" for look in design.looks]}


def _levels(design: Design) -> dict[str, Any]:
    """What follows from the choices, unless another version computes it."""
    return {
        "what the looks may err": [look.spent for look in design.looks],
        "their levels": [look.level for look in design.looks],
    }


def _is_close(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_LAST_DIGITS)
    return one == other


def endpoint_differences(held: RunRecord, wanted: RunRecord, here: str, there: str) -> list[str]:
    """In what an endpoint says something else of itself than before; what either does not tell is no difference.

    A context window that is longer now is none either: answers that did not fit are then asked again.
    """
    ends = held.endpoint, wanted.endpoint
    contexts = [context_of(endpoint) for endpoint in ends]
    longer = is_longer(*ends)
    before, today = (_self_description(without_context(endpoint) if longer else endpoint) for endpoint in ends)
    told = before.keys() & today.keys()
    before, today = ({name: each[name] for name in each if name in told} for each in (before, today))
    described = list(differences(before, today, here, there))
    if described or longer or None in contexts:
        return described
    return list(differences({"context": contexts[0]}, {"context": contexts[1]}, here, there))


def _self_description(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    served = endpoint.get("served") or endpoint.get("listed")
    return dict(served) if isinstance(served, Mapping) else {}
