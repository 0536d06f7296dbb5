"""Benchmarks that makers publish, asked of a served model whose right answers are known: the score is the truth."""

from __future__ import annotations

import json

import pytest

from tests.server.served import Reply, served_model
from tests.tasks.instructed import FOLLOWED, IGNORED, checkers_without_nltks_data, ifeval_documents
from tests.tasks.invented import invented_rows, write_csv
from tests.tasks.lm_eval.side_by_side import write_documents
from tests.tasks.many_choices import mmlu_pro_documents

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(quantgate, tmp_path):
    """Runs a task against a rule; gives the scores by item id, the task's record and what was printed."""

    def run(task, file, answer, *more, out="run"):
        with served_model(lambda body: Reply(answer(body["messages"][-1]["content"]))) as server:
            arguments = ["run", "--task", task, "--data", f"{task}={file}", "--base-url", server.base_url, *more]
            code, told, error = quantgate([*arguments, "--model", "m", "--out", str(tmp_path / out)])
        assert code == 0, error
        samples = [json.loads(line) for line in (tmp_path / out / "samples.jsonl").read_text().splitlines()]
        (record,) = json.loads((tmp_path / out / "run.json").read_text())["tasks"]
        return samples, record, told

    return run


def test_ifeval_scores_the_prompts_whose_instructions_are_all_followed(asked, tmp_path, monkeypatch):
    checkers_without_nltks_data(tmp_path / "nltk", monkeypatch)
    documents = ifeval_documents()
    said = {
        each["prompt"]: ignores if at % 3 == 0 else f"<think>Well, so.</think>{follows}"
        for at, (each, follows, ignores) in enumerate(zip(documents, FOLLOWED, IGNORED, strict=True))
    }
    file = write_documents(tmp_path / "ifeval.jsonl", documents)
    samples, _, told = asked("ifeval", file, said.__getitem__)
    last = len(documents) - 1
    truth = {str(at): float(at % 3 != 0 and FOLLOWED[at] != "It turns.") for at in range(last + 1)}
    assert {each["item_id"]: each["score"] for each in samples} == truth
    assert f"{sum(truth.values()) / len(truth):.4f}" in told


def test_mmlu_pro_scores_right_letters_and_a_limit_is_spread_over_the_subjects(asked, tmp_path):
    documents = mmlu_pro_documents(140)
    file = write_documents(tmp_path / "test.jsonl", documents)

    def answer(prompt):
        (row,) = [each for each in documents if each["question"].strip() in prompt]
        wrong = "B" if row["answer"] == "A" else "A"
        letter = row["answer"] if row["question_id"] % 5 else wrong
        return f"Step by step.\n\nThe answer is ({letter})."

    samples, record, told = asked("mmlu_pro", file, answer)
    truth = {str(each["question_id"]): float(each["question_id"] % 5 != 0) for each in documents}
    assert {each["item_id"]: each["score"] for each in samples} == truth
    assert f"{sum(truth.values()) / len(truth):.4f}" in told
    assert record["settings"] == {"weights": "items"}
    few, _, _ = asked("mmlu_pro", file, answer, "--limit", "28", out="few")
    assert sorted(each["stratum"] for each in few) == sorted(2 * list({each["stratum"] for each in samples}))


def test_gpqa_is_asked_in_the_words_that_were_chosen_and_unlike_words_never_pair(asked, quantgate, tmp_path):
    file = write_csv(tmp_path / "gpqa.csv", invented_rows(12))

    def answer(prompt):
        number = int(prompt.split("Invented ")[1].split(":")[0])
        (letter,) = [line[0] for line in prompt.splitlines() if line[1:] == f") {(number + 2) * 17}"]
        return f"Answer: {letter}" if number % 3 else "Answer: none of them"

    for wording, recorded in (
        ("quantgate", {}),
        ("aa", {"prompt": "aa"}),
        ("simple-evals", {"prompt": "simple-evals"}),
    ):
        more = ("--option", f"prompt={wording}", "--repeats", "2")
        samples, record, told = asked("gpqa_diamond", file, answer, *more, out=wording)
        assert {each["score"] for each in samples if int(each["item_id"][3:]) % 3} == {1.0}
        assert sum(each["score"] for each in samples) / len(samples) == 8 / 12
        assert f"{8 / 12:.4f}" in told
        assert record.get("settings", {}) == recorded
    for baseline, candidate in (("aa", "simple-evals"), ("quantgate", "aa")):
        code, told, _ = quantgate(["gate", str(tmp_path / baseline), str(tmp_path / candidate)])
        assert (code, "prompt" in told) == (4, True), told
