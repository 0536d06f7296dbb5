"""`run.json` as types: what was asked of which model, and in what two records of a task differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS, TOKENS
from quantgate.evals.contract.found import USER_VERSION
from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.contract.shard import Shard
from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.runs.planned import PlannedItems, parsed

RUN_FILE = "run.json"
SCHEMA_VERSION = 1
_IDENTITY = ("version", "grader", "metric", "data_hash")
_NEVER_ASKED = frozenset({"weights"})
"""Settings that say how a score is made up, not how anything was asked."""

FOUND_OUT = frozenset({TOKENS, USER_VERSION})
"""What of how a task is asked is found out only while it is: that one does not know it yet is no difference."""

_STRICT = ConfigDict(extra="forbid")

MOST_SAMPLES = 4_000_000
"""Samples of one task: a record that speaks of more is no record of a run, and memory is planned by what it says."""

_Count = Annotated[int, Field(ge=0, le=MOST_SAMPLES, strict=True)]


class Draw(StrEnum):
    """How the items of a run were chosen that did not ask all."""

    RANDOM = "random"
    FIRST = "first"


class SameBy(StrEnum):
    """What shows that two runs were asked the same questions: whole prompts, the questions' texts, or their names."""

    PROMPT = "prompt"
    TEXT = "text"
    ID = "id"


@dataclass(frozen=True, config=_STRICT)
class Imported:
    """How the answers of a task came from another tool's files.

    `unknown` are the names of sampling parameters, settings and `data_hash` that the source does not tell, so that
    nobody knows whether two runs agree in them. `results` says whether it tells what was read from an answer. `unread`
    counts rows that could not be read, `unread_first` says which was the first and why. `faults` counts, by reason,
    what the source had scored and is missing here, as it was no answer; `faults_score` is the sum of the scores that it
    had given for those.
    """

    format: str
    same_by: SameBy
    unknown: tuple[str, ...] = ()
    results: bool = True
    unread: _Count = 0
    unread_first: str | None = None
    faults: dict[str, _Count] = field(default_factory=dict)
    faults_score: float = 0.0


@dataclass(frozen=True, config=_STRICT)
class TaskRecord:
    """One task of a run: its identity (see `evals.contract.task.TaskIdentity`), its size, and how it was sampled.

    From `private` to `whole` stands what the task declares and what comes after a run has to know: what its authors
    ask of those who hold its text, the leaderboard that it belongs to, what was published of this very model, what
    guessing scores, the items of each stratum, which say to which one an item belongs that was never answered, and the
    items of the whole benchmark, of which `items` were asked, chosen by `draw`; `None` where they are not known.
    `data` and `data_dir` say where local data lay, so that the answers can be graded again; `item_ids` which items were
    to be asked, as `evals.runs.planned` writes them, so that answers to others count for nothing; `design` when the
    task is looked at on the way, fixed before the first answer; `imported` how the answers came from another tool's
    files. With a design, `of_strata` and `of_clusters` have the items
    of each stratum and cluster, written alike: the drawn order rests on those that nobody has answered yet, too.
    """

    name: str
    version: str
    grader: str
    metric: str
    data_hash: str
    items: _Count
    repeats: _Count
    sampling: dict[str, Any]
    provenance: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    private: str | None = None
    benchmark: Benchmark | None = None
    published: PublishedScore | None = None
    guess: Annotated[float, Field(ge=0, le=1)] = 0.0
    strata: dict[str, _Count] = field(default_factory=dict)
    whole: _Count | None = None
    draw: Draw | None = None
    data: dict[str, str] = field(default_factory=dict)
    data_dir: str | None = None
    item_ids: tuple[str, ...] | None = None
    design: Design | None = None
    of_strata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    of_clusters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    imported: Imported | None = None

    @property
    def planned_items(self) -> PlannedItems | None:
        """The items that were to be asked; `None` in runs from before they were kept."""
        found = None if self.item_ids is None else parsed(self.item_ids)
        return found if found is not None and found.count == self.items else None

    def __post_init__(self) -> None:
        if self.items * self.repeats > MOST_SAMPLES:
            raise ValueError(f"{self.items:,} items x {self.repeats:,} repeats are more than {MOST_SAMPLES:,} samples")
        if sum(self.strata.values()) > MOST_SAMPLES:
            raise ValueError(f"the strata have more than {MOST_SAMPLES:,} items")

    @property
    def tells_results(self) -> bool:
        """Whether the samples say what was read from an answer, so that one without a result could not be read."""
        return self.imported is None or self.imported.results

    @property
    def asked_by_authors(self) -> str | None:
        """What the authors ask, `None` when nothing; earlier runs have it among the provenance of their text."""
        text = self.provenance.get("text")
        return self.private or (f"Its text is {text}: keep it to yourself" if text else None)

    @property
    def chosen_by(self) -> str:
        """How its items were chosen, in words; runs from before there was a draw have all, or the first ones."""
        if self.draw is Draw.RANDOM:
            return "a random subset"
        return "all" if self.draw is None and self.items == self.whole else "the first documents"

    @property
    def of_logprobs(self) -> bool:
        """Whether its answers are log-probabilities of tokens: then builds are held against each other by those."""
        return self.settings.get(ANSWERS) == TOKEN_LOGPROBS

    @property
    def strata_weigh(self) -> bool:
        """Whether strata, where there are any, make the score: see `evals.contract.task.TaskIdentity`."""
        return self.settings.get("weights") != "items"


