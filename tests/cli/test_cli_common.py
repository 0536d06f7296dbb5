"""`gate --common` and `compare --common`: what both runs have, what was left out, and the refusals that name it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.planned import written
from tests.evals.made_runs import run_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def made(tmp_path):
    """Writes a run of so many of 400 items, some of which failed, and gives its folder."""

    def make(label: str, items: int, failed: range = range(0), wrong: range = range(40)) -> str:
        scores = [None if item in failed else float(item not in wrong) for item in range(items)]
        run = run_of(scores, label=label, item_ids=written(map(str, range(items))))
        return saved(run, tmp_path / label)

    def saved(run: Run, path) -> str:
        with RunDirectory(path).writing(run.record) as writer:
            for place, sample in enumerate(run.samples.values()):
                writer.append(replace(sample, response=f"{run.record.label} {place}"))
        return str(path)

    return make


def test_runs_of_unlike_sizes_are_refused_with_the_remedy_which_decides(quantgate, made, tmp_path):
    runs = [made("fp8", 400), made("mxfp4", 300, failed=range(7, 9))]
    code, out, _ = quantgate(["gate", *runs])
    said = " ".join(out.split())
    assert code == 4
    assert "`quantgate gate --common` (and `compare --common`) decides on the 298 items that both have answered" in said
    files = {kind: str(tmp_path / f"gate.{kind}") for kind in ("json", "html", "markdown", "junit")}
    code, out, _ = quantgate(
        ["gate", *runs, "--common", *(part for kind in files for part in (f"--{kind}", files[kind]))]
    )
    told = "298 items that both builds have are compared (--common)"
    assert code == 0, out
    assert told in " ".join(out.split())
    (task,) = json.loads((tmp_path / "gate.json").read_text())["tasks"]
    assert (task["verdict"], task["items"]) == ("equivalent", 298)
    assert task["left_out"] == {
        "kept": 298,
        "alone": [100, 0],
        "unanswered": 2,
        "lacking": [0, 2],
        "unreached": [0, 0],
        "answers": [0, 0],
    }
    schema = json.loads((ROOT / "docs" / "gate.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads((tmp_path / "gate.json").read_text()))
    assert told in " ".join(quantgate(["report", str(tmp_path / "gate.json")])[1].split())
    (finding,) = [each for each in task["findings"] if each["code"] == "left_out"]
    assert finding["message"].endswith(
        "left out: 100 items that only the baseline was asked; 2 items without enough answers, 0.7% of what both were "
        "asked; the baseline lacks more answers on 0 items, the candidate on 2 items (no more unlike than by chance, "
        "p = 0.5)"
    )
    for kind in ("html", "markdown", "junit"):
        assert told in (tmp_path / f"gate.{kind}").read_text()


def test_a_build_that_fails_where_the_other_does_not_passes_nothing(quantgate, made):
    runs = [made("fp8", 400, wrong=range(40)), made("mxfp4", 400, failed=range(20), wrong=range(20, 40))]
    code, out, _ = quantgate(["gate", *runs])
    assert (code, "--common" in out) == (4, False)
    code, out, _ = quantgate(["gate", *runs, "--common"])
    assert code == 4
    assert "differs by build beyond chance: the candidate lacks answers to 20 items" in " ".join(out.split())


def test_each_format_is_compared_on_what_it_shares_with_the_baseline(quantgate, made, tmp_path):
    runs = [made("fp8", 400), made("mxfp4", 300), made("q4", 400, failed=range(7, 9))]
    assert quantgate(["compare", *runs])[0] == 4
    code, _, err = quantgate(["compare", *runs, "--common", "--json", str(tmp_path / "compare.json")])
    assert code == 0, err
    formats = json.loads((tmp_path / "compare.json").read_text())["formats"]
    assert {each["name"]: each["tasks"][0]["items"] for each in formats} == {"mxfp4": 300, "q4": 398}


def test_a_second_run_of_the_baseline_is_cut_alike(quantgate, made, tmp_path):
    runs = [made("fp8", 400), made("mxfp4", 300, wrong=range(41))]
    noise = made("again", 400, wrong=range(39))
    code, _, err = quantgate(["gate", *runs, "--common", "--noise", noise, "--json", str(tmp_path / "gate.json")])
    assert code == 0, err
    (task,) = json.loads((tmp_path / "gate.json").read_text())["tasks"]
    assert task["description"]["noise"]["n"] == 300
