"""What is being waited for, said once it has taken a few seconds: on a terminal as it changes, elsewhere in a line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PATIENCE_S = 3.0
_AGAIN_S = 60.0
_LOOK_S = 0.5


@contextmanager
def told_while_waiting(console: Console, name: str, doing: str) -> Iterator[None]:
    """Show what is done for a task; what it waits for of the hub after a few seconds, and at once that it is gone."""
    from rich.text import Text

    from quantgate.reports.terminal.fitting import FittingLine, Part
    from quantgate.reports.terminal.progress import every
    from quantgate.tasks.data.reach import gone_without, waited_for

    began = time.monotonic()
    next_line = began + _PATIENCE_S
    is_known = gone_without() is not None

    def say(text: str) -> None:
        console.print(Text(text), soft_wrap=True)

    def look() -> None:
        nonlocal next_line, is_known
        now = time.monotonic()
        if not is_known and (why := gone_without()) is not None:
            is_known = True
            say(f"note: {why}: only what its cache on this machine holds can be used")
        if now - began < _PATIENCE_S or (what := waited_for()) is None:
            return
        if console.is_terminal:
            status.update(FittingLine((Part(f"{name}: fetching {what}"), Part(f"{now - began:.0f} s so far", 1))))
        elif now >= next_line:
            next_line = now + _AGAIN_S
            say(f"{name}: fetching {what}")

    with console.status(FittingLine((Part(f"{name}: {doing}"),))) as status, every(_LOOK_S, look):
        yield
    look()
