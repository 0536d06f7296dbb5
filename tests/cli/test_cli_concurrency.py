"""`quantgate concurrency`: another number in flight for a run that goes on."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.cli.test_cli_run_stopped import start, wait_for_lines
from tests.server.loaded import Load, loaded_model
from tests.server.served import served_model


@pytest.fixture
def running(tmp_path):
    """A run directory that a process writes to."""
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


@pytest.mark.parametrize(("given", "written"), [("64", 64), ("auto", "auto")])
def test_it_writes_the_control_file(quantgate, running, given, written):
    code, out, _ = quantgate(["concurrency", str(running), given])
    assert code == 0
    assert str(running) in out
    assert json.loads((running / "control.json").read_text()) == {"concurrency": written}


@pytest.mark.parametrize("given", ["0", "1001", "many", "6.4", "٣", "9" * 5000])
def test_what_is_no_number_in_flight_is_refused(quantgate, running, given):
    code, _, said = quantgate(["concurrency", str(running), given])
    assert code == 2
    assert "give a number from 1 to 1000, or auto" in said
    assert len(said) < 300
    assert not (running / "control.json").exists()


def test_where_no_run_is_going_on_it_says_so_and_writes_nothing(quantgate, tmp_path):
    (tmp_path / ".lock").touch()
    code, _, said = quantgate(["concurrency", str(tmp_path), "64"])
    assert code == 2
    assert "no run is going on" in said
    assert "--concurrency 64" in said
    assert [file.name for file in tmp_path.iterdir()] == [".lock"]


@pytest.mark.slow
def test_a_run_that_goes_on_heeds_it_and_signals(quantgate, arguments, tmp_path):
    with loaded_model(Load(slots=64, seconds=0.2, spread=0.1)) as server:
        process = start(arguments(server.base_url, "--concurrency", "2", "--repeats", "20"))
        wait_for_lines(tmp_path / "run" / "samples.jsonl", 4, process)
        assert server.seen.most_in_flight == 2
        assert quantgate(["concurrency", str(tmp_path / "run"), "9"])[0] == 0
        wait_for_lines(tmp_path / "run" / "samples.jsonl", 60, process)
        assert server.seen.most_in_flight == 9
        os.kill(process.pid, signal.SIGUSR1)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0
    assert server.seen.most_in_flight == 18
    assert len(RunDirectory(tmp_path / "run").samples()) == server.seen.answers
    assert "of 18 (by SIGUSR1)" in said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_before_anything_is_in_flight_ends_no_run(arguments, rule, number):
    has_started = threading.Event()

    def models():
        assert has_started.wait(10)
        os.kill(process.pid, number)
        return [{"id": "test-model"}]

    with served_model(rule, models=models) as server:
        process = start(arguments(server.base_url))
        has_started.set()
        process.communicate(timeout=120)
    assert process.returncode == 0
