"""A gate as an assertion, called as a test calls it."""

from __future__ import annotations

import csv
import inspect
import pickle
import sys
import unittest
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

import quantgate
from quantgate import assert_not_regressed
from quantgate.evals.errors import DataError, QuantgateError, RunDirectoryError, UsageError
from quantgate.evals.runs.directory import RunDirectory
from quantgate.notebook.asserting import GateOptions, NotPassed
from quantgate.notebook.results import GateResult
from tests.evals.made_runs import pair_of, run_of
from tests.reports.hostile import TEXTS, with_text

EXAMPLES = Path(__file__).parents[1] / "docs" / "example-runs"
FP8, MXFP4, Q4 = (str(EXAMPLES / name) for name in ("fp8", "mxfp4", "q4_1"))


@pytest.fixture
def pair(tmp_path):
    """Writes two run directories with so many losses and gains on 400 items."""

    def make(losses: int, gains: int = 0) -> list[Path]:
        paths = [tmp_path / name for name in ("fp8", "mxfp4")]
        for path, run in zip(paths, pair_of(losses, gains, 400), strict=True):
            with RunDirectory(path).writing(run.record) as writer:
                for sample in run.samples.values():
                    writer.append(sample)
        return paths

    return make


@pytest.fixture
def failure(monkeypatch):
    """What is shown of a failure, in so many columns."""

    def of(*runs: str | Path, columns: int = 160, **options: object) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        with pytest.raises(AssertionError) as failed:
            assert_not_regressed(*runs, **options)
        return str(failed.value)

    return of


def test_a_pass_gives_the_decision(pair):
    assert assert_not_regressed(*pair(0)).verdict == "pass"


def test_a_regression_fails_with_the_table_the_first_flips_and_the_command_that_shows_them(failure):
    said = failure(FP8, MXFP4, margin=0.05)
    assert said.splitlines()[0].startswith("regressed: arithmetic: regressed. With 95% confidence")
    assert "40/10 ✗ regressed" in said
    assert "1 lost: 2 in the baseline, 10 in the candidate; right is 2" in said
    assert f"side by side: quantgate diff {FP8} {MXFP4} 1 3 4" in said
    assert said.count("side by side") == 1


def test_what_cannot_be_told_fails_by_default_and_names_flips_too(failure):
    said = failure(FP8, Q4, 0.05)
    assert said.startswith("inconclusive: arithmetic: cannot be told.")
    assert "7/6 ? inconclusive" in said
    assert f"side by side: quantgate diff {FP8} {Q4} 21 23 26" in said


def test_what_cannot_be_told_passes_with_a_warning_where_that_is_wanted():
    with pytest.warns(UserWarning, match="inconclusive: arithmetic: cannot be told") as warned:
        assert assert_not_regressed(FP8, Q4, 0.05, inconclusive="pass").verdict == "inconclusive"
    assert warned[0].filename == __file__


def test_what_cannot_be_told_is_skipped_where_that_is_wanted():
    with pytest.raises(pytest.skip.Exception, match="inconclusive: arithmetic: cannot be told"):
        assert_not_regressed(FP8, Q4, 0.05, inconclusive="skip")


def test_without_pytest_it_is_skipped_as_unittest_does(monkeypatch):
    monkeypatch.delitem(sys.modules, "pytest")
    with pytest.raises(unittest.SkipTest, match="cannot be told"):
        assert_not_regressed(FP8, Q4, 0.05, inconclusive="skip")


@pytest.mark.parametrize("inconclusive", ["skip", "pass"])
def test_what_regressed_fails_whatever_becomes_of_what_cannot_be_told(failure, inconclusive):
    assert failure(FP8, MXFP4, 0.05, inconclusive=inconclusive).startswith("regressed")


@pytest.mark.parametrize("inconclusive", ["fail", "skip", "pass"])
def test_what_is_invalid_fails_with_the_reason(failure, pair, tmp_path, inconclusive):
    run = run_of([1.0] * 300, label="other", version="4.0")
    with RunDirectory(tmp_path / "other").writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)
    said = failure(pair(0)[0], tmp_path / "other", inconclusive=inconclusive)
    assert said.startswith("invalid: gsm8k")
    assert "version" in said


