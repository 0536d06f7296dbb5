"""`quantgate check` while it goes on: the live screen of a terminal, and what a stop leaves."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from tests.server.served import Reply

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def start(file: str, **channels: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "quantgate", "check", file]
    quiet = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **channels}
    return subprocess.Popen(command, cwd=ROOT, text=True, env={**quiet, "TERM": "xterm"}, **pipes)


def decided(out: Path) -> list[object]:
    (task,) = json.loads((out / "gate.json").read_text())["tasks"]
    return [task[name] for name in ("verdict", "items", "lower", "upper", "losses", "gains", "reason")]


class Held:
    """A rule that answers so many requests and keeps the others waiting until it is let go."""

    def __init__(self, rule, count: int) -> None:
        self.rule, self.left = rule, count
        self.reached = threading.Event()

    def __call__(self, body):
        self.left -= 1
        if self.left >= 0:
            return self.rule(body)
        self.reached.set()
        return Reply(hang=True)


def test_a_terminal_of_80_columns_has_one_screen_with_all_figures(builds, release):
    with builds(latency=lambda _: 0.02) as server:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = start(release(server.base_url, concurrency=1), stdout=theirs, stderr=theirs, stdin=theirs)
        os.close(theirs)
        seen = bytearray()
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65536):
                seen += piece
        os.close(ours)
        assert process.wait(timeout=60) == 0
    text = seen.decode()
    screen = [ESCAPE.sub("", line) for line in text.replace("\r", "\n").split("\n")]
    rows = [line for line in screen if re.match(r"gsm8k +[\d.]+% +[\d.]+% +[+-][\d.]+ ", line)]
    assert any(re.search(r" 20 +\d of 8 open", row) for row in rows), text
    assert max(map(len, rows)) <= 80
    assert any(
        re.match(r"gsm8k: \d+ of at most 80, \d+ in flight, faults 0, cut 0, .+ left at", line) for line in screen
    )
    assert "fp8: 1 in flight of 1" in text or "in flight" in text
    assert "verdict: " in text


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_says_how_to_go_on_and_changes_no_verdict(quantgate, builds, release, tmp_path, number):
    with builds() as server:
        answer = server.rule
        file = release(server.base_url)
        assert quantgate(["check", file])[0] == 0
        file = release(server.base_url, out=str(tmp_path / "stopped"))
        server.rule = held = Held(answer, 12)
        process = start(file)
        assert held.reached.wait(60)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 5, err
        assert "Traceback" not in err
        (line,) = [line for line in err.splitlines() if line.startswith("stopped: ")]
        assert line.endswith("the same command goes on")
        server.rule = answer
        assert quantgate(["check", file])[0] == 0
    assert decided(tmp_path / "stopped") == decided(tmp_path / "out")


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_the_endpoints_are_looked_at_is_one_line(builds, release):
    with builds() as server:
        server.rule = held = Held(server.rule, 0)
        process = start(release(server.base_url))
        assert held.reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 5
    assert err.splitlines()[-1] == "stopped; nothing that has arrived is lost, and the same command goes on"
    assert "Traceback" not in err
