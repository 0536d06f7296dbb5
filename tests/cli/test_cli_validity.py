"""What `run` and `gate` say of answers that are not to be trusted, against real servers with a known fault."""

from __future__ import annotations

import hashlib
import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, served_model


def cut_at_a_rate(rule, rate: float):
    """The rule, but a fixed share of the questions is cut before its answer."""

    def reply(body):
        question = body["messages"][-1]["content"]
        share = int(hashlib.sha256(question.encode()).hexdigest()[:8], 16) / 2**32
        return Reply(content="Let me think about", finish_reason="length") if share < rate else rule(body)

    return reply


@pytest.fixture
def evaluated(quantgate, arguments, tmp_path):
    """Runs the invented problems against a rule; returns the folder, exit code and output."""

    def run(name: str, rule, *more: str) -> tuple[str, int, str]:
        with served_model(rule) as server:
            code, out, _ = quantgate(arguments(server.base_url, *more, out=tmp_path / name))
        return str(tmp_path / name), code, out

    return run


@pytest.mark.slow
def test_a_known_rate_of_truncation_is_found_and_blocks_the_verdict(evaluated, quantgate, rule, tmp_path):
    baseline, _, _ = evaluated("fp8", rule)
    candidate, code, out = evaluated("mxfp4", cut_at_a_rate(rule, 0.25))
    assert code == 0
    cut = sum(sample.status == "truncated" for sample in RunDirectory(tmp_path / "mxfp4").samples().values())
    assert 0 < cut < 40
    share = f"{100 * cut / 40:.1f}".removesuffix(".0") if cut < 4 else f"{100 * cut / 40:.0f}"
    assert f"  warns: {share}%" not in out
    assert f"  blocks: {share}% of the answers ({cut} of 40) were cut at 2,048 tokens: raise --max-tokens" in out
    code, out, _ = quantgate(["gate", baseline, candidate, "--margin", "0.9", "--json", str(tmp_path / "g.json")])
    assert code == 3
    assert "It does not pass all the same" in out
    assert f"this blocks a pass: {share}% of the candidate's answers ({cut} of 40) were cut at 2,048 tokens" in out
    (task,) = json.loads((tmp_path / "g.json").read_text())["tasks"]
    assert {finding["code"] for finding in task["findings"]} >= {"truncated", "truncated_unlike"}


@pytest.mark.slow
def test_more_repeats_ask_only_the_new_ones_and_add_their_metrics(evaluated, quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--repeats", "2"))
        assert len(server.log.bodies) == 80
        code, out, _ = quantgate(arguments(server.base_url, "--repeats", "4"))
    assert (code, len(server.log.bodies)) == (0, 160)
    assert sorted(body["seed"] for body in server.log.bodies[80:]) == [1236] * 40 + [1237] * 40
    assert "160 of 160 answered" in out
    for metric in ("pass@4", "pass^4", "majority vote"):
        assert f"{metric:28} 0.8000" in out


def test_a_score_off_what_the_configuration_expects_is_told_by_the_run(evaluated, rule, tmp_path):
    (tmp_path / "run.yaml").write_text("expected:\n  gsm8k: 0.95 +- 0.02\n")
    _, code, out = evaluated("fp8", rule, "--config", str(tmp_path / "run.yaml"))
    assert code == 0
    assert "warns: This run scores 80.0%, not 95.0% ± 2 points as you expect" in out


@pytest.mark.parametrize("text", ["expected:\n  gsm8k: 0.95\n", "expected:\n  gsm8k: 95 +- 2\n"])
def test_an_expectation_that_is_none_is_refused(evaluated, quantgate, arguments, tmp_path, text):
    (tmp_path / "run.yaml").write_text(text)
    code, _, err = quantgate(arguments("http://127.0.0.1:9/v1", "--config", str(tmp_path / "run.yaml")))
    assert code == 2
    assert "0.92 +- 0.03" in err


@pytest.mark.slow
def test_texts_are_written_only_when_asked_for(evaluated, quantgate, rule, tmp_path):
    baseline, _, _ = evaluated("fp8", rule)
    candidate, _, _ = evaluated("mxfp4", lambda body: Reply(content="The answer is secret-1."))
    asked = ["gate", baseline, candidate, "--json", str(tmp_path / "g.json")]
    quantgate(asked)
    assert "secret" not in (tmp_path / "g.json").read_text()
    quantgate([*asked, "--include-text"])
    assert "secret-1" in (tmp_path / "g.json").read_text()


def test_the_decision_holds_the_command_that_reproduces_it(evaluated, quantgate, rule, tmp_path):
    baseline, _, _ = evaluated("fp 8", rule)
    quantgate(
        ["gate", baseline, baseline, "--margin", "0.2", "--margin", "gsm8k=0.1", "--json", str(tmp_path / "g.json")]
    )
    document = json.loads((tmp_path / "g.json").read_text())
    assert document["command"] == f"quantgate gate '{baseline}' '{baseline}' --margin 0.2 --margin gsm8k=0.1"
    assert document["created"].endswith("+00:00")
    assert document["software"]["quantgate"]
