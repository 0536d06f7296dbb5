"""To ask a pair more after a verdict is another look at it: `gate` and `compare` count, spend and say so."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import quantgate as package
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.looks import LOOKS_FILE
from tests.evals.made_runs import pair_of

pytestmark = pytest.mark.slow


def grown(run: Run, path: Path) -> str:
    """The run directory as it is once the run has gone on to as many answers."""
    directory = RunDirectory(path)
    before = directory.record() if directory.exists() else None
    held = directory.samples(before) if before else {}
    with directory.writing(run.record, before) as writer:
        for sample in run.samples.values():
            if held.get(sample.key) != sample:
                writer.append(sample)
    return str(path)


@pytest.fixture
def pair(tmp_path):
    """Two run directories that have grown to so many items, with so many losses and gains."""

    def make(losses: int, gains: int, n: int, name: str = "mxfp4") -> list[str]:
        baseline, candidate = pair_of(losses, gains, n)
        candidate = replace(candidate, record=replace(candidate.record, label=name))
        return [grown(baseline, tmp_path / "fp8"), grown(candidate, tmp_path / name)]

    return make


def looks_of(folder: str | Path) -> list[dict]:
    file = Path(folder) / LOOKS_FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def decision(file: Path) -> dict:
    return json.loads(file.read_text())["tasks"][0]


def test_growing_data_are_further_looks_and_the_same_data_are_not(quantgate, pair, tmp_path):
    file = tmp_path / "gate.json"
    asked = ["gate", *pair(4, 3, 200), "--json", str(file)]
    assert quantgate(asked)[0] == 3
    assert quantgate([*asked, "--margin", "0.01"])[0] == 3
    assert decision(file)["look"] == {"number": 1, "alpha": 0.05, "before": [], "declared": False}
    pair(5, 4, 400)
    code, out, _ = quantgate(asked)
    assert code == 3
    assert "note: look 2 of this pair (before: 200 x 1): held against 0.001" in out
    assert (decision(file)["look"]["number"], decision(file)["alpha"]) == (2, 0.001)
    pair(5, 4, 1319)
    code, out, _ = quantgate(asked)
    assert code == 3
    assert "this blocks a pass: look 3 of this pair (before: 200 x 1, 400 x 1): nothing is left of alpha" in out
    assert decision(file)["look"]["alpha"] == 0
    assert [line["tasks"]["gsm8k"]["items"] for line in looks_of(asked[2])] == [200, 400, 1319]


def test_a_fresh_start_is_declared_and_stays_told(quantgate, pair, tmp_path):
    file = tmp_path / "gate.json"
    assert quantgate(["gate", *pair(4, 3, 200)])[0] == 3
    asked = ["gate", *pair(5, 4, 1319), "--json", str(file)]
    assert quantgate(["gate", *asked[1:3], "--looks", "1"])[0] == 0
    code, out, _ = quantgate(asked)
    assert code == 0
    assert "look 1 of this pair, as --looks says (before: 200 x 1): held against the whole alpha, 0.05" in out
    assert decision(file)["look"]["declared"] is True
    assert quantgate([*asked, "--looks", "3"])[0] == 3


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_a_look_that_there_is_not_is_refused(quantgate, pair, number):
    code, _, err = quantgate(["gate", *pair(0, 0, 50), f"--looks={number}"])
    assert code == 2
    assert "--looks" in err


def test_an_undecided_first_look_says_what_asking_more_costs(quantgate, pair, tmp_path):
    files = {name: tmp_path / f"gate.{name}" for name in ("md", "html")}
    _, out, _ = quantgate(
        ["gate", *pair(4, 3, 200), "--markdown", str(files["md"]), "--html", str(files["html"])]
    )  # fmt: skip
    costs = "ore answers of this pair are a second look at it, held against 0.001; of a new pair"
    assert f"note: m{costs}" in out
    assert all(f"M{costs}" in file.read_text() for file in files.values())
    assert costs not in quantgate(["gate", *pair(0, 0, 1319), "--looks", "1"])[1]


def test_the_count_goes_with_the_runs_wherever_they_are_moved(quantgate, pair, tmp_path):
    quantgate(["gate", *pair(4, 3, 200)])
    pair(5, 4, 400)
    moved = [shutil.move(tmp_path / name, tmp_path / f"{name}-moved") for name in ("fp8", "mxfp4")]
    assert "look 2 of this pair" in quantgate(["gate", *map(str, moved)])[1]


def test_another_baseline_is_another_pair(quantgate, pair, tmp_path):
    quantgate(["gate", *pair(4, 3, 200)])
    baseline, candidate = pair(0, 0, 1319)
    other = Path(baseline)
    record = RunDirectory(other).record()
    again = grown(Run(replace(record, created="another day"), RunDirectory(other).samples(record)), tmp_path / "bf16")
    assert "look 2 of this pair" in quantgate(["gate", baseline, candidate])[1]
    code, out, _ = quantgate(["gate", again, candidate, "--same-build"])
    assert code == 0
    assert "of this pair" not in out


def test_what_cannot_be_decided_was_no_look(quantgate, tmp_path):
    baseline, candidate = pair_of(1, 1, 100)
    half = dict(list(candidate.samples.items())[:50])
    runs = [grown(baseline, tmp_path / "fp8"), grown(replace(candidate, samples=half), tmp_path / "mxfp4")]
    assert quantgate(["gate", *runs])[0] == 4
    assert looks_of(runs[1]) == []
    grown(candidate, tmp_path / "mxfp4")
    assert "of this pair (before" not in quantgate(["gate", *runs])[1]


def test_missing_answers_that_have_come_are_no_new_look(quantgate, tmp_path):
    baseline, candidate = pair_of(1, 1, 200)
    most = dict(list(candidate.samples.items())[:199])
    runs = [grown(baseline, tmp_path / "fp8"), grown(replace(candidate, samples=most), tmp_path / "mxfp4")]
    (tmp_path / "policy.yaml").write_text("max_missing: 0.01\n")
    asked = ["gate", *runs, "--policy", str(tmp_path / "policy.yaml"), "--json", str(tmp_path / "gate.json")]
    quantgate(asked)
    grown(candidate, tmp_path / "mxfp4")
    quantgate(asked)
    assert decision(tmp_path / "gate.json")["look"]["number"] == 1


def test_a_damaged_file_is_told_and_is_no_fresh_start(quantgate, pair, tmp_path):
    runs = pair(4, 3, 1319)
    (Path(runs[1]) / LOOKS_FILE).write_bytes(b"\0\0\0\n")
    code, out, err = quantgate(["gate", *runs, "--json", str(tmp_path / "gate.json")])
    assert code == 0
    assert "has a line that cannot be read: it counts as one look" in " ".join(err.split())
    assert "look 2 of this pair (before: unknown)" in out
    assert decision(tmp_path / "gate.json")["look"]["before"] == [None]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told_and_decided(quantgate, pair):
    runs = pair(4, 3, 1319)
    Path(runs[1]).chmod(0o555)
    try:
        code, _, err = quantgate(["gate", *runs])
    finally:
        Path(runs[1]).chmod(0o755)
    assert code == 0
    assert "this look is not kept" in err


def test_a_file_in_the_way_is_told_and_decided(quantgate, pair):
    runs = pair(4, 3, 1319)
    (Path(runs[1]) / LOOKS_FILE).symlink_to("/dev/null")
    code, out, err = quantgate(["gate", *runs])
    told = " ".join(err.split())
    assert "cannot be read" in told
    assert "this look is not kept" in told
    assert (code, "look 2 of this pair (before: unknown)" in out) == (0, True)


def test_compare_counts_for_each_format(quantgate, pair, tmp_path):
    file = tmp_path / "compare.json"
    first = pair(4, 3, 200)
    quantgate(["gate", *first])
    runs = [*pair(5, 4, 1319), pair(5, 4, 1319, "nvfp4")[1]]
    code, out, _ = quantgate(["compare", *runs, "--json", str(file)])
    assert code == 3
    formats = {build["name"]: build["tasks"][0] for build in json.loads(file.read_text())["formats"]}
    assert {name: task["look"]["number"] for name, task in formats.items()} == {"mxfp4": 2, "nvfp4": 1}
    assert formats["nvfp4"]["verdict"] == "equivalent"
    assert "look 2 of this pair (before: 200 x 1): too little is left of alpha" in out
    assert [len(looks_of(run)) for run in runs[1:]] == [2, 1]
    quantgate(["compare", *runs])
    assert [len(looks_of(run)) for run in runs[1:]] == [2, 1]


def test_a_notebook_counts_as_the_command_line_does(quantgate, pair):
    quantgate(["gate", *pair(4, 3, 200)])
    runs = pair(5, 4, 400)
    assert package.gate(*runs).tasks[0].look.number == 2
    assert package.compare(runs[0], runs[1:]).formats[0].tasks[0].look.number == 2
    assert package.gate(*runs, looks=1).tasks[0].look.declared
    (Path(runs[1]) / LOOKS_FILE).write_bytes(b"\0\n")
    with pytest.warns(UserWarning, match="has a line that cannot be read"):
        assert package.gate(*runs).tasks[0].look.number == 2


def test_a_saved_decision_is_reported_with_its_look(quantgate, pair, tmp_path):
    quantgate(["gate", *pair(4, 3, 200)])
    file = tmp_path / "gate.json"
    quantgate(["gate", *pair(5, 4, 400), "--json", str(file)])
    _, out, _ = quantgate(["report", str(file), "--markdown", str(tmp_path / "again.md")])
    assert "held against 0.001" in out + (tmp_path / "again.md").read_text()
