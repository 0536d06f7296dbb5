"""A log-likelihood task from the command line: doctor, run, gate."""

import json
from dataclasses import replace

import pytest

from tests.server.served import Reply, echoing, served_model
from tests.tasks.lm_eval import side_by_side

pytestmark = pytest.mark.slow

TASK = "lm-eval:winogrande"


@pytest.fixture
def data(tmp_path):
    file = side_by_side.write_documents(tmp_path / "winogrande.jsonl", side_by_side.winogrande_documents(60))
    return ["--data", f"{TASK}={file}"]


@pytest.fixture
def run(quantgate, data, tmp_path):
    """Runs the task against a server whose model has the given flavour, into a folder of that name."""

    def make(flavour: str, *more: str) -> tuple[int, str, str]:
        with served_model(lambda _: Reply(status=404), scores=echoing(flavour)) as server:
            return quantgate(
                [
                    *("run", "--task", TASK, "--base-url", server.base_url, "--model", "test-model", *data),
                    *("--out", str(tmp_path / flavour), *more),
                ]
            )

    return make


def test_doctor_tells_that_the_server_can_and_asks_no_chat(quantgate, data):
    with served_model(lambda _: pytest.fail("chatted"), scores=echoing()) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--task", TASK, *data])
    assert code == 0
    assert "log-likelihoods" in out
    assert "of the server's /tokenize" in " ".join(out.split())
    assert "2 texts" in " ".join(out.split())


def test_doctor_tells_that_a_server_which_only_chats_cannot(quantgate, data):
    with served_model(lambda _: Reply()) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--task", TASK, *data])
    assert code == 5
    assert "log-likelihood tasks need /v1/completions" in " ".join(out.split())


def test_doctor_tells_that_a_server_which_does_not_echo_cannot(quantgate, data):
    generated = Reply(body='{"choices": [{"text": ".", "logprobs": {"content": [{"logprob": -0.4}]}}]}')
    with served_model(lambda _: Reply(), scores=lambda _: generated) as server:
        code, out, _ = quantgate(["doctor", "--base-url", server.base_url, "--task", TASK, *data])
    assert code == 5
    assert "no log-probabilities of the prompt's tokens" in " ".join(out.split())


def test_a_run_resumes_and_the_gate_compares_two_models(quantgate, run, tmp_path):
    assert run("one")[0] == 0
    code, out, _ = run("one")
    assert code == 0
    assert "60 of 60 answered" in out
    assert run("two")[0] == 0
    code, out, _ = quantgate(["gate", str(tmp_path / "one"), str(tmp_path / "two")])
    assert code in (1, 3)
    assert "acc" in (tmp_path / "one" / "run.json").read_text()
    assert quantgate(["gate", str(tmp_path / "one"), str(tmp_path / "one")])[0] == 4


def test_another_window_is_another_run(run):
    assert run("one")[0] == 0
    code, _, err = run("one", "--max-length", "100")
    assert code != 0
    assert "max_length 2048 there, 100 in this command" in " ".join(err.split())


def test_a_model_that_changes_under_way_is_seen_here_too(quantgate, data, tmp_path):
    asked = []

    def scores(body):
        asked.append(body)
        reply = echoing()(body)
        return replace(reply, body=json.dumps(json.loads(reply.body) | {"model": "a" if len(asked) < 20 else "b"}))

    with served_model(lambda _: Reply(status=404), scores=scores) as server:
        told = ["--base-url", server.base_url, "--model", "test-model", "--concurrency", "1", *data]
        code, _, err = quantgate(["run", "--task", TASK, "--out", str(tmp_path / "run"), *told])
    assert code == 5
    assert "a reply is of the model 'b', those before were of 'a'" in err
