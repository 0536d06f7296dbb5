"""How a release reads while it goes on, live and as plain lines."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

from rich.console import Console

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.decision.sequential.state import Stage, State
from quantgate.evals.endpoint.window import Window
from quantgate.evals.settings.margin import Margin
from quantgate.reports.terminal.release_counts import TaskOnScreen
from quantgate.reports.terminal.release_screen import ReleaseScreen

GSM8K = TaskOnScreen("gsm8k", Margin(points=0.02), 2638, before=100)
GPQA = TaskOnScreen("gpqa_diamond", Margin(points=0.03), 3168)
OPEN = State(Stage.OPEN, 3, 8, 495, 1, 0.941, 0.938, -0.003, -0.0213, 0.0142)
LOST = State(Stage.REGRESSED, 1, 8, 90, 1, 0.941, 0.638, -0.303, -0.42, -0.21, message="it has lost too much")


def sample(status: Status = Status.OK, task: str = "gsm8k") -> Sample:
    return Sample(task, "1", 0, "h", status, None if status is Status.ERROR else 1.0)


def screen(out, *candidates: str, tasks=(GSM8K, GPQA), terminal=True, width=80) -> ReleaseScreen:
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None)
    return ReleaseScreen(console, "fp8", candidates or ("mxfp4",), tasks)


def of_gsm8k(request_of):
    return replace(request_of(), task="gsm8k")


def shown(of: ReleaseScreen, width=80) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(of.rendered())
    return out.getvalue()


def test_every_figure_of_a_task_stands_on_80_columns(request_of):
    told = screen(io.StringIO())
    window = Window(7)
    window.in_flight = 2
    told.follow("mxfp4", window)
    for _ in range(5):
        told.asked("fp8", of_gsm8k(request_of))
    told.finished("fp8", sample(Status.TRUNCATED))
    told.finished("fp8", sample(Status.ERROR))
    told.fault("fp8", of_gsm8k(request_of), Fault("HTTP 500"))
    told.state("gsm8k", "mxfp4", OPEN)
    text = shown(told)
    assert max(map(len, text.splitlines())) <= 80
    row = next(line for line in text.splitlines() if line.startswith("gsm8k "))
    assert row.split() == ["gsm8k", "94.1%", "93.8%", "-0.3", "-2.1", "to", "+1.4", "2", "3", "of", "8", "open"]
    assert "gsm8k: 101 of at most 2,638, 2 in flight, faults 1, given up 1, cut 1" in text
    assert "left at most" in text
    assert "mxfp4: 2 in flight" in text


def test_no_figure_is_cut_where_the_terminal_is_narrow():
    told = screen(io.StringIO(), width=50)
    told.state("gsm8k", "mxfp4", OPEN)
    text = shown(told, width=50)
    assert "…" not in text
    said = "gsm8k: baseline 94.1%, candidate 93.8%, diff -0.3, bounds -2.1 to +1.4, margin 2, looks 3 of 8, stands open"
    assert said in " ".join(text.split())


def test_a_task_that_nobody_has_answered_has_no_figures():
    row = next(line for line in shown(screen(io.StringIO())).splitlines() if line.startswith("gpqa_diamond "))
    assert row.split() == ["gpqa_diamond", "—", "—", "—", "—", "3", "—", "open"]


def test_each_of_several_candidates_has_its_row():
    told = screen(io.StringIO(), "mxfp4", "q4_1")
    told.state("gsm8k", "q4_1", LOST)
    lines = shown(told).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("gsm8k"))
    assert [line.split()[0] for line in lines[at : at + 3]] == ["gsm8k", "mxfp4", "q4_1"]
    assert "✗ regressed" in lines[at + 2]


def test_off_a_terminal_a_look_and_a_verdict_are_lines_of_their_own():
    out = io.StringIO()
    told = screen(out, terminal=False, width=200)
    with told.shown():
        told.state("gsm8k", "mxfp4", OPEN)
        told.state("gsm8k", "mxfp4", OPEN)
        told.state("gpqa_diamond", "mxfp4", LOST)
    assert out.getvalue().splitlines() == [
        "gsm8k: 94.1% and 93.8%, -0.3 (-2.1 to +1.4), looks 3 of 8 after 495 items: goes on",
        "gpqa_diamond: 94.1% and 63.8%, -30.3 (-42.0 to -21.0), looks 1 of 8: ✗ regressed: it has lost too much",
    ]


def test_nothing_is_told_while_nothing_is_shown():
    out = io.StringIO()
    screen(out, terminal=False).state("gsm8k", "mxfp4", OPEN)
    assert out.getvalue() == ""


def test_the_lines_of_every_ten_seconds_leave_out_what_is_settled():
    told = screen(io.StringIO(), terminal=False)
    told.state("gpqa_diamond", "mxfp4", LOST)
    told.state("gsm8k", "mxfp4", OPEN)
    (line,) = told.lines()
    assert line.plain == (
        "gsm8k: 100 of at most 2,638, faults 0, cut 0; 94.1% and 93.8%, -0.3 (-2.1 to +1.4), looks 3 of 8"
    )


def test_a_look_that_claims_nothing_has_no_bounds():
    told = screen(io.StringIO(), tasks=(GSM8K,))
    told.state("gsm8k", "mxfp4", replace(OPEN, lower=-1.0, upper=1.0))
    assert "-100" not in shown(told)


def test_hostile_text_is_one_line_and_no_command(request_of):
    told = screen(io.StringIO(), "[red]mx", "q4", tasks=(GSM8K,))
    assert "  [red]mx " in shown(told)
    told.fault("fp8", of_gsm8k(request_of), Fault("HTTP 503\n::error::\x1b[31mno"))
    assert "last fault: HTTP 503 ::error::[31mno" in " ".join(shown(told, 200).split())


def test_requests_and_faults_are_logged(request_of, caplog):
    told = screen(io.StringIO())
    with caplog.at_level(logging.DEBUG, "quantgate.check"):
        told.asked("fp8", of_gsm8k(request_of))
        told.fault("fp8", of_gsm8k(request_of), Fault("HTTP 500"))
    levels = [record.levelname for record in caplog.records]
    assert levels == ["DEBUG", "INFO"]
    assert "HTTP 500" in caplog.text


def test_the_live_screen_leaves_nothing_behind():
    out = io.StringIO()
    with screen(out).shown():
        pass
    assert "mxfp4 against fp8" in out.getvalue()
    assert out.getvalue().rstrip("\n").endswith("\x1b[2K")
