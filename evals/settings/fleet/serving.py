"""What is written under `serve`: a command, or a mapping with the path that tells that its server is up."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import learn, looks_like_key
from quantgate.evals.settings.durations import read_duration
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.fleet.serve import PORT, Serve

OPTIONS = ("command", "health", "timeout")
HEALTH = "/v1/models"
TIMEOUT = "30m"

Written = Mapping[str, Any]

_GIVEN_KEY = re.compile(
    r"""(?:(?<![\w-])--?(?:[\w-]*[-_])?(?:api[-_]?key|(?:hf|auth|access)[-_]token|secret|password)(?:=|\s+)"""
    r"""|(?<![\w$-])\w*(?:TOKEN|KEY|SECRET|PASSWORD)S?=)["']?(?![-$`])([^\s"';&|]+)""",
    re.IGNORECASE,
)
"""What a command gives as a key, by its option's or its variable's name: keys need not look like one."""


def written_serve(said: Any, where: str) -> Written | None:
    """What `serve` says, as a mapping; `None` where it says nothing.

    Raises
    ------
    UsageError
        For a name that is not known there, or a value that is none.
    """
    if said is None:
        return None
    written = {"command": said} if isinstance(said, str) else said
    if not isinstance(written, Mapping):
        raise UsageError(f'{where} {shown(said)}: write the command, as "vllm serve {{model}} --port {PORT}"')
    for name, value in written.items():
        if name not in OPTIONS:
            near = difflib.get_close_matches(str(name), OPTIONS, n=1)
            raise UsageError(
                f"{where}.{shown(name).strip(chr(34))} is not known; "
                + (f"did you mean {near[0]}?" if near else f"there are {', '.join(OPTIONS)}")
            )
        _check_value(str(name), value, f"{where}.{name}" if said is written else where)
    return written


def _check_value(name: str, value: Any, where: str) -> None:
    if name == "timeout":
        try:
            read_duration(value)
        except ValueError as error:
            raise UsageError(f"{where} {shown(value)}: {error}") from None
        return
    if not isinstance(value, str) or not value.strip():
        what = "write a command for the shell" if name == "command" else "write a path, as /health"
        raise UsageError(f"{where} {shown(value)}: {what}")
    for given in _GIVEN_KEY.finditer(value):
        learn(given[1], "key")
    if looks_like_key(value):
        raise UsageError(f"{where}: no key stands in the file: write $NAME, and set that variable where this is run")
    if "\0" in value:
        raise UsageError(f"{where}: it has a character that no command can have")
    if name == "health" and "?" in value:
        raise UsageError(f"{where}: write a path without a query, as /health: it is written down and shown")
    if name == "health" and (not value.startswith("/") or value.startswith("//")):
        raise UsageError(f"{where} {shown(value)}: write a path from the server's root, as /health")


def serve_of(written: Written, base_url: str, where: str) -> Serve:
    """How the build is served at that address. Raises UsageError where nothing says what to start or wait for."""
    command = written.get("command")
    if command is None and PORT in base_url:
        raise UsageError(f"{where}: without a command nobody is told the free port: write the port, or a command")
    return Serve(command, base_url, written.get("health", HEALTH), read_duration(written.get("timeout", TIMEOUT)))
