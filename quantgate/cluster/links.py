"""What a crew needs of whatever runs its workers: places for them, and a way to speak to each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class LinkLost(Exception):
    """A worker cannot be spoken to any more; how that came, in words."""


class Link(Protocol):
    """One worker's process, wherever it is. Its methods raise LinkLost."""

    @property
    def where(self) -> str:
        """Its machine, for messages."""
        ...

    async def send(self, data: object) -> None:
        """Bytes for its standard input, or what `Workplace.shared` has made of some."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """What it says on its standard output, until it ends, and then raises LinkLost."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


class Workplace(Protocol):
    """Where workers can be started."""

    async def places(self) -> int:
        """How many workers there is room for now, those that are there included. Raises LinkLost."""
        ...

    async def hire(self) -> Link:
        """Start one, which may take as long as others need its place. Raises LinkLost."""
        ...

    def shared(self, data: bytes) -> object:
        """Bytes that are sent to many workers."""
        ...
