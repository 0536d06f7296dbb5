"""The JSON Schema of decisions holds what is written, and refuses what is not a decision."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from jsonschema import Draft202012Validator

from quantgate.evals.settings.policy import Policy
from tests.docs.conftest import run_main
from tests.docs.pages import ROOT
from tests.reports import made

SCHEMA = json.loads((ROOT / "docs" / "gate.schema.json").read_text(encoding="utf-8"))
EXAMPLE = json.loads((ROOT / "docs" / "example-gate.json").read_text(encoding="utf-8"))


def errors(document) -> list[str]:
    found = Draft202012Validator(SCHEMA).iter_errors(document)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_stored_example_is_a_decision():
    assert errors(EXAMPLE) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        ["gate", "runs/fp8", "runs/mxfp4"],
        ["gate", "runs/fp8", "runs/mxfp4", "--noise", "runs/fp8-again", "--include-text", "--margin", "gsm8k=0.3"],
        ["gate", "runs/fp8", "runs/limited"],
        ["compare", "runs/fp8", "runs/mxfp4", "runs/nvfp4", "--cost", "mxfp4=0.5", "--cost", "nvfp4=0.6"],
    ],
    ids=["gate", "gate with all", "gate of what is not comparable", "compare"],
)
def test_what_the_command_line_writes_is_a_decision(asked, place):
    served = place.addresses["http://127.0.0.1:8001/v1"]
    run = ["run", "--task", "gsm8k", "--data", "gsm8k=test.jsonl", "--base-url", served, "--model", "my-model-mxfp4"]
    if "runs/limited" in asked:
        assert run_main([*run, "--limit", "5", "--out", "runs/limited"]) == 0
    assert run_main([*asked, "--json", "decision.json"]) in (0, 1, 3, 4)
    assert errors(json.loads((place.folder / "decision.json").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "decision",
    [
        made.verdict(),
        made.verdict(made.decision(), made.inconclusive(), made.regressed(), made.invalid(), made.tau2()),
        made.comparison(),
        made.comparison(awaited={"late": "its server is not up"}),
        made.verdict(made.looked(), made.looked("gpqa", looks=made.looks(level=None, decided_at=None, done=0))),
        made.verdict(made.decision(), made.tau2(), suite=made.suite()),
        made.verdict(made.decision(), made.invalid(), suite=made.suite(made.invalid())),
    ],
    ids=[
        "of no task",
        "of every kind of task",
        "of formats",
        "with one awaited",
        "at looks",
        "of a suite",
        "of a suite without a mean",
    ],
)
def test_every_kind_of_decision_is_one(decision):
    assert errors(json.loads(decision.to_json())) == []


@pytest.mark.parametrize("margin", [{"recovery": 0.9}, {"points": 0.02, "recovery": 0.9}])
def test_a_policy_may_ask_for_a_recovery_of_all_of_a_task_and_of_a_suite(margin):
    document = json.loads(made.verdict().to_json())
    suite = {"tasks": ["gsm8k", "gpqa"], "margin": margin}
    policy = Policy.model_validate({"margin": margin, "tasks": {"gsm8k": {"margin": margin}}, "suite": suite})
    assert errors({**document, "policy": policy.model_dump(mode="json")}) == []


def test_every_field_of_a_task_that_the_schema_names_is_written():
    assert SCHEMA["$defs"]["task"]["properties"].keys() == EXAMPLE["tasks"][0].keys()
    # One task alone has nothing to pool, and is no suite; no bootstrap decided, and no suite was named.
    assert SCHEMA["$defs"]["gate"]["properties"].keys() - {"pooled", "suite", "holds", "asked_suite"} == EXAMPLE.keys()


@pytest.mark.parametrize(
    ("place_of", "value", "said"),
    [
        (("verdict",), "good", "'good' is not one of"),
        (("schema_version",), 2, "1 was expected"),
        (("more",), 1, "Additional properties are not allowed ('more'"),
        (("tasks", 0, "lower"), "-0.02", "'-0.02' is not of type 'number'"),
        (("tasks", 0, "lower"), None, "None is not of type 'number'"),
        (("tasks", 0, "baseline"), 55.0, "55.0 is greater than the maximum"),
        (("tasks", 0, "method"), "bootstrap", "'bootstrap' is not one of"),
        (("tasks", 0, "validity", "baseline", "ok"), -1, "-1 is less than the minimum"),
        (("tasks", 0, "note"), "", "Additional properties are not allowed ('note'"),
        (("policy", "margin"), 0, "0 is less than or equal to the minimum of 0"),
        (("candidate",), {"label": "mxfp4"}, "'model' is a required property"),
        (("formats",), [], "Additional properties are not allowed"),
    ],
)
def test_a_document_with_a_wrong_field_is_refused(place_of, value, said):
    document = deepcopy(EXAMPLE)
    holder = document
    for key in place_of[:-1]:
        holder = holder[key]
    holder[place_of[-1]] = value
    assert any(said in error for error in errors(document)), errors(document)


def test_a_suite_needs_its_weights():
    document = json.loads(made.verdict(made.decision(), suite=made.suite()).to_json())
    del document["suite"]["weights"]
    assert any("'weights' is a required property" in error for error in errors(document))


@pytest.mark.parametrize("field", ["verdict", "reasons", "baseline", "candidate", "policy", "tasks", "schema_version"])
def test_a_document_without_a_field_of_the_contract_is_refused(field):
    assert errors({name: value for name, value in EXAMPLE.items() if name != field}) != []


def test_a_task_that_is_invalid_needs_no_figures():
    document = deepcopy(EXAMPLE)
    document["tasks"][0] |= {"verdict": "invalid", "lower": None, "upper": None, "difference": None, "method": None}
    assert errors(document) == []
