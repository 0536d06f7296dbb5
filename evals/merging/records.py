"""The record of a run that was asked in shards, as one machine would have written it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from quantgate.evals.contract.token_ids import FIELD
from quantgate.evals.endpoint.served import change_of
from quantgate.evals.merging.types import Places, ShardRun
from quantgate.evals.runs.origins import MOST_TOLD
from quantgate.evals.runs.record import ListedChange, RepliesOf, RunRecord, TaskRecord, found_settings


def merged_record(
    runs: Sequence[ShardRun], label: str | None, name: str, regraded: Mapping[str, int]
) -> tuple[RunRecord, list[Places]]:
    """The record of the run, and for each shard where the models of its replies stand in it.

    Without a `label` it has that of the shards, and where these were called each by its own folder, that `name`.
    `regraded` says how many lines of each regrade count.
    """
    records = [run.record for run in runs]
    first = records[0]
    replies, places = _replies(records)
    labels = {record.label for record in records}
    regrades = (replace(each, changed=regraded.get(each.id, 0), lost={}) for record in records
                for each in record.regraded)  # fmt: skip
    endpoint = reduce(or_, [dict(record.endpoint) for record in records[::-1]])
    if tokens := _token_ids(records):
        endpoint[FIELD] = tokens
    record = replace(
        first,
        label=label or (labels.pop() if len(labels) == 1 else name),
        tasks=tuple(_with_found(task, records) for task in first.tasks),
        endpoint=endpoint,
        created=min(record.created for record in records),
        earlier=tuple(_earlier(records, endpoint)),
        asked=reduce(or_, [dict(record.asked) for record in records]),
        regraded=tuple(sorted(regrades, key=lambda each: each.time)),
        replies=replies,
        changes=tuple(sorted(_changes(records, endpoint), key=lambda each: each.seen)),
        shard=None,
    )
    return record, places


def _with_found(task: TaskRecord, records: Sequence[RunRecord]) -> TaskRecord:
    """With what some shards have found out of how it is asked; one that had nothing to ask has not."""
    same = [own for record in records if (own := record.task(task.name)) is not None]
    found = {name: value for own in same for name, value in found_settings(own).items()}
    return replace(task, settings=task.settings | found)


def _earlier(records: Sequence[RunRecord], endpoint: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sessions of other endpoints or software than the record itself names, each once."""
    seen: list[tuple[object, object]] = [(_bare(endpoint), records[0].software)]
    for record in records:
        last = max((each.last for each in record.replies), default=record.created)
        own = {"endpoint": record.endpoint, "software": record.software, "until": last}
        if record.shard is not None:
            own["shard"] = str(record.shard.shard)
        for session in (*record.earlier, own):
            if (told := (_bare(session.get("endpoint", {})), session.get("software"))) not in seen:
                seen.append(told)
                yield session


def _bare(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in endpoint.items() if name != FIELD}


def _token_ids(records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """What the endpoints have made of each task's first prompts, each once."""
    found: dict[str, list[Any]] = {}
    for record in records:
        for task, entries in (record.endpoint.get(FIELD) or {}).items():
            known = found.setdefault(task, [])
            known += [entry for entry in entries if entry not in known]
    return found


def _changes(records: Sequence[RunRecord], endpoint: Mapping[str, Any]) -> Iterator[ListedChange]:
    """What the shards have seen change, and where the endpoint of one says something else than that of the run."""
    for record in records:
        yield from record.changes
        if change_of(endpoint, record.endpoint) or change_of(record.endpoint, endpoint):
            yield ListedChange(record.created, None, _bare(endpoint), _bare(record.endpoint))


def _replies(records: Sequence[RunRecord]) -> tuple[tuple[RepliesOf, ...], list[Places]]:
    """The models of all replies, in the order of the shards, with the counts of all."""
    found: list[RepliesOf] = []
    places: list[Places] = []
    for record in records:
        own: dict[int, int] = {}
        for place, each in enumerate(record.replies):
            own[place] = _place(found, each)
            there = found[own[place]]
            found[own[place]] = replace(
                there,
                count=there.count + each.count,
                first=min(there.first, each.first),
                last=max(there.last, each.last),
            )
        places.append(own)
    return tuple(found), places


def _place(found: list[RepliesOf], wanted: RepliesOf) -> int:
    """Where a model stands among those that were found, which it is added to; after so many all others are one."""
    others = wanted.others
    for place, each in enumerate(found):
        if (each.others and others) or (not others and not each.others and _name(each) == _name(wanted)):
            return place
    if not others and sum(not each.others for each in found) >= MOST_TOLD:
        return _place(found, RepliesOf(None, None, 0, wanted.first, wanted.last, others=True))
    found.append(replace(wanted, count=0))
    return len(found) - 1


def _name(each: RepliesOf) -> tuple[str | None, str | None]:
    return each.model, each.fingerprint
