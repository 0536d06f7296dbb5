"""By what two runs are paired, and that other questions are never compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.record import Imported, SameBy
from quantgate.evals.samples.prompts import Prompts, line_of_prompt
from tests.evals.made_runs import run_of

QUESTIONS = ("What is 2 + 3?", "What is 4 + 4?")


@pytest.fixture
def made(tmp_path):
    """A run of two items, imported by a way of knowing what was asked, or our own without one."""

    def make(
        same_by: SameBy | None = None,
        *,
        format: str = "tool",
        grader: str | None = None,
        salt: str = "",
        texts: tuple[str, ...] = (),
        unhashed: tuple[str, ...] = (),
    ) -> Run:
        run = run_of([1, 0])
        imported = None if same_by is None else Imported(format, same_by, unknown=("grader",))
        (task,) = run.record.tasks
        record = replace(run.record, tasks=(replace(task, imported=imported, grader=grader or task.grader),))
        without = {key for key in run.samples if key[1] in unhashed or (same_by is SameBy.ID and not unhashed)}
        hashes = {key: "" if key in without else salt + sample.prompt_hash for key, sample in run.samples.items()}
        samples = {key: replace(sample, prompt_hash=hashes[key]) for key, sample in run.samples.items()}
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        for text, sample in zip(texts, samples.values(), strict=False):
            asked = Asked(sample.task, sample.item_id, sample.prompt_hash, ({"role": "user", "content": text},))
            with open(file, "ab") as stream:
                stream.write(line_of_prompt(asked))
        return Run(record, samples, prompts=Prompts(file))

    return make


def paired(one: Run, other: Run) -> tuple[SameBy | None, tuple[str, ...]]:
    (pairs,) = pair_runs(one, other).tasks
    return pairs.paired_by, pairs.problems


def test_two_runs_of_our_own_have_their_prompts_and_say_nothing_of_it(made):
    assert paired(made(), made()) == (None, ())


@pytest.mark.parametrize("way", SameBy)
def test_two_runs_of_one_tool_are_paired_by_what_it_has(made, way):
    assert paired(made(way), made(way)) == (way, ())


@pytest.mark.parametrize("way", [SameBy.PROMPT, SameBy.TEXT])
def test_other_hashes_of_one_tool_are_other_questions(made, way):
    _, (problem,) = paired(made(way), made(way, salt="x"))
    assert "2 items were asked with different prompts" in problem


def test_our_own_run_of_a_task_of_lm_eval_is_paired_by_prompt_with_its_files(made):
    assert paired(made(), made(SameBy.PROMPT, format="lm-eval")) == (SameBy.PROMPT, ())
    _, (problem,) = paired(made(), made(SameBy.PROMPT, format="lm-eval", salt="x"))
    assert "different prompts" in problem


def test_hashes_that_another_tool_makes_otherwise_say_nothing(made):
    assert paired(made(), made(SameBy.PROMPT, salt="x")) == (SameBy.ID, ())


@pytest.mark.parametrize("kinds", [("csv", "csv"), ("csv", "parquet")])
def test_tables_whose_prompts_are_all_hashed_otherwise_are_refused_with_what_to_do(made, kinds):
    one, other = (made(SameBy.PROMPT, format=kind, grader=f"{kind} table") for kind in kinds)
    assert paired(one, other) == (SameBy.PROMPT, ())
    _, (problem,) = paired(one, made(SameBy.PROMPT, format=kinds[1], grader=f"{kinds[1]} table", salt="x"))
    assert "2 items were asked with different prompts" in problem
    assert "without that column" in problem


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "inspect"])
def test_a_run_that_was_exported_is_held_against_its_like_and_our_own_by_its_own_hashes(made, format):
    exported = made(SameBy.PROMPT, format=format, salt="x", texts=QUESTIONS)
    for other in (made(texts=QUESTIONS), made(SameBy.PROMPT, format="jsonl", texts=QUESTIONS)):
        _, (problem,) = paired(exported, other)
        assert "2 items were asked with different prompts" in problem
    assert paired(exported, made(salt="x")) == (SameBy.PROMPT, ())


def test_hashes_that_some_rows_of_a_table_lack_are_compared_where_they_are(made):
    table = {"format": "csv", "grader": "csv table"}
    _, (problem,) = paired(made(SameBy.PROMPT, **table), made(SameBy.ID, salt="x", unhashed=("0",), **table))
    assert "1 items were asked with different prompts" in problem
    assert paired(made(SameBy.PROMPT, **table), made(SameBy.ID, unhashed=("0",), **table)) == (SameBy.ID, ())


def test_questions_of_tables_are_compared_as_texts_whatever_stands_around_them(made):
    table = {"format": "csv", "grader": "csv table"}
    asked = tuple(f"Think. {text}" for text in QUESTIONS)
    one, other = made(SameBy.TEXT, texts=QUESTIONS, **table), made(SameBy.TEXT, salt="x", texts=asked, **table)
    assert paired(one, other) == (SameBy.TEXT, ())


def test_of_two_ways_the_weaker_holds(made):
    assert paired(made(), made(SameBy.TEXT)) == (SameBy.ID, ())
    assert paired(made(SameBy.TEXT), made(SameBy.ID)) == (SameBy.ID, ())


def test_texts_that_are_alike_show_it_where_hashes_do_not(made):
    own = made(texts=tuple(f"Q: What is 1 + 1? A: 2\nQ: {text} A:" for text in QUESTIONS))
    assert paired(own, made(SameBy.ID, texts=QUESTIONS)) == (SameBy.TEXT, ())


def test_texts_of_some_items_alone_show_it_of_none(made):
    assert paired(made(SameBy.ID, texts=QUESTIONS), made(SameBy.ID, texts=QUESTIONS[:1])) == (SameBy.ID, ())


def test_ids_that_are_alike_with_other_questions_are_refused(made):
    _, (problem,) = paired(made(SameBy.ID, texts=QUESTIONS), made(SameBy.TEXT, texts=QUESTIONS[::-1]))
    assert "2 items have other questions" in problem


def test_a_question_that_begins_within_a_number_is_another_one(made):
    _, (problem,) = paired(made(SameBy.ID, texts=("1 + 1", "4")), made(SameBy.ID, texts=("21 + 11", "4")))
    assert "1 items have other questions" in problem
