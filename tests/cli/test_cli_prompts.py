"""What was asked, kept beside the answers: by every verb that asks, unless it is not to be."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.samples.prompts import Prompts
from tests.server.served import Reply, served_model
from tests.tasks.invented import invented_rows, write_csv

pytestmark = pytest.mark.slow


def of_all(folder) -> list:
    """What was asked of every sample of a run."""
    prompts = Prompts.open(folder)
    return [prompts.of(one.task, one.item_id, one.prompt_hash) for one in RunDirectory(folder).samples().values()]


def test_every_answer_has_what_was_asked_and_the_right_answer_beside_it(
    quantgate, arguments, rule, tmp_path, gsm8k_files
):
    with served_model(rule) as server:
        assert quantgate(arguments(server.base_url, "--first", "3"))[0] == 0
        assert quantgate(arguments(server.base_url, "--repeats", "2"))[0] == 0
    asked = of_all(tmp_path / "run")
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    assert len(asked) == 80
    assert {one.item_id: one.reference for one in asked} == {
        str(number): row["answer"].split("#### ")[1].replace(",", "") for number, row in enumerate(rows)
    }
    assert {one.messages[-1]["content"] for one in asked} == {f"Question: {row['question']}\nAnswer:" for row in rows}
    assert len((tmp_path / "run" / "prompts.jsonl").read_bytes().splitlines()) == 40


def test_a_key_that_the_documents_hold_is_not_kept(quantgate, arguments, rule, tmp_path, monkeypatch, gsm8k_files):
    word = json.loads(gsm8k_files[0].read_text().splitlines()[0])["question"][:30]
    monkeypatch.setattr("quantgate.evals.secrets._known", ())
    monkeypatch.setenv("MY_KEY", word)
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--first", "1", "--api-key-env", "MY_KEY"))
    assert word not in (tmp_path / "run" / "prompts.jsonl").read_text()


def test_they_are_left_out_where_that_is_wanted(quantgate, arguments, rule, tmp_path):
    (tmp_path / "run.yaml").write_text("prompts: false\n")
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--first", "2", "--no-prompts"))
        quantgate(arguments(server.base_url, "--first", "3", "--config", str(tmp_path / "run.yaml")))
        assert not (tmp_path / "run" / "prompts.jsonl").exists()
        assert RunDirectory(tmp_path / "run").record().asked["prompts"] is False
        # A run from before there were any goes on in the same way: what is asked from now on has its prompt.
        quantgate(arguments(server.base_url, "--first", "4"))
    assert [one is None for one in of_all(tmp_path / "run")] == [True, True, True, False]


def test_of_a_private_task_no_text_is_kept(quantgate, tmp_path):
    exam = write_csv(tmp_path / "gpqa.csv", invented_rows(6))
    with served_model(lambda _: Reply("I say nothing of it.\nANSWER: A")) as server:
        asked = [
            "--base-url",
            server.base_url,
            "--model",
            "test-model",
            "--out",
            str(tmp_path / "run"),
            "--repeats",
            "2",
        ]
        code, _, err = quantgate(["run", "--task", "gpqa_diamond", "--data", f"gpqa_diamond={exam}", *asked])
    assert code == 0, err
    assert [(one.private, one.messages, one.reference) for one in of_all(tmp_path / "run")] == [(True, (), None)] * 12
    written = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert b"rec0003" in written
    assert b"Invented" not in written


def test_a_release_keeps_them_for_every_build_that_is_not_told_otherwise(quantgate, builds, release, tmp_path):
    with builds() as server:
        candidate = {"label": "mxfp4", "base_url": server.base_url, "model": "glm-mxfp4", "prompts": False}
        assert quantgate(["check", release(server.base_url, candidate=candidate)])[0] == 0
    assert None not in of_all(tmp_path / "out" / "fp8")
    assert not (tmp_path / "out" / "mxfp4" / "prompts.jsonl").exists()


def test_a_regrade_needs_none_and_changes_none(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--first", "4"))
    before = (tmp_path / "run" / "prompts.jsonl").read_bytes()
    assert quantgate(["regrade", str(tmp_path / "run"), "--metric", "gsm8k=strict-match"])[0] == 0
    assert (tmp_path / "run" / "prompts.jsonl").read_bytes() == before
    (tmp_path / "run" / "prompts.jsonl").unlink()
    assert quantgate(["regrade", str(tmp_path / "run")])[0] == 0
    assert not (tmp_path / "run" / "prompts.jsonl").exists()
