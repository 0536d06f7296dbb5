"""`import quantgate` as a notebook meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import quantgate
from quantgate.evals.errors import RunDirectoryError, UsageError
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import pair_of, run_of

EVIL = "<script>alert(1)</script>"


def saved(run: Run, path: Path) -> Path:
    with RunDirectory(path).writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)
    return path


@pytest.fixture
def pair(tmp_path) -> tuple[Path, Path]:
    """Two run directories: 36 losses and 23 gains on 1,319 items."""
    baseline, candidate = pair_of(36, 23, 1319)
    return saved(baseline, tmp_path / "fp8"), saved(candidate, tmp_path / "mxfp4")


def test_importing_it_loads_no_heavy_library():
    script = (
        "import sys, quantgate; print([n for n in ('numpy', 'pandas', 'scipy', 'rich', 'typer') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_its_names_are_few_and_all_there():
    assert set(quantgate.__all__) == {
        "__version__",
        "assert_not_regressed",
        "claim",
        "compare",
        "gate",
        "load",
        "plan",
        "stats",
    }
    for name in quantgate.__all__:
        assert getattr(quantgate, name)
    with pytest.raises(AttributeError, match="no attribute 'gates'"):
        quantgate.gates  # noqa: B018


def test_a_run_is_a_frame_with_a_row_a_sample(pair):
    frame = quantgate.load(pair[0])
    assert len(frame) == 1319
    assert {"task", "item_id", "repeat", "status", "score", "extracted"} <= set(frame.columns)
    assert frame["score"].sum() == 36 + round(0.9 * (1319 - 59))
    assert frame.attrs["run"]["label"] == "fp8"


def test_what_both_have_answered_is_decided_on_where_that_is_wanted(tmp_path):
    runs = [saved(run_of([1.0] * count, label=name), tmp_path / name) for name, count in (("fp8", 400), ("mxfp4", 300))]
    assert quantgate.gate(*runs).verdict == "invalid"
    assert quantgate.gate(*runs, common=True).verdict == "pass"
    assert quantgate.compare(runs[0], runs[1:], common=True).verdict == "pass"


def test_a_missing_sample_has_no_score_in_the_frame(tmp_path):
    frame = quantgate.load(saved(run_of([1.0, None]), tmp_path / "run"))
    assert list(frame["status"]) == ["ok", "error"]
    assert frame["score"].isna().tolist() == [False, True]


def test_a_gate_decides_as_the_command_line_does(pair):
    decision = quantgate.gate(*pair, margin=0.02)
    assert decision.verdict == "pass"
    assert decision.tasks[0].losses == 36
    assert json.loads(decision.to_json())["tasks"][0]["lower"] == decision.tasks[0].lower
    assert quantgate.gate(*pair, margin={"gsm8k": 0.01}).verdict == "inconclusive"
    assert quantgate.gate(*pair, policy="strict").verdict == "inconclusive"


def test_a_decision_shows_itself(pair):
    decision = quantgate.gate(*pair, margin=0.02)
    assert "36/23" in repr(decision)
    assert "verdict: ✓ pass" in repr(decision)
    html = decision._repr_html_()
    assert "<svg" in html
    assert "36 / 23" in html


def test_no_text_of_a_run_is_markup_in_a_cell(tmp_path):
    runs = [saved(run_of([1.0] * 9, label=EVIL, name=EVIL), tmp_path / name) for name in ("a", "b")]
    assert "<script" not in quantgate.gate(*runs)._repr_html_()
    assert "<script" not in quantgate.compare(runs[0], runs[1:])._repr_html_()


def test_formats_are_compared_and_the_cheapest_that_passes_is_named(pair, tmp_path):
    other = saved(pair_of(300, 0, 1319)[1], tmp_path / "int4")
    compared = quantgate.compare(pair[0], [pair[1], other], margin=0.03, costs={"mxfp4": 0.5, "int4": 0.4})
    assert compared.verdict == "regressed"
    assert [build.verdict for build in compared.formats] == ["regressed", "pass"]
    assert "<svg" in compared._repr_html_()
    assert "cheapest" in repr(compared)


def test_a_plan_comes_as_a_frame():
    frame = quantgate.plan("gsm8k", margin=[0.02, 0.05]).to_frame()
    assert list(frame["ask"]) == [813, 158]


def test_a_pilot_replaces_the_assumptions(pair):
    plan = quantgate.plan(pilot=pair, margin=0.02)
    assert plan.plans[0].assumptions.discordance == pytest.approx(59 / 1319)


def test_published_numbers_are_judged():
    judged = quantgate.claim(n=200, baseline="0.965", candidate="0.955", margin=0.03)
    assert judged.verdict == "inconclusive"
    assert judged.tasks[0].pvalue_best == pytest.approx(0.059391, abs=1e-6)
    assert quantgate.claim(Path(__file__).parents[1] / "docs/claims/glm-5.2-mxfp4.yaml").verdict == "inconclusive"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: quantgate.load("nowhere"), RunDirectoryError, "no run directory"),
        (lambda: quantgate.claim(n=200, baseline="0.9"), UsageError, "candidate"),
        (lambda: quantgate.claim("a.yaml", n=200), UsageError, "n is given beside a.yaml"),
        (lambda: quantgate.plan("gsm8k", margin=2.0), UsageError, "--margin 2"),
    ],
)
def test_what_a_user_can_cause_is_an_error_that_says_what_to_do(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_a_margin_for_a_task_that_is_not_there_is_refused(pair):
    with pytest.raises(UsageError, match="gsm9k"):
        quantgate.gate(*pair, margin={"gsm9k": 0.01})
