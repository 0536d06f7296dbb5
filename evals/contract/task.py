"""The contract that a task adapter fulfils: what to ask, and how to grade what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Grade, Item, Prompt, Request, Sampling


@dataclass(frozen=True, slots=True)
class TaskIdentity:
    """What two runs must share for their answers to be comparable, and where the questions came from.

    `version` is the task's own version, `grader` names what grades the text and its version, `metric` the one
    that becomes the score, `data_hash` the SHA-256 of the documents that were used, examples included.
    `settings` is whatever else two runs must share (tau2: the user simulator and the judge). `provenance` (paths,
    revisions) is recorded for the reader and never compared.
    """

    name: str
    version: str
    grader: str
    metric: str
    data_hash: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)


class Task(Protocol):
    """A benchmark as quantgate asks it. Nothing here talks to a model, so grading can be repeated."""

    @property
    def identity(self) -> TaskIdentity: ...

    @property
    def sampling(self) -> Sampling:
        """The sampling parameters that the task asks for; the command line may override them."""
        ...

    @property
    def repeats(self) -> int:
        """How often each item is asked unless the command line says otherwise."""
        ...

    def items(self) -> Sequence[Item]:
        """The items in a fixed order."""
        ...

    def prompt(self, item: Item, repeat: int) -> Prompt:
        """The messages for one item; the same for every model, process and machine."""
        ...

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Grade the text of one answer; pure."""
        ...


class Asker(Protocol):
    """Who answers a request, whatever it takes: an `Endpoint`, or a benchmark's own orchestrator."""

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer: ...
