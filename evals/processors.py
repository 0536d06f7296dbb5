"""How many processors this process may use: those of the machine, or the share of them that it has been given."""

from __future__ import annotations

import os

_share: int | None = None


def use_only(count: int) -> None:
    """Use no more than so many from now on; whoever shares a machine among several says so."""
    global _share
    _share = count


def processors() -> int:
    """How many there are to use; 1 where the machine does not tell."""
    return _share or os.cpu_count() or 1
