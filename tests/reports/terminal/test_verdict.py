"""The verdict on the terminal: its table and sentences."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.reports.terminal.verdict import print_verdict
from tests.evals.made_runs import run_of


def printed(baseline: Run, candidate: Run, policy: Policy) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    print_verdict(console, decide(pair_runs(baseline, candidate), policy))
    return console.export_text()


def stratified(scores: list[float]) -> Run:
    run = run_of(scores, name="tau2")
    names = ("airline", "retail")
    return Run(run.record, {key: replace(s, stratum=names[int(key[1]) % 2]) for key, s in run.samples.items()})


def test_a_stratum_has_a_row_below_its_task_and_is_advisory():
    text = printed(stratified([1.0] * 400), stratified([0.0, 1.0] * 100 + [1.0] * 200), Policy(margin=0.05))
    lines = [line for line in text.splitlines() if line.startswith(("tau2 ", "· "))]
    assert [line.split()[:2] for line in lines] == [["tau2", "400"], ["·", "airline"], ["·", "retail"]]
    assert lines[1].rstrip().endswith("✗ regressed (advisory)")
    assert lines[2].rstrip().endswith("✓ equivalent (advisory)")


def test_an_advisory_task_is_marked_so():
    policy = Policy.model_validate({"tasks": {"tau2": {"tier": "advisory"}}})
    assert "(advisory)" in printed(run_of([1.0] * 99, name="tau2"), run_of([1.0] * 99, name="tau2"), policy)


def test_the_reason_is_told_where_no_task_decides():
    policy = Policy.model_validate({"tier": "advisory"})
    text = printed(run_of([1.0] * 99), run_of([1.0] * 99), policy)
    assert "there is no required task to decide on" in text
    assert "verdict: ! invalid" in text


def test_items_whose_mean_moved_are_counted_where_there_are_repeats():
    baseline = run_of([1.0] * 99, repeats=2)
    worse = {key: replace(s, score=0.0) if int(key[1]) < 3 and key[2] else s for key, s in baseline.samples.items()}
    text = printed(baseline, Run(baseline.record, worse), Policy())
    (row,) = [line for line in text.splitlines() if line.startswith("gsm8k ")]
    assert "3/0" in row.split()
