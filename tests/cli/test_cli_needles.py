"""The task `needles` over real HTTP: a server that finds at known rates, and one with too short a window."""

import json

import pytest

from quantgate.tasks.needles.measure import size
from quantgate.tasks.needles.sources import KINDS
from quantgate.tasks.needles.task import Needles
from tests.server.served import Reply, served_model

K = 1024
LENGTHS = ("--option", "lengths=2k,4k", "--option", "per_cell=2")


def serving(window):
    return {"models": [{"id": "test-model", "object": "model", "max_model_len": window}]}


def finder(**found):
    """A rule that answers the first so many texts of each length rightly, and of the others says that it cannot."""
    task = Needles((2 * K, 4 * K), per_cell=2)
    replies = {}
    for item in task.items():
        _, length, number = item.item_id.split("-")
        question = task.prompt(item, 0).messages[-1]["content"]
        is_found = int(number) < found[f"at_{length.lstrip('0')}"]
        replies[question] = task.reference(item, 0) if is_found else "I cannot find it."
    return lambda body: counting(body, replies[body["messages"][-1]["content"]])


def counting(body, content, *, tells=True):
    """A reply whose usage counts the prompt, as servers without /tokenize are asked."""
    prompt = sum(size(message["content"]) for message in body["messages"])
    return Reply(
        body=json.dumps(
            {
                "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": prompt, "completion_tokens": 20, "total_tokens": prompt + 20}
                if tells
                else None,
            }
        )
    )


pytestmark = pytest.mark.slow


@pytest.fixture
def asked(quantgate, tmp_path):
    def run(name, rule, *more, **served):
        with served_model(rule, **served) as server:
            where = ("--base-url", server.base_url, "--model", "test-model", "--out", str(tmp_path / name))
            code, told, errors = quantgate(["run", "--task", "needles", *LENGTHS, *where, *more])
            return code, told + errors, server.log.bodies

    return run


def test_scores_are_the_truth_by_length(quantgate, asked, tmp_path):
    assert asked("sound", finder(at_2k=2, at_4k=2), **serving(32_768))[0] == 0
    assert asked("blind", finder(at_2k=2, at_4k=1), **serving(32_768))[0] == 0
    gate, page = tmp_path / "gate.json", tmp_path / "gate.html"
    quantgate(["gate", str(tmp_path / "sound"), str(tmp_path / "blind"), "--json", str(gate), "--html", str(page)])
    (task,) = json.loads(gate.read_text())["tasks"]
    assert (task["items"], task["baseline"], task["candidate"]) == (36, 1.0, 0.75)
    assert {row["stratum"]: row["candidate"] for row in task["strata"] if row["items"] == 2}.keys() == {
        f"{length} {kind}" for length in ("002k", "004k") for kind in KINDS
    }
    rows = [
        (row["length"], row["items"], row["baseline"]["score"], row["candidate"]["score"]) for row in task["by_length"]
    ]
    assert rows == [(2048, 18, 1.0, 1.0), (4096, 18, 1.0, 0.5)]
    for row in task["by_length"]:
        for build in ("baseline", "candidate"):
            assert 0 <= row[build]["lower"] < row[build]["score"] <= row[build]["upper"] <= 1
    assert "Scores by length of context" in page.read_text()


def test_prompts_are_measured_before_and_the_counts_kept(asked, tmp_path):
    _, told, _ = asked("run", finder(at_2k=2, at_4k=2), **serving(32_768))
    kept = json.loads((tmp_path / "run" / "run.json").read_text())["asked"]["prompt_tokens"]["needles"]
    assert kept["by"] == "usage"
    assert 0.86 * 4096 < kept["004k"] < 4096
    assert f"{kept['004k']:,} at 4k (estimated from the usage of first requests)" in told


def test_where_the_server_counts_nothing_the_user_is_told_to_look(asked):
    _, told, _ = asked(
        "run", lambda body: counting(body, "I cannot find it.", tells=False), "--limit", "2", **serving(32_768)
    )
    assert "needles: the server counts no tokens" in told


def test_what_does_not_fit_the_window_is_refused_before_anything_is_asked(asked, tmp_path):
    code, told, bodies = asked("short", finder(at_2k=2, at_4k=2), "--max-tokens", "512", **serving(4096))
    assert code == 2
    assert "needles at 4k has prompts of" in told
    assert "the context that is served is 4,096" in told
    assert "--option lengths=2k fits" in told
    assert all(body["max_tokens"] == 16 for body in bodies)
    assert not (tmp_path / "short").exists()


def test_runs_of_other_texts_are_no_pair(quantgate, asked, tmp_path):
    asked("one", finder(at_2k=2, at_4k=2), **serving(32_768))
    code, *_ = asked("other", lambda body: counting(body, "?"), "--option", "text_seed=1", **serving(32_768))
    assert code == 0
    code, told, _ = quantgate(["gate", str(tmp_path / "one"), str(tmp_path / "other")])
    assert code == 4
    assert "text_seed" in told
