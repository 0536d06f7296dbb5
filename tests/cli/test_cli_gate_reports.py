"""The reports that `gate` and `compare` write beside their decision."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from quantgate.evals.decision.json import load_decision
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from tests.evals.made_runs import pair_of


@pytest.fixture
def runs(tmp_path):
    """A baseline and candidates with so many losses and gains, by label."""

    def make(**candidates: tuple[int, int]) -> list[str]:
        saved = []
        for label, (losses, gains) in {"fp8": (0, 0), **candidates}.items():
            run = pair_of(losses, gains, 400, right=1.0)[1]
            path = tmp_path / label
            record = type(run.record)(**{**vars(run.record), "label": label})
            _save(Run(record, run.samples), path)
            saved.append(str(path))
        return saved

    return make


def _save(run: Run, path: Path) -> None:
    with RunDirectory(path).writing(run.record) as writer:
        for sample in run.samples.values():
            writer.append(sample)


def outputs(folder: Path) -> list[str]:
    return [
        word for name in ("json", "html", "markdown", "junit", "plots") for word in (f"--{name}", str(folder / name))
    ]


def written(folder: Path) -> str:
    """What a verb says of them."""
    return f"written: {', '.join(str(folder / name) for name in ('json', 'html', 'markdown', 'junit', 'plots'))}\n"


@pytest.mark.slow
def test_gate_writes_every_report_of_one_decision(quantgate, runs, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    code, _, err = quantgate(["gate", *runs(mxfp4=(2, 0)), "--margin", "0.03", *outputs(folder)])
    assert (code, err) == (0, written(folder))
    assert "mxfp4 against fp8" in (folder / "html").read_text()
    assert (folder / "markdown").read_text().startswith("### ✓ pass: mxfp4 against fp8")
    assert ElementTree.parse(folder / "junit").find(".//testcase/system-out") is not None
    assert (folder / "plots" / "forest.png").exists()
    again = tmp_path / "again.html"
    assert quantgate(["report", str(folder / "json"), "--html", str(again)])[0] == 0
    assert again.read_bytes() == (folder / "html").read_bytes()


@pytest.mark.slow
def test_the_command_in_the_report_decides_it_again_and_names_no_output(quantgate, runs, tmp_path):
    file = tmp_path / "gate.json"
    quantgate(["gate", *runs(mxfp4=(2, 0)), "--margin", "0.03", "--json", str(file), "--junit-inconclusive", "skipped"])
    command = json.loads(file.read_text())["command"]
    assert command == f"quantgate gate {tmp_path / 'fp8'} {tmp_path / 'mxfp4'} --margin 0.03"


@pytest.mark.slow
def test_a_report_that_cannot_be_written_loses_neither_the_verdict_nor_the_json(quantgate, runs, tmp_path):
    file, bad = tmp_path / "gate.json", Path("/dev/null/r.html")
    code, out, err = quantgate(["gate", *runs(mxfp4=(60, 0)), "--html", str(bad), "--json", str(file)])
    assert code == 2
    assert "verdict: ✗ regressed" in out
    assert f"--html {bad}: cannot be written" in err
    assert load_decision(file).verdict == "regressed"


@pytest.mark.slow
def test_compare_writes_every_report_and_report_renders_them_again(quantgate, runs, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    costs = ["--cost", "a=0.5", "--cost", "b=0.6", "--cost-unit", "GB"]
    code, out, err = quantgate(["compare", *runs(a=(2, 0), b=(1, 1)), "--margin", "0.05", *costs, *outputs(folder)])
    assert (code, err) == (0, written(folder))
    assert "cheapest that passes: ★ a" in out
    html = (folder / "html").read_text()
    assert "Accuracy against cost" in html
    assert ">GB<" in html
    again = tmp_path / "again.md"
    assert quantgate(["report", str(folder / "json"), "--markdown", str(again)])[0] == 0
    assert again.read_bytes() == (folder / "markdown").read_bytes()


def test_where_more_is_better_the_highest_figure_is_the_best(quantgate, runs, tmp_path):
    file = tmp_path / "compare.json"
    costs = ["--cost", "a=900", "--cost", "b=1100", "--cost-unit", "tokens/s", "--more-is-better"]
    quantgate(["compare", *runs(a=(2, 0), b=(1, 1)), "--margin", "0.05", *costs, "--json", str(file)])
    found = json.loads(file.read_text())
    assert found["cheapest"] == ["b"]
    assert [build["name"] for build in found["formats"]] == ["b", "a"]


def test_a_unit_without_costs_is_refused(quantgate, runs):
    code, _, err = quantgate(["compare", *runs(a=(2, 0)), "--cost-unit", "GB"])
    assert code == 2
    assert "--cost-unit is given without any --cost" in err


def test_two_outputs_into_one_file_are_refused_before_either_is_written(quantgate, runs, tmp_path):
    file = tmp_path / "out"
    code, _, err = quantgate(["gate", *runs(mxfp4=(2, 0)), "--json", str(file), "--html", str(tmp_path / "." / "out")])
    assert code == 2
    assert f"--html {file} is the file of --json too" in err
    assert not file.exists()


def test_a_server_that_told_nan_of_itself_does_not_cost_the_json(quantgate, runs, tmp_path):
    folders, file = runs(mxfp4=(2, 0)), tmp_path / "gate.json"
    record = Path(folders[0]) / "run.json"
    document = json.loads(record.read_text())
    record.write_text(json.dumps({**document, "endpoint": {"served": {"load": float("nan")}}}))
    assert quantgate(["gate", *folders, "--margin", "0.03", "--json", str(file)])[0] == 0
    assert json.loads(file.read_text())["baseline"]["endpoint"] == {"served": {"load": "NaN"}}


def test_a_regression_names_items_and_what_shows_them_and_annotates_only_on_github(quantgate, runs, monkeypatch):
    folders = runs(int4=(60, 0))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    code, out, err = quantgate(["gate", *folders])
    assert (code, err) == (1, "")
    named = out.splitlines()[-6:-1]
    assert named[0] == "  0 lost: 5 in the baseline, 5 in the candidate"
    assert named[3] == f"side by side: quantgate diff {folders[0]} {folders[1]} 0 1 2"
    assert named[4] == f"on a page: quantgate view {folders[0]} {folders[1]}"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, again, err = quantgate(["gate", *folders, "--looks", "1"])
    assert (code, again.splitlines()[-6:-1]) == (1, named)
    (line,) = err.splitlines()
    assert line.startswith("::error title=quantgate%3A gsm8k%3A regressed::gsm8k: regressed. With 95%25 confidence")
    assert quantgate(["compare", *folders, "--looks", "1"])[2].startswith(
        "::error title=quantgate%3A int4%3A regressed"
    )


def test_what_fails_to_be_written_does_not_hide_what_was(quantgate, runs, tmp_path):
    file = tmp_path / "table.csv"
    code, _, err = quantgate(["gate", *runs(a=(0, 0)), "--csv", str(file), "--html", str(tmp_path)])
    assert code == 2
    assert f"written: {file}" in err
    assert file.read_bytes().startswith(b"task,stratum,tier,verdict,items,")
