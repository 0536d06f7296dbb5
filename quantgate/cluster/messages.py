"""What a run and its workers say to each other; both are of one version, which is seen to first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.contract.records import Answer, Item, Sampling
from quantgate.evals.runs.grading import Judged
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True, slots=True)
class Files:
    """The user's files that the tasks need, as a tar archive; what stands for their paths are the names in it."""

    archive: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker has to know before it asks: the first thing that it is told, after the files.

    Of each task its configuration, its own options, and what its identity must be. `keys` has the environment variables
    that they name, with their values; `asked` and `found` are as in `evals.runs.elsewhere.Work`.
    """

    configs: Mapping[str, RunConfig]
    own: Mapping[str, Mapping[str, Any]]
    identities: Mapping[str, Mapping[str, Any]]
    asked: Mapping[str, Any]
    found: Mapping[str, Mapping[str, Any]]
    processors: int
    keys: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has loaded its tasks."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """The worker cannot do the work: the kind of error, by its class's name, and its message."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask one request and grade its answer; `number` is what both call it.

    `waits` says that each further attempt waits for a `Go`. `kept` is what has been stored of it before, if the task
    stores anything.
    """

    number: int
    task: str
    item: Item
    repeat: int
    prompt_hash: str
    sampling: Sampling
    waits: bool
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Grade a text."""

    number: int
    task: str
    item: Item
    repeat: int
    text: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Nobody waits for the answer any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Faulted:
    """An attempt has failed."""

    number: int
    message: str
    overload: bool
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Waits:
    """The request gives its turn back, and wants another after so many seconds."""

    number: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Go:
    """It is the request's turn."""

    number: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """There is no further turn: the server is given up, for the fault that is told."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Outage:
    """How long the server has been down, as `Turn` tells it."""

    vain: int
    down_s: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a request, and its grade where it has one to come.

    `kept` is what the task has stored of it; `found` how the server was found to be asked, `settings` what the task's
    asker has found out (`evals.contract.found`).
    """

    number: int
    answer: Answer
    judged: Judged | None
    kept: bytes | None
    found: Mapping[str, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marked:
    """The grade of a text."""

    number: int
    judged: Judged


@dataclass(frozen=True, slots=True)
class Failed:
    """Asking has ended with an error that ends the run: its kind, by its class's name, and its message."""

    number: int
    kind: str
    message: str
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a sign of life; the answer is the same."""
