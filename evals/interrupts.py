"""Coroutines that Ctrl-C cancels, whoever else listens for it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_cancelled_by_ctrl_c(main: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns; its main task is cancelled by Ctrl-C, so that it can end what it has begun.

    asyncio sees to that only where Python's own handler stands, which is put back afterwards, with that of SIGTERM.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(main)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if before[signal.SIGINT] is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return asyncio.run(main)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
