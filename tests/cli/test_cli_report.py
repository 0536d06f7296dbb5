"""`quantgate report`, and the reports that `gate` and `compare` write: files, exit codes and messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from quantgate.evals.decision.types import ReleaseVerdict
from tests.reports import made

VERDICT = made.verdict(made.decision(), made.inconclusive(), release=ReleaseVerdict.INCONCLUSIVE)


@pytest.fixture
def gate_json(tmp_path):
    file = tmp_path / "gate.json"
    file.write_text(VERDICT.to_json())
    return file


@pytest.fixture
def compare_json(tmp_path):
    file = tmp_path / "compare.json"
    file.write_text(made.comparison().to_json())
    return file


def test_without_an_option_it_prints_what_the_gate_printed_and_exits_0(quantgate, gate_json):
    code, out, err = quantgate(["report", str(gate_json)])
    assert (code, err) == (0, "")
    assert "mxfp4 against fp8" in out
    assert "verdict: ? inconclusive (exit code 3)" in out


def test_a_comparison_is_printed_as_compare_printed_it(quantgate, compare_json):
    code, out, _ = quantgate(["report", str(compare_json)])
    assert code == 0
    assert "3 formats against fp8" in out


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gate_json", "compare_json"])
def test_every_rendering_is_written(quantgate, kind, request, tmp_path):
    source, out = request.getfixturevalue(kind), tmp_path / "out"
    out.mkdir()
    names = ("html", "markdown", "junit", "csv", "flips", "plots")
    wanted = [word for name in names for word in (f"--{name}", str(out / name))]
    told = f"written: {', '.join(str(out / name) for name in names)}\n"
    assert quantgate(["report", str(source), *wanted]) == (0, "", told)
    assert (out / "html").read_text().startswith("<!doctype html>")
    assert (out / "markdown").read_text().startswith("### ")
    ElementTree.parse(out / "junit")
    assert {"forest.svg", "forest.png"} <= {file.name for file in (out / "plots").iterdir()}


def test_junit_can_skip_what_cannot_be_told(quantgate, gate_json, tmp_path):
    file = tmp_path / "junit.xml"
    quantgate(["report", str(gate_json), "--junit", str(file), "--junit-inconclusive", "skipped"])
    assert ElementTree.parse(file).find(".//skipped") is not None


def test_the_model_card_goes_to_standard_output_and_the_hubs_entries_to_their_file(quantgate, gate_json, tmp_path):
    code, out, _ = quantgate(["report", str(gate_json), "--model-card"])
    assert code == 0
    assert out.startswith("## Accuracy\n")
    assert "```yaml" in out
    file = tmp_path / "quantgate.yaml"
    _, out, _ = quantgate(["report", str(gate_json), "--model-card", "--eval-results", str(file)])
    assert "```yaml" not in out
    assert "openai/gsm8k" in file.read_text()


def test_a_comparison_has_no_model_card(quantgate, compare_json):
    code, _, err = quantgate(["report", str(compare_json), "--model-card"])
    assert code == 2
    assert "is a comparison" in err


@pytest.mark.slow
def test_a_file_that_holds_no_decision_is_a_plain_message(quantgate, tmp_path):
    file = tmp_path / "x.json"
    file.write_text("{}")
    code, _, err = quantgate(["report", str(file)])
    assert code == 2
    assert err == f"quantgate: {file} holds no decision: give what `gate --json` or `compare --json` wrote\n"


def test_a_jobs_summary_is_added_to_and_any_other_file_replaced(quantgate, gate_json, tmp_path, monkeypatch):
    summary, other = tmp_path / "summary.md", tmp_path / "other.md"
    summary.write_text("before\n")
    other.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for file in (summary, other):
        quantgate(["report", str(gate_json), "--markdown", str(file)])
    assert summary.read_text().startswith("before\n### ")
    assert other.read_text().startswith("### ")


def test_one_output_that_fails_loses_no_other_and_not_the_decision(quantgate, gate_json, tmp_path):
    bad, good = Path("/dev/null/r.html"), tmp_path / "good.xml"
    code, _, err = quantgate(["report", str(gate_json), "--html", str(bad), "--junit", str(good)])
    assert code == 2
    assert f"--html {bad}: cannot be written" in err
    assert good.exists()


def test_plots_without_matplotlib_are_refused_before_anything_is_read(quantgate, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = quantgate(["report", str(tmp_path / "none.json"), "--plots", str(tmp_path / "plots")])
    assert code == 2
    assert 'pip install "quantgate[plots]"' in err


@pytest.mark.slow
def test_a_rendering_of_the_json_is_the_rendering_of_the_gate(quantgate, gate_json, tmp_path):
    from quantgate.reports.html.gate import gate_html

    quantgate(["report", str(gate_json), "--html", str(tmp_path / "r.html")])
    assert (tmp_path / "r.html").read_text() == gate_html(VERDICT)


@pytest.mark.slow
def test_no_rendering_touches_matplotlibs_own_settings():
    script = (
        "import json, matplotlib as mpl; before = dict(mpl.rcParams); from tests.reports import made; "
        "from quantgate.reports.html.gate import gate_html; gate_html(made.verdict(made.decision())); "
        "print(json.dumps(before == dict(mpl.rcParams)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) is True
