"""Servers that are started by a command, as a fleet starts them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from quantgate.evals.settings.fleet.serve import Serve

STAGED = Path(__file__).parents[2] / "server" / "staged.py"


@pytest.fixture
def staged():
    """How a build is served by the staged server; `options` are that server's own, as it is to misbehave."""

    def serve(*options: object, timeout_s: float = 20.0, command: str | None = None) -> Serve:
        words = [sys.executable, str(STAGED), "--model", "m", *map(str, options)]
        return Serve(
            command or f"exec {shlex.join(words)} --port {{port}}",
            "http://127.0.0.1:{port}/v1",
            "/v1/models",
            timeout_s,
        )

    return serve
