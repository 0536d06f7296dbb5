"""What is told of the looks at a task, and the cell that says how much of it was asked."""

from __future__ import annotations

import pytest
from rich.console import Console

from quantgate.evals.decision.json import parse_decision
from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.decision.types import TaskVerdict, Verdict
from quantgate.reports.files.junit import gate_junit
from quantgate.reports.files.markdown import comparison_markdown, gate_markdown
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.html.gate import gate_html
from quantgate.reports.terminal.verdict import print_verdict
from quantgate.reports.words.looks import looks_lines
from quantgate.reports.words.row import task_cells
from quantgate.reports.words.settling import settling
from tests.reports import made


def terminal(verdict: Verdict) -> str:
    console = Console(width=200, record=True, file=None, force_terminal=False)
    with console.capture() as caught:
        print_verdict(console, verdict)
    return caught.get()


def test_looks_are_told_with_their_level_the_bets_and_what_does_not_count():
    assert looks_lines(made.looked()) == [
        "2 of 3 planned looks were taken; the bounds are repeated confidence bounds, held at 0.011, so that all looks "
        "together err at most 0.05",
        "bets on a regression have come to 1.7 times their stake at best; 20 times would show one",
        "662 answers of each build are counted; 662 of the baseline and 680 of the candidate are there, and those "
        "behind count for nothing",
    ]


def test_a_task_without_looks_has_none_to_tell():
    assert looks_lines(made.decision()) == looks_lines(made.invalid()) == []
    assert task_cells(made.decision()).asked == "1,319"


def test_by_what_all_looks_together_err_no_more_is_said_where_it_is_not_by_exact_levels():
    looks = made.looks(why="each look having its own part of it (union bound): the looks were planned otherwise")
    assert "err at most 0.05, each look having its own part" in looks_lines(made.looked(looks=looks))[0]


def test_that_candidates_have_their_part_of_alpha_already_is_said():
    assert looks_lines(made.looked(looks=made.looks(alpha=0.025)))[1] == (
        "over all its looks it has 0.025 of the alpha of 0.05, as its design or the number of candidates says: no "
        "step-down over candidates comes on top"
    )


def test_a_regression_between_looks_has_the_bounds_of_the_bets():
    looks = made.looks(stage=Stage.REGRESSED, done=0, decided_at=None, level=None, evidence=24.0, items=37, asked={})
    task = made.looked(looks=looks, verdict=TaskVerdict.REGRESSED, items=37)
    assert looks_lines(task) == [
        "0 of 3 planned looks were taken; the bounds are those of the bets, which hold after every answer",
        "bets on a regression have come to 24 times their stake at best",
    ]


@pytest.mark.parametrize(
    ("looks", "items", "told"),
    [
        (made.looks(), 662, "662/1,319"),
        (made.looks(items=1319), 1319, "1,319"),
        (made.looks(planned=(made.Look(198, 4, 0.02), made.Look(198, 16, 0.05)), repeats=4), 198, "198×4/16"),
        (made.looks(planned=(made.Look(198, 4, 0.02), made.Look(198, 16, 0.05)), repeats=16), 198, "198×16"),
    ],
)
def test_how_much_was_asked_is_told_of_the_full_size(looks, items, told):
    assert task_cells(made.looked(looks=looks, items=items, repeats=looks.repeats), narrow=True).asked == told


def test_what_is_awaited_is_said_in_place_of_what_would_settle_it():
    waiting = made.looks(stage=Stage.OPEN, message="no look yet: the next one is after 264 of 1,319 items")
    blocked = made.looks(stage=Stage.BLOCKED, message="stopped after 40 of 1,319 items, for it cannot pass: cut")
    tasks = [made.looked(looks=each, verdict=TaskVerdict.INCONCLUSIVE) for each in (waiting, blocked)]
    assert settling(tasks) == [
        "gsm8k: no look yet: the next one is after 264 of 1,319 items; the same command goes on.",
        "gsm8k: stopped after 40 of 1,319 items, for it cannot pass: cut; then ask both builds anew, into new folders.",
    ]


@pytest.mark.parametrize("render", [terminal, gate_markdown, gate_junit, gate_html])
def test_every_report_tells_them(render):
    said = render(parse_decision(made.verdict(made.looked()).to_json()))
    assert "2 of 3 planned looks were taken" in said
    assert "662/1,319" in said


def test_a_comparison_tells_them_of_each_format():
    build = made.Format("nvfp4", "runs/nvfp4", made.run_record("nvfp4"), (made.looked(),), made.ReleaseVerdict.PASS)
    for render in (comparison_markdown, comparison_html):
        assert "nvfp4: gsm8k: 2 of 3 planned looks were taken" in render(made.comparison(build))
