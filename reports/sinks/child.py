"""The process in which a tracker's library runs: what it prints, asks or breaks stays in there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

from quantgate.reports.sinks.types import Order

SENT, MISSING, FAILED = "sent", "missing", "failed"
"""How it ends: with where it is, without the library, or with the reason."""


def answer(send: Callable[[Order], str]) -> None:
    """Send the order on standard input, and say on standard output in a line of JSON what became of it.

    Everything else that is printed goes nowhere, and nobody can be asked for anything.
    """
    order = Order.from_json(sys.stdin.buffer.read())
    sys.stdout.flush()
    line = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    try:
        said = {SENT: send(order)}
    except ImportError as error:
        said = {MISSING: str(error)}
    except Exception as error:  # noqa: BLE001 - whatever a library or a server comes up with is told, and nothing more
        said = {FAILED: f"{type(error).__name__}: {error}"}
    with open(line, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(said) + "\n")
    # What libraries do at the end, as waiting for their threads, has no bound.
    os._exit(0)
