"""Ctrl-C and SIGTERM from the first moment on: a line, an exit code that is no verdict, and no traceback."""

from __future__ import annotations

# The signal module brings enum, for which Python takes longer than for all that stands here.
import _signal  # type: ignore[import-not-found]
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_CAUSES = {_signal.SIGINT: "Ctrl-C", _signal.SIGTERM: "SIGTERM"}
_IMPORTS = "<frozen importlib._bootstrap>"
_VISIBLE_CURSOR = "\r\x1b[2K\x1b[?25h"
_received: list[int] = []
_catchers: list[bool] = []


def heed() -> None:
    """Have both signals end the process, with a line and an exit code that is no verdict.

    A signal that is ignored stays so, as that of a job in the background of a script.
    """
    for number in _CAUSES:
        if _signal.getsignal(number) is not _signal.SIG_IGN:
            _signal.signal(number, _stop)
    sys.unraisablehook = _lost


def raise_them() -> None:
    """Have them raise KeyboardInterrupt from now on, for there is somebody who catches it."""
    _catchers.append(True)


def stopped() -> str | None:
    """By what the process was told to stop, or nothing."""
    return _CAUSES[_received[-1]] if _received else None


def exit_code() -> int:
    """What a shell says of a process that the last signal ended."""
    return 128 + (_received[-1] if _received else _signal.SIGINT)


def finish() -> None:
    """The work is done: from now on a signal changes neither what was said nor the exit code."""
    for number in _CAUSES:
        _signal.signal(number, _signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    again = bool(_received)
    _received.append(number)
    # Modules written in C turn an exception in what they import into one of their own, or into none.
    if again or not _catchers or _is_importing(frame):
        end()
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTS:
            return True
        frame = frame.f_back
    return False


def _lost(unraisable: Any) -> None:
    """A KeyboardInterrupt that came up where Python can raise nothing, as in a finaliser, would be passed over."""
    if unraisable.exc_type is KeyboardInterrupt:
        end()
    sys.__unraisablehook__(unraisable)


def end() -> None:
    """End the process here and now, saying so; child processes end by themselves when it is gone."""
    said = f"quantgate: stopped by {stopped() or 'Ctrl-C'}\n"
    # A live line on the screen has hidden the cursor.
    os.write(2, (_VISIBLE_CURSOR + said if os.isatty(2) else said).encode())
    os._exit(exit_code())
