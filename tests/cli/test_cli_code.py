"""Runs of written programs against a served model whose right answers are known: the score is the truth."""

import json

import pytest

from tests.evals.sandbox.needed import needs_sandbox
from tests.server.served import Reply, served_model
from tests.tasks.evalplus.made import COUNT, base_only, right, written, wrong

pytestmark = [pytest.mark.slow, needs_sandbox]

HANGS = "```python\ndef add_11(numbers):\n    while True:\n        try: pass\n        except: pass\n    return 1\n```"


def rule(body):
    """Of twelve the model "fp8" has nine right, two on the base inputs alone, and hangs in one; "mxfp4" has none."""
    said = body["messages"][0]["content"]
    number = next((n for n in range(COUNT) if f"def add_{n}(" in said), 0)
    if body["model"] == "mxfp4":
        return Reply(wrong(number))
    return Reply(HANGS if number == 11 else base_only(number) if number > 8 else right(number))


@pytest.fixture
def data(tmp_path):
    return f"humaneval_plus={written(tmp_path / 'made.jsonl.gz')}"


def samples(folder):
    return {each["item_id"]: each for each in map(json.loads, (folder / "samples.jsonl").read_text().splitlines())}


def test_the_score_is_the_truth_and_a_regrade_and_a_gate_agree(quantgate, data, tmp_path):
    with served_model(rule) as server:
        for model in ("fp8", "mxfp4"):
            asked = ["run", "--task", "humaneval_plus", "--data", data, "--base-url", server.base_url]
            code, out, err = quantgate([*asked, "--model", model, "--out", str(tmp_path / model)])
            assert code == 0, err
            if model == "fp8":
                assert f"{9 / 12:.4f} (the score)" in out
    graded = samples(tmp_path / "fp8")
    assert len(graded) == COUNT
    assert sum(each["score"] for each in graded.values()) == 9
    assert sum(each["metrics"]["pass@1,base"] for each in graded.values()) == 11
    assert graded["HumanEval/11"]["status"] == "ok"
    assert quantgate(["regrade", str(tmp_path / "fp8"), "--data", data])[0] == 0
    assert samples(tmp_path / "fp8") == graded
    assert quantgate(["gate", str(tmp_path / "fp8"), str(tmp_path / "mxfp4")])[0] == 1


def test_a_sandbox_that_fails_on_the_way_leaves_answers_ungraded_until_a_regrade(
    quantgate, data, tmp_path, monkeypatch
):
    from quantgate.evals.sandbox import running

    def refused(*_):
        return ["sh", "-c", "echo 'bwrap: out of luck' >&2; exit 1"]

    with served_model(rule) as server, monkeypatch.context() as broken:
        broken.setattr(running, "sandbox_command", refused)
        asked = ["run", "--task", "humaneval_plus", "--data", data, "--base-url", server.base_url]
        code, _, _ = quantgate([*asked, "--model", "fp8", "--out", str(tmp_path / "fp8")])
    assert code == 5
    left = samples(tmp_path / "fp8")
    assert {(each["status"], each["score"]) for each in left.values()} == {("ungraded", None)}
    assert all("out of luck" in each["error"] for each in left.values())
    assert quantgate(["regrade", str(tmp_path / "fp8"), "--data", data])[0] == 0
    assert sum(each["score"] for each in samples(tmp_path / "fp8").values()) == 9


def test_without_a_sandbox_nothing_is_asked(quantgate, data, tmp_path, monkeypatch):
    from quantgate.tasks.evalplus import task

    monkeypatch.setattr(task, "why_no_sandbox", lambda: "there is no bubblewrap (bwrap): apt-get install -y bubblewrap")
    with served_model(rule) as server:
        asked = ["run", "--task", "humaneval_plus", "--data", data, "--base-url", server.base_url, "--model", "fp8"]
        code, _, err = quantgate([*asked, "--out", str(tmp_path / "fp8")])
        assert code == 2
        assert "apt-get install -y bubblewrap" in " ".join(err.split())
        assert not server.log.bodies


def test_doctor_says_that_the_sandbox_held(quantgate, data):
    with served_model(rule) as server:
        code, out, _ = quantgate(["doctor", "--task", "humaneval_plus", "--data", data, "--base-url", server.base_url])
    assert code == 0, out
    assert "bubblewrap's sandbox, which held" in " ".join(out.split())
