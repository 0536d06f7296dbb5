"""A run directory is made of a source whole, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Row, Unread
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import SameBy


def row(item: str, repeat: int = 0) -> Row:
    return Row(Sample("t", item, repeat, "", Status.OK, 1.0))


def source_of(*rows: Row | Unread, **more: object) -> ForeignRun:
    task = ForeignTask(
        name="t", version="1", grader="tool 1", metric="acc", same_by=SameBy.ID, rows=lambda: iter(rows), **more
    )
    return ForeignRun(format="tool", model="m", created="2026-11-01T00:00:00+00:00", tasks=[task])


def test_a_source_that_breaks_off_leaves_nothing(tmp_path):
    def breaking():
        yield row("1")
        raise DataError("cut in half")

    source = source_of()
    source = replace(source, tasks=[replace(source.tasks[0], rows=breaking)])
    with pytest.raises(DataError, match="cut in half"):
        write_run(source, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_source_of_unread_rows_alone_is_no_run(tmp_path):
    with pytest.raises(DataError, match=r"no row that can be read .*x, line 1: it is torn"):
        write_run(source_of(Unread("x, line 1", "it is torn")), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_repeat_beyond_all_reason_is_refused_in_a_line(tmp_path):
    with pytest.raises(DataError, match="more than 4,000,000 samples"):
        write_run(source_of(row("1"), row("2", 9_000_000)), tmp_path / "run")


def test_two_tasks_of_one_name_are_refused(tmp_path):
    source = source_of(row("1"))
    with pytest.raises(DataError, match="two tasks of the name t"):
        write_run(replace(source, tasks=[*source.tasks, *source.tasks]), tmp_path / "run")


def test_items_that_the_source_speaks_of_and_does_not_have_are_missing(tmp_path):
    write_run(source_of(row("1"), items=3), tmp_path / "run")
    assert Run.load(tmp_path / "run").task("t").planned == 3


def test_a_key_that_a_tool_has_written_down_is_not_copied(tmp_path):
    source = source_of(row("1"), settings={"model_args": "base_url=x,api_key=sk-live-1234567890abcdef"})
    write_run(replace(source, endpoint={"headers": "Bearer abcdefgh12345678"}), tmp_path / "run")
    told = (tmp_path / "run" / "run.json").read_text()
    assert "1234567890abcdef" not in told
    assert "abcdefgh12345678" not in told
    assert "base_url=x" in told


def test_a_source_that_tells_no_results_has_none_unparsed(tmp_path):
    write_run(source_of(row("1")), tmp_path / "run")
    record = Run.load(tmp_path / "run").record.tasks[0]
    assert not record.tells_results


def test_a_folder_without_questions_has_no_empty_file_of_them(tmp_path):
    write_run(source_of(row("1")), tmp_path / "run")
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == ["run.json", "samples.jsonl"]


def test_a_parameter_of_a_wrong_kind_is_unknown(tmp_path):
    told = {"temperature": "cold", "max_tokens": [1], "seed": True, "top_p": 0.9, "stop": ["x"]}
    write_run(source_of(row("1"), sampling=told), tmp_path / "run")
    record = Run.load(tmp_path / "run").record.tasks[0]
    assert record.sampling == {"top_p": 0.9, "stop": ["x"]}
    assert record.imported.unknown == ("temperature", "max_tokens", "seed")


@pytest.mark.parametrize(
    ("task", "is_private"),
    [
        ({"name": "gpqa_diamond_cot_zeroshot"}, True),
        ({"name": "leaderboard_gpqa_main"}, True),
        ({"name": "mine", "provenance": {"dataset": "Idavidrein/GPQA gpqa_diamond"}}, True),
        ({"name": "leaderboard", "settings": {"members": {"leaderboard_gpqa": "1", "leaderboard_bbh": "1"}}}, True),
        ({"name": "supergpqa", "provenance": {"dataset": "m-a-p/SuperGPQA"}}, False),
    ],
)
def test_the_text_of_gpqa_is_not_copied_whichever_tool_has_asked_it(tmp_path, task, is_private):
    asked = Asked("t", "1", "h", ({"role": "user", "content": "a question"},), reference="the right answer")
    source = source_of(replace(row("1"), asked=asked))
    write_run(replace(source, tasks=[replace(source.tasks[0], **task)]), tmp_path / "run")
    assert bool(Run.load(tmp_path / "run").record.tasks[0].asked_by_authors) is is_private
    text = (tmp_path / "run" / "prompts.jsonl").read_text()
    assert ("a question" in text, "the right answer" in text) == (not is_private, not is_private)
    assert '"h"' in text


@pytest.mark.parametrize("unlike", [{"score": 0.0}, {"metrics": {"f1": 1.0}}, {"prompt_hash": "x"}, {"vote": "B"}])
@pytest.mark.parametrize("turned", [False, True])
def test_an_item_whose_rows_contradict_each_other_is_missing_whichever_comes_first(tmp_path, unlike, turned):
    rows = [row("1"), Row(replace(row("1").sample, **unlike))]
    write_run(source_of(*(reversed(rows) if turned else rows), *rows, row("2")), tmp_path / "run")
    run = Run.load(tmp_path / "run")
    (task,) = run.record.tasks
    assert {item: (sample.status, sample.score) for (_, item, _), sample in run.samples.items()} == {
        "1": (Status.ERROR, None),
        "2": (Status.OK, 1.0),
    }
    assert (task.items, task.imported.unread) == (2, 3)
    assert task.imported.unread_first == "item 1, repeat 0 is there twice, not alike: it is missing"


def test_a_row_that_is_there_twice_alike_counts_once(tmp_path):
    write_run(source_of(row("1"), row("1")), tmp_path / "run")
    run = Run.load(tmp_path / "run")
    assert [sample.score for sample in run.samples.values()] == [1.0]
    assert run.record.tasks[0].imported.unread_first == "item 1, repeat 0 is there twice, and counts once"