@dataclass(frozen=True, config=_STRICT)
class Regrade:
    """One regrade: its id, which its lines of `samples.jsonl` bear, when it was, the software, and what it changed.

    `before` has, for each task, `version`, `grader`, `metric` and `settings` as they were where they are others now;
    `lost` how many lines of earlier regrades were gone already when it was made, by their ids.
    """

    id: str
    time: str
    software: dict[str, str]
    tasks: tuple[str, ...]
    changed: int
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class RepliesOf:
    """The replies of one model as it names itself (`evals.contract.records.Origin`): how many, and from when to when.

    `others` marks the entry that stands for all that came after the first few dozen, where each reply has another.
    """

    model: str | None
    fingerprint: str | None
    count: int
    first: str
    last: str
    others: bool = False


@dataclass(frozen=True, config=_STRICT)
class ListedChange:
    """A change of what the endpoint lists of the model: seen at `seen`, after a look at `since` that had not shown it.

    `since` is `None` where it was found when a run was gone on with. Answers between the two may be of either model.
    """

    seen: str
    since: str | None
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, config=_STRICT)
class ShardRecord:
    """Which shard of a run a directory has, as `evals.contract.shard.Shard`: `number` of `of`.

    `items` has of each task the items of which it asks a repeat or more, in the order of the plan, as
    `evals.runs.planned.in_order` writes them: `quantgate merge` puts answers in that order, and loads no task.
    """

    number: int
    of: int
    items: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Raise ValueError where there is no such shard."""
        _ = self.shard

    @property
    def shard(self) -> Shard:
        return Shard(self.number, self.of)

    def told(self) -> str:
        """That a directory of it is not the run, and what makes it."""
        return f"shard {self.shard} of a run: `quantgate merge DIR... --out RUN` makes the run of all {self.of:,}"


@dataclass(frozen=True, config=_STRICT)
class RunRecord:
    """The whole of `run.json`.

    `endpoint` holds the redacted URL, what the endpoint says of itself (`served`), and the length of its context in
    tokens (`context_length`), where it says that. `asked` says in which form: what the user told, and what was found
    out (`streamed`, `max_tokens_field`); two runs may differ in it. `earlier` has the endpoint and the software of the
    sessions before, where they were others, `regraded` what was graded anew, and when. `replies` tells the models that
    the replies have named, in the order in which they came, `changes` what the endpoint has listed otherwise under way.
    `shard` is there where the directory is not the run but one of its shards: `tasks` are the whole run's all the same.
    """

    label: str
    model: str
    endpoint: dict[str, Any]
    tasks: tuple[TaskRecord, ...]
    software: dict[str, str]
    created: str
    earlier: tuple[dict[str, Any], ...] = ()
    asked: dict[str, Any] = field(default_factory=dict)
    regraded: tuple[Regrade, ...] = ()
    replies: tuple[RepliesOf, ...] = ()
    changes: tuple[ListedChange, ...] = ()
    shard: ShardRecord | None = None
    schema_version: int = SCHEMA_VERSION

    def as_dict(self) -> dict[str, Any]:
        """The record as it is written; without `shard` where it is none, so that earlier versions read it."""
        told = asdict(self)
        if self.shard is None:
            del told["shard"]
        return told

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    def without_items(self) -> RunRecord:
        """The record for those who decide and report: without the lists of items, which may be long."""
        return replace(
            self,
            tasks=tuple(replace(task, item_ids=None, of_strata={}, of_clusters={}) for task in self.tasks),
            shard=None if self.shard is None else replace(self.shard, items={}),
        )

    def task(self, name: str) -> TaskRecord | None:
        return next((task for task in self.tasks if task.name == name), None)


def same_source(ours: RunRecord, theirs: RunRecord, one: TaskRecord, other: TaskRecord) -> bool:
    """Whether one task of two imported runs says in every way that it came from the same files, by where they lay."""
    told = [
        (run.created, run.model, task.imported and task.imported.format, task.provenance)
        for run, task in ((ours, one), (theirs, other))
    ]
    return one.imported is not None and "source" in one.provenance and told[0] == told[1]


def now() -> str:
    """The current time, UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def parse_run_record(text: str, where: str) -> RunRecord:
    """Read `run.json`. Raises RunDirectoryError, naming `where`, for anything but this version's format."""
    try:
        document = parse_json(text, parse_constant=str)  # a server may have told NaN, which no JSON can hold
        version = document["schema_version"]
    except BrokenDocument as error:
        raise RunDirectoryError(f"{where} is no quantgate run record: {error}") from None
    except (KeyError, TypeError):
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


