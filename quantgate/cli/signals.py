"""The signals that change how many requests a verb has in flight."""

from __future__ import annotations

import signal


def hold_steering() -> None:
    """Ignore them until there are requests: they would end the process."""
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
