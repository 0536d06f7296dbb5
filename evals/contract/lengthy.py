"""What a task with long prompts tells of them, so that they can be held against the context that is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from quantgate.evals.contract.records import Item


@runtime_checkable
class Lengthy(Protocol):
    """A task whose prompts are long, of some lengths, and have to find room in the context that is served."""

    @property
    def longest(self) -> Mapping[str, Mapping[str, Item]]:
        """By the name of each length, shortest first, and by the sort of text an item with its longest prompt."""
        ...
