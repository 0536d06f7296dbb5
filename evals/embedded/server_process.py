"""The child process of `serving`: runs llama.cpp's server until its parent ends. Started by path, never imported.

stdin is a pipe from the parent that closes when the parent ends, however it ends. One line of JSON on stdout tells
the address once the model is loaded. Everything else that is printed goes to stderr, which is the parent's log file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any, Protocol

_WARNINGS = 2


def main() -> None:
    """Serve what the JSON object in the first argument describes; see `serving` for its keys."""
    # A Ctrl-C in the terminal reaches every process of the group; it is the parent that decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    threading.Thread(target=_exit_at_eof, daemon=True).start()
    # llama.cpp prints from C, so the descriptor itself has to move.
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        server = _start(json.loads(sys.argv[1]))
    except RuntimeError as error:
        # llama.cpp has logged the reason just before; a traceback would only push it out of sight.
        sys.exit(str(error))
    print(json.dumps({"address": server.listening_address}), file=report, flush=True)
    # A process that the parent forked may hold the pipe open, so the parent itself is watched too.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


class _Server(Protocol):
    """What is used of xllamacpp's `Server`, which has no type stubs."""

    listening_address: str


def _start(settings: dict[str, Any]) -> _Server:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = settings["model"]
    params.model_alias = {settings["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # the system picks a free one, so nothing can take it in between
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context"]
    params.cpuparams.n_threads = settings["threads"]
    params.cache_ram_mib = 0  # what a slot keeps is its last prompt, nothing older
    params.warmup = False
    params.verbosity = _WARNINGS
    server: _Server = Server(params)
    return server


def _exit_at_eof() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
