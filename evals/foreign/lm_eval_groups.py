"""lm-eval's groups: one task whose members are strata, where lm-eval gave the group a score of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import fsum, isclose

from quantgate.evals.foreign.lm_eval_results import Results, TaskResults
from quantgate.evals.foreign.types import ForeignTask, Row, Unread
from quantgate.evals.runs.record import SameBy

_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Group:
    """A group with a figure: its single tasks, the metric, and whether each item weighs alike, or each member."""

    name: str
    version: str
    members: Sequence[str]
    metric: str
    items_alike: bool


def groups_of(results: Results, held: Sequence[str]) -> list[Group]:
    """The outermost groups of which all single tasks are held, with a metric whose figure can be had from theirs."""
    inner = {member for members in results.groups.values() for member in members}
    found = []
    for name in results.groups:
        members = _leaves(name, results.groups)
        if name in inner or not members or not set(members) <= set(held):
            continue
        for metric, total in results.group_totals.get(name, {}).items():
            alike = _weights(results, members, metric, total)
            if alike is not None:
                found.append(Group(name, results.versions.get(name, ""), members, metric, alike))
                break
    return found


def group_task(group: Group, members: Mapping[str, ForeignTask]) -> ForeignTask:
    """The members, each read by the group's metric, as the strata of one task."""
    tasks = [members[name] for name in group.members]
    first = tasks[0]
    ways = {task.same_by for task in tasks}
    counts = [task.items for task in tasks]
    wholes = [task.whole for task in tasks]
    return ForeignTask(
        name=group.name,
        version=group.version or first.version,
        grader=first.grader,
        metric=group.metric,
        same_by=ways.pop() if len(ways) == 1 else SameBy.ID,
        rows=partial(_rows, tasks),
        sampling=first.sampling,
        unknown=tuple(dict.fromkeys(name for task in tasks for name in task.unknown)),
        settings={
            "weights": "items" if group.items_alike else "strata",
            "members": {task.name: task.version for task in tasks},
            **first.settings,
        },
        provenance={
            **{name: value for name, value in first.provenance.items() if name not in ("dataset", "lm_eval_results")},
            "lm_eval_task": group.name,
            "aggregation": "lm-eval's, weighted by size" if group.items_alike else "lm-eval's, members alike",
        },
        items=sum(filter(None, counts)) if all(counts) else None,
        whole=sum(filter(None, wholes)) if all(wholes) else None,
    )


def _rows(tasks: Sequence[ForeignTask]) -> Iterator[Row | Unread]:
    """The rows of each member, with ids and strata as our own runs of groups have them."""
    for task in tasks:
        for row in task.rows():
            if isinstance(row, Unread):
                yield row
                continue
            item = f"{task.name}/{row.sample.item_id}"
            asked = None if row.asked is None else replace(row.asked, item_id=item)
            yield replace(row, sample=replace(row.sample, item_id=item, stratum=task.name), asked=asked)


def _leaves(name: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...] = ()) -> list[str]:
    """The single tasks of a group and of those in it; none of a group that is in itself."""
    if name in above:
        return []
    if name not in groups:
        return [name]
    return list(dict.fromkeys(leaf for each in groups[name] for leaf in _leaves(each, groups, (*above, name))))


def _weights(results: Results, members: Sequence[str], metric: str, total: float) -> bool | None:
    """Whether a group's figure is that of all items alike, or of its members alike; `None` where it is neither."""
    told = [results.tasks.get(name) for name in members]
    figures = [each.totals.get(metric) if each is not None else None for each in told]
    sizes = [each.items if each is not None else None for each in told]
    known = [figure for figure in figures if figure is not None]
    if any(not _scores(each, metric) for each in told if each is not None):
        return None
    if len(known) < len(members) or not 0 <= total <= 1:
        return None
    counts = [size for size in sizes if size is not None]
    if len(counts) == len(known):
        mean = fsum(figure * size for figure, size in zip(known, counts, strict=True)) / sum(counts)
        if isclose(mean, total, rel_tol=_CLOSE, abs_tol=_CLOSE):
            return True
    mean = fsum(known) / len(known)
    return False if isclose(mean, total, rel_tol=_CLOSE, abs_tol=_CLOSE) else None


def _scores(task: TaskResults, metric: str) -> bool:
    """Whether a metric can be the score of a task, as far as the results say."""
    declared = next((each for each in task.metrics if each.name == metric.partition(",")[0]), None)
    return declared is not None and declared.mean is not False and declared.better_up
