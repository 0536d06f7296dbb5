"""Every report tells of the mean over a suite, and before its tasks."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import (
    Decided,
    NotComparable,
    ReleaseVerdict,
    TargetBounds,
    TaskVerdict,
    Verdict,
)
from quantgate.evals.settings.requirements import Target
from quantgate.reports.files.junit import comparison_junit, gate_junit
from quantgate.reports.files.markdown import comparison_markdown, gate_markdown
from quantgate.reports.files.model_card import model_card
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.html.gate import gate_html
from quantgate.reports.plots.forest import comparison_rows, forest_rows
from quantgate.reports.terminal.compare import print_comparison
from quantgate.reports.terminal.verdict import print_verdict
from tests.reports import made

NAME = made.suite().mean.task
WEIGHTS = "the weighted mean over gsm8k (66.7%) and tau2 (33.3%)"


def passing() -> Verdict:
    return made.verdict(made.decision(), made.tau2(), suite=made.suite())


def formats() -> Comparison:
    build = Format("x", "runs/x", made.run_record(), (made.decision(),), ReleaseVerdict.PASS, 0.5, made.suite())
    other = Format("y", "runs/y", made.run_record(), (made.decision(),), ReleaseVerdict.PASS, 0.6, made.suite())
    return made.comparison(build, other, cheapest=("x",))


def printed(told: Verdict | Comparison) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    print_verdict(console, told) if isinstance(told, Verdict) else print_comparison(console, told)
    return console.export_text()


def test_the_terminal_begins_with_the_suites_sentence():
    lines = printed(passing()).splitlines()
    assert lines[0].startswith("suite of 2 tasks: 87.9% against 88.4%, recovery 99.4%, difference −0.52 points")
    rows = [line.split()[0] for line in lines if line.startswith((f"{NAME} ", "gsm8k ", "tau2 "))]
    assert rows == ["suite", "gsm8k", "tau2"]
    assert f"{NAME}: {WEIGHTS}" in lines


def test_the_terminal_tells_what_holds_of_the_mean_for_either_target():
    mean = made.suite().mean
    assert isinstance(mean, Decided)
    of_either = tuple(
        TargetBounds(target, target is Target.QUESTIONS, lower, 0.001, 0.05, TaskVerdict.NON_INFERIOR, "")
        for target, lower in ((Target.QUESTIONS, -0.0095), (Target.BENCHMARK, -0.007))
    )
    lines = printed(made.verdict(made.decision(), suite=made.suite(replace(mean, targets=of_either)))).splitlines()
    assert f"{NAME}: target questions, which decides: for questions like these -0.95 to +0.10 points, " in "\n".join(
        lines
    )
    assert f"{NAME}: target benchmark: on these 1,517 questions -0.70 to +0.10 points, non-inferior" in lines


@pytest.mark.parametrize(
    "report",
    [gate_markdown, model_card, pytest.param(gate_html, marks=pytest.mark.slow)],
    ids=["markdown", "model card", "html"],
)
def test_a_report_has_the_suites_row_before_those_of_its_tasks_and_its_weights(report):
    text = report(passing())
    assert 0 < text.index(NAME) < text.index("gsm8k", text.index("<table") if "<table" in text else text.index("| ---"))
    assert "weighted mean over" in text
    assert "99.4" in text


def test_a_model_card_tells_no_number_of_repeats_that_is_not_that_of_all_tasks():
    def row(verdict: Verdict) -> list[str]:
        return next(line for line in model_card(verdict).splitlines() if line.startswith(f"| {NAME}")).split(" | ")

    assert row(passing())[2] == "—"
    assert row(made.verdict(made.decision(), made.tau2(repeats=1), suite=made.suite()))[2] == "1"


def test_junit_has_a_case_for_the_suite():
    names = [case.get("name") for case in ElementTree.fromstring(gate_junit(passing())).iter("testcase")]
    assert names == [NAME, "gsm8k", "tau2"]
    mean = made.invalid(NAME)
    assert isinstance(mean, NotComparable)
    failed = gate_junit(made.verdict(made.decision(), suite=made.suite(mean), release=ReleaseVerdict.INVALID))
    assert [
        case.get("name") for case in ElementTree.fromstring(failed).iter("testcase") if case.find("error") is not None
    ] == [NAME]


def test_a_suite_that_passes_hides_no_task_that_does_not():
    failing = made.verdict(
        made.decision(), made.inconclusive(), suite=made.suite(), release=ReleaseVerdict.INCONCLUSIVE
    )
    assert made.inconclusive().named_reason in printed(failing).splitlines()[0]


def test_the_plot_has_a_line_for_the_suite_of_each_format():
    assert [row.name for row in forest_rows(passing().rows)][:2] == [NAME, "gsm8k"]
    assert [row.name for row in comparison_rows(formats())] == ["suite: x", "suite: y", "gsm8k: x", "gsm8k: y"]


@pytest.mark.parametrize(
    ("report", "times"),
    [
        (printed, 2),
        (comparison_markdown, 2),
        (comparison_junit, 2),
        # The page's box tells the accuracies of what is to be shipped once more.
        pytest.param(comparison_html, 3, marks=pytest.mark.slow),
    ],
    ids=["terminal", "markdown", "junit", "html"],
)
def test_a_comparison_has_the_suites_figures_for_each_format(report, times):
    assert report(formats()).count("87.88%") == times
