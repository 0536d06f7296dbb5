"""A worker process: runs and evaluates simulations for `tasks.tau2.pool`, one command per line, one thread per command.

Started by its path, so that it runs in an environment without quantgate: it needs the standard library and tau2.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LEAST_PYTHON = (3, 11)


def _expose_package() -> None:
    """Make `quantgate` importable from this file's distribution without putting all of that on the path."""
    here = Path(__file__).absolute()
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here.resolve().parent]
    if "quantgate" not in sys.modules:
        package = types.ModuleType("quantgate")
        package.__path__ = [str(here.parents[2])]
        sys.modules["quantgate"] = package


class _Answers:
    """The pipe to the run. Whatever tau2 and litellm print goes to standard error instead."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
        self._lock = threading.Lock()
        os.dup2(2, 1)
        self.clean: Callable[[str], str] = str
        """Takes out of all that leaves the process what its models' servers repeat of their keys."""

    def send(self, document: dict[str, Any]) -> None:
        line = self.clean(json.dumps(document)) + "\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def main() -> None:
    """Serve commands until standard input ends, then exit at once, whatever threads are busy with."""
    answers = _Answers()
    if sys.version_info < _LEAST_PYTHON:
        for line in sys.stdin:
            message = "its Python is {}.{}, tau2's workers need 3.11 or newer".format(*sys.version_info[:2])
            answers.send({"id": json.loads(line)["id"], "outcome": {"ending": "unusable", "message": message}})
        return
    _expose_package()
    # Imported late, and in a thread, so that the end of standard input is noticed even while tau2 is imported.
    commands = importlib.import_module("quantgate.tasks.tau2.commands")
    answers.clean = importlib.import_module("quantgate.evals.secrets").redacted

    def serve(document: dict[str, Any]) -> None:
        number = document.pop("id")

        def report(role: str, message: str, overload: bool) -> None:
            answers.send({"id": number, "fault": {"role": role, "message": message, "overload": overload}})

        answers.send({"id": number, "outcome": commands.obey(document, report)})

    for line in sys.stdin:
        threading.Thread(target=serve, args=(json.loads(line),), daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
