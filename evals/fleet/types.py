"""The builds of a fleet, and what is told of them: how each stands, and why one is not complete."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from quantgate.evals.release.types import ReleaseProgress
from quantgate.evals.settings.fleet.serve import Serve


@dataclass(frozen=True, slots=True)
class Lot:
    """One build of a fleet: its label, its model's name, and how it is served; `None` where it is already."""

    label: str
    model: str
    serve: Serve | None


class Stage(StrEnum):
    """How far one build of a fleet is."""

    WAITING = "waiting"
    STARTING = "starting"
    LOOKED_AT = "looked at"
    ASKED = "asked"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "not complete"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a build is not complete: a sentence, and the last lines of its server's log, safe to be shown."""

    reason: str
    log: tuple[str, ...] = ()


class FleetProgress(ReleaseProgress, Protocol):
    """Who is told how a fleet goes, each build by its label; called from the event loop, so it must be quick."""

    def begins(self, build: str, total: int, missing: int) -> None:
        """Of so many answers at most so many are missing, and are asked for now."""
        ...

    def stands(self, build: str, stage: Stage, detail: str = "") -> None:
        """A build is so far now; `detail` is a line, as the last one of its server's log."""
        ...

    def failed(self, build: str, failure: Failure) -> None: ...