def task_differences(ours: TaskRecord, theirs: TaskRecord, here: str, there: str) -> list[str]:
    """Why two records of one task are not comparable, each as `name VALUE here, VALUE there`; empty when they are.

    What is unknown of one is no difference: `unknown_between` has that.
    """
    not_yet = {name for name in FOUND_OUT if (name in ours.settings) != (name in theirs.settings)}
    unknown = {*unknown_between(ours, theirs), *not_yet}
    left, right = ({name: value for name, value in _told(task).items() if name not in unknown}
                   for task in (ours, theirs))  # fmt: skip
    return list(differences(left, right, here, there))


def found_settings(task: TaskRecord | None) -> dict[str, Any]:
    """What was found out of how a task is asked, by the sessions before."""
    settings = {} if task is None else task.settings
    return {name: settings[name] for name in FOUND_OUT if name in settings}


def unknown_between(ours: TaskRecord, theirs: TaskRecord) -> tuple[str, ...]:
    """In what nobody knows whether two records of one task agree: what a source does not tell, or one of them alone.

    Two runs of our own tell everything.
    """
    sources = [task.imported for task in (ours, theirs) if task.imported is not None]
    if not sources:
        return ()
    left, right = _told(ours), _told(theirs)
    alone = [name for name in (*left, *right) if (name in left) != (name in right) and name not in _NEVER_ASKED]
    untold = [name for name in _IDENTITY if not (left[name] and right[name])]
    return tuple(dict.fromkeys([*(name for source in sources for name in source.unknown), *untold, *alone]))


def _told(task: TaskRecord) -> dict[str, Any]:
    return {name: getattr(task, name) for name in _IDENTITY} | task.sampling | task.settings


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], here: str, there: str) -> Iterator[str]:
    """What is unlike in two mappings, each as `name VALUE here, VALUE there`."""
    for name in {**ours, **theirs}:
        old, new = ours.get(name), theirs.get(name)
        if old != new:
            yield f"{name} {_short(old)} {here}, {_short(new)} {there}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + '..."'
