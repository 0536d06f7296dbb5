"""`gate`, `compare` and `report` on run directories that were asked by a design."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from quantgate.evals.contract.records import Status
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from tests.docs.pages import ROOT
from tests.evals.decision.sequential.test_replay import ORDERED, N, build

SCHEMA = json.loads((ROOT / "docs" / "gate.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def stored(tmp_path):
    """Stores a run under a name; returns its folder."""

    def store(name: str, run: Run) -> str:
        record = replace(run.record, endpoint={"base_url": f"http://{name}.example/v1"}, model=name)
        with RunDirectory(tmp_path / name).writing(record) as writer:
            for sample in run.samples.values():
                writer.append(sample)
        return str(tmp_path / name)

    return store


def gated(quantgate, tmp_path: Path, *runs: str, verb: str = "gate") -> tuple[int, str, dict]:
    file = tmp_path / "gate.json"
    code, out, _ = quantgate([verb, *runs, "--margin", "0.05", "--json", str(file)])
    document = json.loads(file.read_text(encoding="utf-8"))
    assert list(Draft202012Validator(SCHEMA).iter_errors(document)) == []
    return code, " ".join(out.split()), document


@pytest.mark.parametrize(
    ("candidate", "code", "stage", "said"),
    [
        (build(label="b"), 0, "passed", "Passed at look 1 of 4, after 100 of 400 items."),
        (build(range(0, N, 2), label="b"), 1, "regressed", "Regressed after"),
        (build(range(0, N, 15), label="b"), 3, "futile", "Given up after 240 of 400 items: if the candidate is as"),
        (build(asked=40, label="b"), 3, "open", "No look yet: the next one is after 100 of 400 items."),
        (build(status=dict.fromkeys(ORDERED[::2], Status.TRUNCATED), label="b"), 3, "blocked", "raise --max-tokens"),
        (build(range(0, N, 35), label="b"), 3, "ended", "Still not told at the last look, after all 400 items."),
    ],
    ids=["passed", "regressed", "futile", "open", "blocked", "ended"],
)
def test_every_stage_is_decided_and_rendered_again_from_its_json(
    quantgate, stored, tmp_path, candidate, code, stage, said
):
    runs = stored("fp8", build()), stored("mxfp4", candidate)
    got, out, document = gated(quantgate, tmp_path, *runs)
    assert (got, document["tasks"][0]["looks"]["stage"]) == (code, stage)
    assert said in out
    again, rendered, _ = quantgate(["report", str(tmp_path / "gate.json")])
    assert again in (0, code)
    assert said in " ".join(rendered.split())


def test_a_comparison_of_formats_that_were_asked_by_designs_is_told_with_their_looks(quantgate, stored, tmp_path):
    runs = [stored("fp8", build()), stored("a", build(label="a")), stored("b", build(range(0, N, 2), label="b"))]
    code, out, document = gated(quantgate, tmp_path, *runs, verb="compare")
    assert code == 1
    assert {each["name"]: each["tasks"][0]["looks"]["stage"] for each in document["formats"]} == {
        "a": "passed",
        "b": "regressed",
    }
    assert "no step-down over candidates comes on top" in out


@pytest.mark.slow
def test_a_pair_that_was_asked_by_a_design_has_no_other_look_counted(quantgate, stored, tmp_path):
    candidate = build(range(0, N, 35), asked=180, label="b")
    runs = stored("fp8", build()), stored("mxfp4", candidate)
    assert gated(quantgate, tmp_path, *runs)[2]["tasks"][0]["looks"]["done"] == 2
    with RunDirectory(tmp_path / "mxfp4").writing(
        RunDirectory(tmp_path / "mxfp4").record(), RunDirectory(tmp_path / "mxfp4").record()
    ) as writer:
        for item in ORDERED[180:]:
            writer.append(build(range(0, N, 35), label="b").samples["gsm8k", item, 0])
    (task,) = gated(quantgate, tmp_path, *runs)[2]["tasks"]
    assert (task["looks"]["done"], task["look"]) == (4, None)
