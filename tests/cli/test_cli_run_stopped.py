"""`quantgate run` when it is stopped: Ctrl-C, SIGTERM, SIGKILL; the same command goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, served_model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def start(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quantgate", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )


def wait_for_lines(file: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a run has stored so many samples, or has ended."""
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            if file.read_bytes().count(b"\n") >= count:
                return
        time.sleep(0.005)


def scores(path: Path) -> dict:
    return {key: (sample.score, sample.response) for key, sample in RunDirectory(path).samples().items()}


def slow(rule):
    def answer(body):
        reply = rule(body)
        return Reply(reply.content, delay_s=0.05)

    return answer


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(arguments, rule, tmp_path):
    with served_model(slow(rule)) as server:
        process = start(arguments(server.base_url, "--concurrency", "2"))
        wait_for_lines(tmp_path / "run" / "samples.jsonl", 5, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 5, out + err
        held = scores(tmp_path / "run")
        assert 5 <= len(held) < 40
        assert f"stopped with {40 - len(held)} of 40 samples missing" in err
        assert "Traceback" not in err
        process = start(arguments(server.base_url))
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(scores(tmp_path / "run")) == 40


def test_sigterm_stops_as_cleanly(arguments, rule, tmp_path):
    with served_model(slow(rule)) as server:
        process = start(arguments(server.base_url, "--concurrency", "2"))
        wait_for_lines(tmp_path / "run" / "samples.jsonl", 3, process)
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 5
    assert "The same command goes on." in err


def test_a_time_that_is_up_stops_as_cleanly_and_the_same_command_goes_on(quantgate, arguments, rule, tmp_path):
    with served_model(slow(rule)) as server:
        said = ("--concurrency", "1", "--max-time")
        code, _, err = quantgate(arguments(server.base_url, *said, "1s"))
        assert code == 5, err
        held = scores(tmp_path / "run")
        assert f"--max-time is used up with {40 - len(held)} of 40 samples missing" in err
        assert 0 < len(held) < 40
        assert quantgate(arguments(server.base_url, *said, "10m"))[0] == 0
    assert len(scores(tmp_path / "run")) == 40


def test_a_time_that_is_none_is_refused_before_anything_is_asked(quantgate, arguments):
    code, _, err = quantgate(arguments("http://127.0.0.1:1/v1", "--max-time", "soon"))
    assert code == 2
    assert "--max-time" in err
    assert "4h, 90m or 1h30m" in err


def test_killed_at_any_moment_it_loses_at_most_what_was_in_flight(arguments, rule, tmp_path):
    draw = random.Random(3)
    with served_model(rule) as calm:
        start(arguments(calm.base_url, out=tmp_path / "calm")).communicate(timeout=60)
    kills = 0
    with served_model(slow(rule)) as server:
        for _ in range(4):
            process = start(arguments(server.base_url, "--concurrency", "4"))
            held = len(scores(tmp_path / "run"))
            wait_for_lines(tmp_path / "run" / "samples.jsonl", held + draw.randrange(1, 8), process)
            process.kill()
            process.communicate(timeout=30)
            kills += process.returncode == -signal.SIGKILL
        last = start(arguments(server.base_url, "--concurrency", "4"))
        last.communicate(timeout=60)
        assert last.returncode == 0
        assert len(server.log.bodies) <= 40 + 4 * kills
    assert kills >= 3
    assert scores(tmp_path / "run") == scores(tmp_path / "calm")
