"""What can go wrong between here and an object store."""

from __future__ import annotations

from quantgate.evals.errors import StorageError


class StoreUnreachable(StorageError):
    """The store does not answer, or refuses: what it was to be told is still here."""


class Displaced(StorageError):
    """Another machine has begun to write to the same address; nothing of this one's goes there any more."""
