"""Workers of other machines that ask and grade in this process's place, as a run sees them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from quantgate.evals.contract.task import Asker, Task
from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.grading import Graders
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be asked elsewhere: `count` requests of some tasks, each by its configuration.

    `asked` is what the run's record holds of how the endpoint is asked, `found` what it holds of each task that was
    found out while it was asked; `askers` are those of this process, who keep what is found out; `out` is the run
    directory.
    """

    tasks: Mapping[str, Task]
    configs: Mapping[str, RunConfig]
    asked: Mapping[str, Any]
    found: Mapping[str, Mapping[str, Any]]
    askers: Mapping[str, Asker]
    out: Path
    count: int


class Staff(Protocol):
    """Those who work elsewhere for one run."""

    @property
    def graders(self) -> Graders: ...

    def asker(self, task: str) -> Asker: ...

    def found(self) -> dict[str, Any]:
        """How the server was found to be asked, as `Endpoint.found`."""
        ...


class Elsewhere(Protocol):
    """Where a run's work may be done."""

    def staff(self, work: Work, window: Window) -> AbstractAsyncContextManager[Staff]:
        """Workers for some work; leaving the context ends what they do. `window` tells the user of them."""
        ...
