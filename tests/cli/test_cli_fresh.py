"""A task without end, run against a server with known truth: any limit, gone on with, paired by its seed."""

import json
from pathlib import Path

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.tasks.registry import load_task
from tests.server.served import Reply, served_model

pytest.importorskip("reasoning_gym")


@pytest.fixture
def asked(quantgate, tmp_path):
    """Runs so many questions against a server right about two of three; the directory, the truth, the output."""

    def run(name: str, limit: int, *more: str, task: str = "gsm_symbolic", out: str = "run", seed: int = 0):
        made = load_task(task, TaskOptions(limit=limit, own={"seed": seed}))
        keys = [made.prompt(item, 0).messages[-1]["content"] for item in made.items()]
        answers = {key: made.reference(item, 0) for key, item in zip(keys, made.items(), strict=True)}
        right = {key for place, key in enumerate(keys) if place % 3}

        def rule(body):
            key = body["messages"][-1]["content"]
            said = answers[key] if key in right else "99999999"
            return Reply(f"The answer is {said}." if task == "gsm_symbolic" else f"<answer>{said}</answer>")

        folder = tmp_path / out
        with served_model(rule) as server:
            where = ["--base-url", server.base_url, "--model", name, "--out", str(folder)]
            code, told, err = quantgate(["run", "--task", task, "--limit", str(limit), *where, *more])
        assert code == 0, err
        return folder, len(right) / len(keys), told

    return run


def samples(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("task", ["gsm_symbolic", "reasoning_gym:gcd"])
def test_the_score_is_the_truth(asked, task):
    folder, truth, _ = asked("fp8", 60, task=task)
    assert sum(sample["score"] for sample in samples(folder)) / 60 == truth


def test_a_larger_limit_goes_on_with_the_same_first_questions(asked):
    folder, _, _ = asked("fp8", 20)
    before = samples(folder)
    asked("fp8", 50)
    after = samples(folder)
    assert after[:20] == before
    assert len({sample["item_id"] for sample in after}) == 50


def test_runs_of_two_seeds_are_not_paired(asked, quantgate):
    one, _, _ = asked("fp8", 12, out="one")
    other, _, _ = asked("mxfp4", 12, "--option", "seed=5", out="other", seed=5)
    code, out, err = quantgate(["gate", str(one), str(other), "--margin", "0.1"])
    assert code == 4
    assert "seed" in out + err


def test_answers_are_graded_again_on_the_questions_that_were_asked(asked, quantgate):
    folder, _, _ = asked("fp8", 30, "--option", "seed=5", seed=5)
    code, out, err = quantgate(["regrade", str(folder), "--option", "seed=5"])
    assert code == 0, err
    assert "30 answers graded again, 0 with another score" in out
