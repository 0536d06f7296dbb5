"""Serves a GGUF file on this machine for as long as a `with` block lasts, as an OpenAI-compatible endpoint."""

from __future__ import annotations

import http.client
import importlib.util
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from quantgate.evals.embedded.errors import MissingExtra, ServeError

READY_WITHIN_S = 120.0
_POLL_S = 0.05
_LOG_TAIL_BYTES = 4000
_LOG_TAIL_LINES = 8
_CHILD = Path(__file__).with_name("server_process.py")


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model that is being served: its OpenAI base URL, the name it answers to, and the server's process id."""

    base_url: str
    model: str
    pid: int


@contextmanager
def serve(
    model: Path, *, name: str, threads: int, context: int, slots: int = 1, ready_within: float = READY_WITHIN_S
) -> Iterator[LocalServer]:
    """Serve `model` on a free port of the loopback interface until the block is left.

    The server is a process of its own. It ends with the block, with an exception or Ctrl-C in it, and with the death
    of this process, even by SIGKILL. Its log never reaches the terminal.

    Parameters
    ----------
    model
        A GGUF file.
    name
        What `/v1/models` calls it.
    threads
        Threads that compute.
    context
        Tokens of prompt and answer together, per slot.
    slots
        Requests worked on at the same time; more wait. One is reproducible, more are not.
    ready_within
        Seconds until the server must answer `/health`.

    Raises
    ------
    MissingExtra
        `xllamacpp` is not installed.
    ServeError
        The file is missing or broken, or the server is not ready in time.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingExtra("xllamacpp")
    if not model.is_file():
        raise ServeError(f"There is no model file {model} to serve.")
    settings = json.dumps({"model": str(model), "name": name, "threads": threads, "context": context, "slots": slots})
    with tempfile.TemporaryFile() as log, _child(settings, log) as process:
        deadline = time.monotonic() + ready_within
        try:
            address = _address(process, deadline)
            _wait_for_health(process, address, deadline)
        except _NotReady as failure:
            raise ServeError(f"The server of {model.name} {failure}. {_last_lines(process, log)}") from None
        yield LocalServer(base_url=f"{address}/v1", model=name, pid=process.pid)


class _NotReady(Exception):
    """Why the server is not ready; becomes a `ServeError` together with its log."""


@contextmanager
def _child(settings: str, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    # -P keeps the modules beside the script from hiding others of the same name.
    command = [sys.executable, "-P", str(_CHILD), settings]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _address(process: subprocess.Popen[bytes], deadline: float) -> str:
    """The address that the child reports once its model is loaded."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    pipe = process.stdout
    assert pipe is not None
    threading.Thread(target=lambda: lines.put(pipe.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise _NotReady("did not load it in time") from None
    if not line:
        # It closes the pipe before llama.cpp has written the last of its log.
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        raise _NotReady("ended while it loaded the file")
    address: str = json.loads(line)["address"]
    return address


def _wait_for_health(process: subprocess.Popen[bytes], address: str, deadline: float) -> None:
    # http.client asks the port itself, whatever proxy the environment names.
    port = urlsplit(address).port
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise _NotReady("loaded it but did not answer in time")
        time.sleep(_POLL_S)
    raise _NotReady("ended before it answered")


def _last_lines(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    process.kill()
    process.wait()
    end = log.seek(0, 2)
    log.seek(max(0, end - _LOG_TAIL_BYTES))
    lines = log.read().decode("utf-8", "replace").strip().splitlines()[-_LOG_TAIL_LINES:]
    return "Its last words:\n" + "\n".join(lines) if lines else "It left no log."
