"""`quantgate view`: from the command line to the page, and its end."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.view.written import answered, write_run

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def started(*arguments: str, folder: Path = ROOT, **environment: str):
    """The verb as a process of its own, and the address that it printed."""
    command = [sys.executable, "-m", "quantgate", "view", *arguments]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=surroundings, **pipes) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as reply:
        return reply.read().decode()


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_what_lies_under_the_current_folder_is_shown_until_ctrl_c(tmp_path):
    write_run(tmp_path / "runs" / "my-build", [answered("1")])
    with started("--no-browser", folder=tmp_path) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert "my-build" in page(address)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (130, "", "quantgate: stopped by Ctrl-C\n")


@pytest.mark.slow
def test_a_browser_is_started_with_an_address_that_is_good_once(tmp_path):
    run = write_run(tmp_path / "my-build", [answered("1")])
    seen = tmp_path / "seen"
    os.mkfifo(seen)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n', encoding="utf-8")
    browser.chmod(0o755)
    with started(str(run), BROWSER=f"{browser} %s", DISPLAY=":0", SSH_CONNECTION="") as (_, address):
        opened = seen.read_text(encoding="utf-8")
        assert opened != address
        assert address.split("/")[3] not in opened
        assert "my-build" in page(opened)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            page(opened)


def test_a_port_that_is_taken_is_refused_in_a_line(quantgate, tmp_path):
    import socket

    run = write_run(tmp_path / "run", [answered("1")])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = quantgate(["view", str(run), "--no-browser", "--port", str(taken.getsockname()[1])])
    assert code == 2
    assert "another program listens there" in err


@pytest.mark.parametrize("what", ["missing", "empty", "no-decision.json"])
def test_what_cannot_be_shown_is_refused_in_a_line(quantgate, tmp_path, what):
    (tmp_path / "empty").mkdir()
    (tmp_path / "no-decision.json").write_text("{}", encoding="utf-8")
    code, out, err = quantgate(["view", str(tmp_path / what), "--no-browser"])
    assert (code, out) == (2, "")
    assert what in err
    assert err.count("\n") == 1
