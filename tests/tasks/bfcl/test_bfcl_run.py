"""Runs against a served model whose right answers are known: from BFCL's own evaluation of the very same replies."""

import json

import pytest

from quantgate.evals.contract.tool_calls import ToolCall, ToolReply
from quantgate.tasks.bfcl.package import open_package
from quantgate.tasks.bfcl.task import Bfcl
from tests.server.calling import answering
from tests.server.served import Reply, served_model

pytestmark = pytest.mark.slow

WHOLE = ("live_parallel", "live_parallel_multiple", "live_relevance")
"""Categories of which the stored replies hold one to every question."""

CHOSEN = f"categories={','.join(WHOLE)}"
TALKS = ToolReply("I would rather talk.")


@pytest.fixture
def replies(answered):
    return {
        each["id"]: (ToolReply(each["content"] or "", tuple(ToolCall(*call) for call in each["calls"])), each["right"])
        for each in answered
    }


@pytest.fixture
def run(quantgate, wheel, tmp_path):
    def start(url: str, model: str, *more: str):
        arguments = ["run", "--task", "bfcl", "--data", f"bfcl={wheel}", "--base-url", url, "--model", model]
        return quantgate([*arguments, "--out", str(tmp_path / model), *more])

    return start


def samples(folder):
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


def test_scores_are_bfcls_own_sample_by_sample_and_a_gate_tells_the_strata(run, quantgate, wheel, replies, tmp_path):
    task = Bfcl(open_package(wheel), WHOLE)

    def reply(model, item_id):
        return replies[item_id][0] if model == "fp8" else TALKS

    told = {}
    with served_model(answering(task, reply)) as server:
        for model in ("fp8", "mxfp4"):
            code, told[model], _ = run(server.base_url, model, "--option", CHOSEN)
            assert code == 0, told
    (record,) = json.loads((tmp_path / "fp8" / "run.json").read_text())["tasks"]
    assert (record["guess"], record["provenance"]["categories"]) == (0, ", ".join(WHOLE))
    asked = samples(tmp_path / "fp8")
    assert len(asked) == 56
    assert {each["item_id"]: each["score"] for each in asked} == {
        each["item_id"]: replies[each["item_id"]][1] for each in asked
    }
    share = sum(replies[each["item_id"]][1] for each in asked) / len(asked)
    assert f"{share:.4f} (the score)" in told["fp8"]
    assert quantgate(["regrade", str(tmp_path / "fp8"), "--data", f"bfcl={wheel}"])[0] == 0
    assert json.loads((tmp_path / "fp8" / "run.json").read_text())["tasks"] == [record]
    assert samples(tmp_path / "fp8") == asked
    code, out, _ = quantgate(["gate", str(tmp_path / "fp8"), str(tmp_path / "mxfp4")])
    assert code == 1
    assert all(f"· {category}" in out for category in WHOLE)


def test_limit_asks_of_all_categories_and_a_baseline_that_calls_nothing_shows_nothing(run, quantgate, bfcl, tmp_path):
    def reply(model, item_id):
        return ToolReply("") if "irrelevance" in item_id else TALKS

    with served_model(answering(bfcl, reply)) as server:
        for model in ("a", "b"):
            code, _, err = run(server.base_url, model, "--limit", "40")
            assert code == 0, err
    asked = samples(tmp_path / "a")
    assert len(asked) == 40
    assert {"live_multiple", "simple_java", "irrelevance", "live_irrelevance"} <= {each["stratum"] for each in asked}
    assert {(each["status"], each["score"]) for each in asked} == {("empty", 1), ("ok", 0)}
    code, out, _ = quantgate(["gate", str(tmp_path / "a"), str(tmp_path / "b")])
    assert code == 4
    assert "no more than guessing gives" in out


def test_doctor_names_the_flag_that_is_missing(quantgate, wheel):
    with served_model(lambda body: Reply("I cannot call anything.")) as server:
        task = ["--task", "bfcl", "--data", f"bfcl={wheel}"]
        code, out, _ = quantgate(["doctor", *task, "--base-url", server.base_url, "--model", "test-model"])
    assert code == 5
    assert "--enable-auto-tool-choice" in out


def test_the_task_comes_out_of_a_bundle_without_network(run, quantgate, wheel, replies, tmp_path):
    bundle = str(tmp_path / "bundle")
    code, _, err = quantgate(["data", "fetch", "bfcl", "--data", f"bfcl={wheel}", "--out", bundle])
    assert code == 0, err
    task = Bfcl(open_package(wheel), ("live_relevance",))
    with served_model(answering(task, lambda model, item_id: replies[item_id][0])) as server:
        arguments = ["run", "--task", "bfcl", "--data-dir", bundle, "--option", "categories=live_relevance"]
        code, out, err = quantgate(
            [*arguments, "--base-url", server.base_url, "--model", "m", "--out", str(tmp_path / "m")]
        )
    assert code == 0, err
    assert "bfcl: 16 of 16 answered" in out