def test_the_margin_is_that_of_the_gate_and_a_policy_keeps_its_own(pair):
    runs = pair(4, 4)
    assert assert_not_regressed(*runs).decision.tasks[0].margin == quantgate.gate(*runs).decision.tasks[0].margin
    own = assert_not_regressed(*runs, policy="smoke").decision
    assert own.tasks[0].margin == quantgate.gate(*runs, policy="smoke").decision.tasks[0].margin
    assert own.tasks[0].margin != quantgate.gate(*runs, margin=0.02).decision.tasks[0].margin


def test_it_takes_what_the_gate_takes():
    taken = set(inspect.signature(quantgate.gate).parameters) - {"baseline", "candidate", "margin"}
    assert set(GateOptions.__annotations__) == taken
    with pytest.raises(TypeError, match="polcy"):
        assert_not_regressed(FP8, Q4, polcy="strict")


def test_a_look_is_counted_as_the_gate_counts_it_and_the_same_answers_are_no_further_one(pair):
    _, candidate = runs = pair(4, 4)
    assert_not_regressed(*runs)
    (look,) = (candidate / "looks.jsonl").read_text().splitlines()
    quantgate.gate(*runs)
    assert (candidate / "looks.jsonl").read_text().splitlines() == [look]


def test_files_of_other_tools_are_gated(failure, tmp_path):
    for name, right in (("fp8", 400), ("mxfp4", 300)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["task", "item_id", "repeat", "score"])
            rows.writerows(["qa", number, 0, int(number < right)] for number in range(400))
    said = failure(tmp_path / "fp8.csv", tmp_path / "mxfp4.csv")
    assert said.startswith("regressed: qa")
    assert f"quantgate diff {tmp_path}/fp8.csv {tmp_path}/mxfp4.csv 300 301 302" in said


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda broken: (FP8, "nowhere", {}), RunDirectoryError, "nowhere is no run directory: there is no such"),
        (lambda broken: (FP8, broken, {}), DataError, "broken.csv"),
        (lambda broken: (FP8, Q4, {"margin": 2.0}), UsageError, "2"),
        (lambda broken: (FP8, Q4, {"inconclusive": "never"}), UsageError, "'never': choose fail, skip, pass"),
    ],
)
def test_what_a_user_can_cause_is_told_and_not_where_in_quantgate_it_was_found(tmp_path, call, error, said):
    (tmp_path / "broken.csv").write_text("task,item_id,repeat,score\n")
    baseline, candidate, options = call(tmp_path / "broken.csv")
    with pytest.raises(QuantgateError, match=said) as failed:
        assert_not_regressed(baseline, candidate, **options)
    assert isinstance(failed.value, error)
    assert len(failed.traceback) == 2
    assert [entry.frame.f_locals.get("__tracebackhide__", False) for entry in failed.traceback] == [False, True]
    assert failed.value.__suppress_context__ or failed.value.__context__ is None


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_the_table_fits_the_terminal_as_pytest_indents_it(failure, columns):
    shown = failure(FP8, MXFP4, margin=0.05, columns=columns).splitlines()
    table = shown[2 : next(n for n, line in enumerate(shown) if line.startswith("arithmetic: regressed."))]
    assert len(table) >= 3
    assert max(map(len, table)) <= columns - 4


@pytest.mark.parametrize("text", [*TEXTS.values(), "##[error]x", "##vso[task.complete]", "x\n::error::y"])
def test_no_text_of_a_run_reaches_the_terminal_as_it_is(text):
    decision = with_text(quantgate.gate(FP8, MXFP4, margin=0.05).decision, text)
    named = {"baseline": "runs/fp8", "candidate": "runs/mxfp4"}
    said = str(NotPassed(GateResult(replace(decision, folders=named))))
    assert all(line.isprintable() for line in said.split("\n"))
    assert len(said) < 100_000
    assert not any(line.startswith("::") for line in said.splitlines())
    assert "##[" not in said
    assert "##vso[" not in said


def test_a_failure_goes_from_one_process_to_another():
    with pytest.raises(NotPassed) as failed:
        assert_not_regressed(FP8, MXFP4, margin=0.05)
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)


def test_nothing_is_warned_of_a_pass(pair):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_not_regressed(*pair(0))
