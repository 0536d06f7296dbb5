"""Whether somebody writes to a run, and work that goes on behind the pages."""

import os
import threading

import pytest

from quantgate.evals.runs.directory import RunDirectory
from quantgate.view.live import Work, being_written
from tests.view.written import answered, task_of, write_run

OLD = (1, 1)


@pytest.fixture
def run(tmp_path):
    folder = write_run(tmp_path / "run", [answered("1")], tasks=[task_of(["1", "2"])])
    os.utime(folder / "samples.jsonl", OLD)
    return folder


@pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="Linux alone lists its locks")
def test_a_run_that_is_locked_is_being_written(run):
    assert not being_written(run)
    record = RunDirectory(run).record()
    with RunDirectory(run).writing(record, record):
        os.utime(run / "samples.jsonl", OLD)
        assert being_written(run)
    assert not being_written(run)


def test_an_answer_of_the_last_minute_is_a_sign(run):
    os.utime(run / "samples.jsonl")
    assert being_written(run)


def test_looking_is_in_nobodys_way(run):
    """A run that begins finds its lock free at any moment, however often somebody looks."""
    end = threading.Event()

    def look() -> None:
        while not end.is_set():
            being_written(run)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        record = RunDirectory(run).record()
        for _ in range(50):
            with RunDirectory(run).writing(record, record):
                pass
    finally:
        end.set()
        looking.join()


def test_work_that_takes_long_goes_on_behind_the_page():
    work, go, calls = Work(), threading.Event(), []

    def piece(stop: threading.Event) -> None:
        calls.append(1)
        go.wait(10)

    assert not work.done("piece", piece, 0)
    assert not work.done("piece", piece, 0)
    go.set()
    assert work.done("piece", piece, 10)
    assert calls == [1]
    work.close()


def test_what_goes_wrong_in_it_is_told_once():
    work = Work()

    def piece(stop: threading.Event) -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        work.done("piece", piece, 10)
    assert work.done("piece", lambda stop: None, 10)
    work.close()


def test_the_end_stops_it():
    work, began = Work(), threading.Event()

    def piece(stop: threading.Event) -> None:
        began.set()
        assert stop.wait(10)

    work.done("piece", piece, 0)
    began.wait(10)
    work.close()
