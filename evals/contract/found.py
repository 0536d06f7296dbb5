"""What of how a task is asked is found out only while it is: two runs that know it must share it all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

USER_VERSION = "user_version"
"""The setting with which model has played the user, by its own replies (tau2)."""


@runtime_checkable
class FindsOut(Protocol):
    """An asker that finds such settings out."""

    @property
    def found_settings(self) -> Mapping[str, Any]:
        """Such settings as are known by now, by name."""
        ...

    @property
    def found_ways(self) -> Mapping[str, Any]:
        """What is told beside them of how it is asked, and never compared (`asked` of `run.json`)."""
        ...


@runtime_checkable
class TakesIn(FindsOut, Protocol):
    """One that several find out for, who ask at the same time and do not know of each other."""

    def take_in(self, settings: Mapping[str, Any]) -> None:
        """Take in what another of them has found. Raises ModelChanged where the two cannot be of one run."""
        ...
