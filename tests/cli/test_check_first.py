"""`quantgate check` with `first`: log-probabilities stop a broken build before anything costly is asked."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager

import pytest

from tests.server.served import Reply, gsm8k_rule, served_model

TEXTS = 40


def scores(body, *, broken):
    """vLLM's `prompt_logprobs` of a model that is sure of each token, or of one that is sure of another."""
    ids = body["prompt"]
    places: list[dict[str, dict[str, float]] | None] = [None]
    for token in ids[1:]:
        likely, other = (token + 1, token) if broken else (token, token + 1)
        first = 0.8 if body["model"] == "glm-fp8" else 0.81
        places.append({str(likely): {"logprob": math.log(first)}, str(other): {"logprob": math.log(0.1)}})
    choice = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None, "prompt_logprobs": places}
    usage = {"prompt_tokens": len(ids), "completion_tokens": 1}
    return Reply(body=json.dumps({"model": body["model"], "choices": [choice], "usage": usage}))


@pytest.fixture
def both(gsm8k_files):
    """Serves two builds that answer GSM8K alike; `broken` says whether the candidate's probabilities are."""
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    rule = gsm8k_rule({row["question"]: row["answer"].split("#### ")[1] for row in rows}, frozenset())

    @contextmanager
    def serve(*, broken):
        def told(body):
            return scores(body, broken=broken and body["model"] == "glm-mxfp4")

        with served_model(rule, models=[{"id": "glm-fp8"}, {"id": "glm-mxfp4"}], scores=told) as server:
            yield server

    return serve


@pytest.fixture
def asked(release, gsm8k_files, tmp_path):
    """The release file with both tasks; `more` replaces what it says."""

    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"id": str(at), "text": f"Text {at} of them."}) + "\n" for at in range(TEXTS)))

    def write(url, **more):
        tasks = {
            "gsm8k": {"margin": 0.2, "data": str(gsm8k_files[0])},
            "likelihood": {"data": str(tmp_path / "texts.jsonl")},
        }
        return release(url, **{"tasks": tasks, "first": "likelihood", "stop": "never", **more})

    return write


def decision(tmp_path):
    return json.loads((tmp_path / "out" / "gate.json").read_text())


def test_a_broken_build_is_stopped_before_the_other_tasks(quantgate, both, asked, tmp_path):
    with both(broken=True) as server:
        code, out, err = quantgate(["check", asked(server.base_url)])
        chats = [target for target in server.log.targets if target.endswith("/chat/completions")]
    assert code == 1, err
    assert not chats
    assert "stopped before gsm8k" in err
    assert "without `first` in glm.yaml the same command goes on" in err
    assert [task["task"] for task in decision(tmp_path)["tasks"]] == ["likelihood"]
    assert decision(tmp_path)["verdict"] == "regressed"
    assert "✗ regressed" in out


def test_where_a_suite_names_the_first_task_null_goes_on(quantgate, both, asked, tmp_path):
    suite = tmp_path / "mine.yaml"
    suite.write_text("summary: log-probabilities first\nfirst: likelihood\ntasks: {likelihood: , gsm8k: }\n")
    more = {"suite": str(suite), "first": None}
    with both(broken=True) as server:
        _, _, err = quantgate(["check", asked(server.base_url, **more)])
        assert "with `first: null` in glm.yaml the same command goes on" in err
        file = tmp_path / "glm.yaml"
        file.write_text(json.dumps({**json.loads(file.read_text()), "first": None}))
        quantgate(["check", str(file)])
    assert {task["task"] for task in decision(tmp_path)["tasks"]} == {"gsm8k", "likelihood"}


def test_what_was_stopped_can_be_gone_on_with(quantgate, both, asked, tmp_path):
    with both(broken=True) as server:
        quantgate(["check", asked(server.base_url)])
        before = len(server.log.bodies)
        code, _, err = quantgate(["check", asked(server.base_url, first=None)])
        scored = [body for body in server.log.bodies[before:] if body.get("prompt_logprobs")]
    assert code == 0, err
    # The two builds are looked at again, and no text is asked twice.
    assert len(scored) < TEXTS
    told = {task["task"]: task for task in decision(tmp_path)["tasks"]}
    assert told["gsm8k"]["verdict"] == "equivalent"
    assert (told["likelihood"]["verdict"], told["likelihood"]["tier"]) == ("regressed", "advisory")


@pytest.mark.parametrize("stop", ["never", "early"])
def test_a_sound_build_goes_on_to_the_other_tasks(quantgate, both, asked, tmp_path, stop):
    with both(broken=False) as server:
        code, _, err = quantgate(["check", asked(server.base_url, stop=stop)])
    assert code == 0, err
    assert "likelihood, asked first: mxfp4: the likeliest token is the baseline's at 100% of positions" in err
    told = {task["task"]: task for task in decision(tmp_path)["tasks"]}
    assert told["likelihood"]["fidelity"]["documents"] == TEXTS
    assert told["gsm8k"]["verdict"] == "equivalent"


@pytest.mark.parametrize(
    ("first", "told"),
    [("gsm8k", "only a task of log-probabilities"), ("likelihod", "no such task is asked; did you mean likelihood")],
)
def test_first_names_a_task_of_log_probabilities_that_is_asked(quantgate, asked, first, told):
    code, _, err = quantgate(["check", asked("http://127.0.0.1:1/v1", first=first)])
    assert code == 2
    assert told in err
