"""What a task keeps of its requests in the run directory, beside the samples."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from quantgate.evals.contract.records import Request


@runtime_checkable
class Kept(Protocol):
    """An orchestrated task whose asker keeps a file of each request, and goes on from it: a conversation, say."""

    def kept_at(self, request: Request) -> str:
        """Where, from the run directory."""
        ...
