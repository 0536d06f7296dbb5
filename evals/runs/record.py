"""`run.json` as types: what was asked of which model, and which differences forbid to go on in one directory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.endpoint.served import context_of
from quantgate.evals.errors import ResumeMismatch, RunDirectoryError

SCHEMA_VERSION = 1
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class TaskRecord:
    """One task of a run: its identity (see `evals.contract.task.TaskIdentity`), its size, and how it was sampled.

    The last three are what the task declares and what comes after a run has to know: what its authors ask of those who
    hold its text, the leaderboard that it belongs to, and what was published of this very model.
    """

    name: str
    version: str
    grader: str
    metric: str
    data_hash: str
    items: int
    repeats: int
    sampling: dict[str, Any]
    provenance: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    private: str | None = None
    benchmark: Benchmark | None = None
    published: PublishedScore | None = None

    @property
    def asked_by_authors(self) -> str | None:
        """What the authors ask, `None` when nothing; earlier runs have it among the provenance of their text."""
        text = self.provenance.get("text")
        return self.private or (f"Its text is {text}: keep it to yourself" if text else None)


@dataclass(frozen=True, config=_STRICT)
class RunRecord:
    """The whole of `run.json`.

    `endpoint` holds the redacted URL, what the endpoint says of itself (`served`), and the length of its context in
    tokens (`context_length`), where it says that. `earlier` has the endpoint and the software of the sessions before,
    where they were others.
    """

    label: str
    model: str
    endpoint: dict[str, Any]
    tasks: tuple[TaskRecord, ...]
    software: dict[str, str]
    created: str
    earlier: tuple[dict[str, Any], ...] = ()
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def task(self, name: str) -> TaskRecord | None:
        return next((task for task in self.tasks if task.name == name), None)


def now() -> str:
    """The current time, UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def parse_run_record(text: str, where: str) -> RunRecord:
    """Read `run.json`. Raises RunDirectoryError, naming `where`, for anything but this version's format."""
    try:
        document = json.loads(text, parse_constant=str)  # a server may have told NaN, which no JSON can hold
        version = document["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RunDirectoryError(f"{where} is no quantgate run record: it is not JSON with a schema_version") from None
    if version != SCHEMA_VERSION:
        raise RunDirectoryError(
            f"{where} has schema version {version!r}, this quantgate reads {SCHEMA_VERSION}: "
            "use the quantgate that wrote it, or evaluate into a new --out"
        )
    try:
        return TypeAdapter(RunRecord).validate_python(document)
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise RunDirectoryError(f"{where} is nested too deeply to be a run record") from None
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RunDirectoryError(f"{where}: {place}: {first['msg']}") from None


def merge_for_resume(held: RunRecord, wanted: RunRecord, where: str) -> RunRecord:
    """The record with which a run goes on in a directory that already holds one.

    More items, more repeats and further tasks extend the run; the endpoint may have moved to another address as long as
    it says the same of itself. Everything else must be equal.

    Raises
    ------
    ResumeMismatch
        Naming every difference that forbids to go on.
    """
    differences = list(_differences(held, wanted))
    if differences:
        raise ResumeMismatch(
            f"{where} holds other answers than this command asks for: {'; '.join(differences)}. "
            "Use the command that began it, or another --out"
        )
    kept = tuple(task for task in held.tasks if wanted.task(task.name) is None)
    endpoint = dict(wanted.endpoint)
    told_before = {name: held.endpoint[name] for name in ("served", "context_length") if name in held.endpoint}
    endpoint |= {name: value for name, value in told_before.items() if name not in endpoint}
    earlier = held.earlier
    if (held.endpoint, held.software) != (endpoint, wanted.software):
        earlier = (*earlier, {"endpoint": held.endpoint, "software": held.software, "until": wanted.created})
    return replace(wanted, tasks=kept + wanted.tasks, endpoint=endpoint, created=held.created, earlier=earlier)


def _differences(held: RunRecord, wanted: RunRecord) -> Iterator[str]:
    words = ("there", "in this command")
    yield from _compare("", {"model": held.model}, {"model": wanted.model}, *words)
    told_before, told_now = _self_description(held), _self_description(wanted)
    both_told = bool(told_before and told_now)
    yield from (described := list(_compare("the endpoint's ", told_before, told_now, *words)) if both_told else [])
    contexts = [context_of(record.endpoint) for record in (held, wanted)]
    if not described and None not in contexts and contexts[0] != contexts[1]:
        yield f"the endpoint's context {contexts[0]} there, {contexts[1]} in this command"
    for task in wanted.tasks:
        before = held.task(task.name)
        if before is None:
            continue
        yield from _compare(f"{task.name}: ", _comparable(before), _comparable(task), *words)
        for what, old, new in (("items", before.items, task.items), ("repeats", before.repeats, task.repeats)):
            if new < old:
                yield f"{task.name}: {what} {old} there, {new} in this command"


def task_differences(ours: TaskRecord, theirs: TaskRecord, here: str, there: str) -> list[str]:
    """Why two records of one task are not comparable, each as `name VALUE here, VALUE there`; empty when they are."""
    return list(_compare("", _comparable(ours), _comparable(theirs), here, there))


def _comparable(task: TaskRecord) -> dict[str, Any]:
    identity = {name: getattr(task, name) for name in ("version", "grader", "metric", "data_hash")}
    return identity | task.sampling | task.settings


def _self_description(record: RunRecord) -> dict[str, Any]:
    served = record.endpoint.get("served")
    return dict(served) if isinstance(served, Mapping) else {}


def _compare(prefix: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], here: str, there: str) -> Iterator[str]:
    for name in {**ours, **theirs}:
        old, new = ours.get(name), theirs.get(name)
        if old != new:
            yield f"{prefix}{name} {_short(old)} {here}, {_short(new)} {there}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + '..."'
