"""A failed attempt that another may heal."""

from __future__ import annotations


class Fault(Exception):
    """One failed attempt that another may heal."""

    def __init__(self, message: str, *, overload: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.overload = overload
        self.retry_after = retry_after
