"""The last lines of a run: scores by stratum, what repeats add, metrics that only some samples have."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from quantgate.evals.checks.summarise import summarise
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from quantgate.reports.terminal.run_summary import print_summary
from tests.evals.made_runs import run_of


def summary(run: Run, path) -> str:
    with RunDirectory(path).writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)
    console = Console(width=160, record=True, file=io.StringIO())
    found = summarise(Run.load(path), [task.name for task in run.record.tasks], {})
    print_summary(console, found, path)
    assert found.exit_code == 0
    return console.export_text()


def agentic() -> Run:
    """Two domains of unlike size in two trials; only airline has a database to check."""
    run = run_of([1.0] * 2 + [0.0] * 2 + [1.0] * 12, name="tau2", repeats=2, metric="reward")
    samples = {}
    for key, sample in run.samples.items():
        airline = int(key[1]) < 4
        metrics = {"reward": sample.score or 0.0, **({"db": 0.5} if airline else {})}
        samples[key] = replace(sample, stratum="airline" if airline else "retail", metrics=metrics)
    last = ("tau2", "15", 1)
    samples[last] = replace(samples[last], score=0.0)
    return Run(run.record, samples)


def test_a_task_with_strata_has_the_macro_average_for_its_score_and_a_line_for_each(tmp_path):
    text = summary(agentic(), tmp_path / "run")
    retail = (11 + 0.5) / 12
    lines = {" ".join(line.split()) for line in text.splitlines()}
    assert f"reward, macro average {(0.5 + retail) / 2:.4f} (the score)" in lines
    assert "airline: reward 0.5000" in lines
    assert f"retail: reward {retail:.4f}" in lines
    assert "airline: pass^2 0.5000" in lines
    assert f"retail: pass^2 {11 / 12:.4f}" in lines
    assert "retail: pass@2 1.0000" in lines


def test_a_metric_is_averaged_over_the_samples_that_have_it(tmp_path):
    lines = {" ".join(line.split()) for line in summary(agentic(), tmp_path / "run").splitlines()}
    assert "db 0.5000 (of 8 samples)" in lines


def test_one_pool_has_the_mean_over_its_items(tmp_path):
    text = summary(run_of([1.0, 0.0, 1.0, 1.0]), tmp_path / "run")
    assert "exact_match 0.7500 (the score)" in text
    assert "pass" not in text
