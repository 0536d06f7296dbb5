"""The shards of a run make the run: nothing twice, nothing that was not asked, or nothing at all."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.contract.shard import Shard
from quantgate.evals.errors import RunDirectoryError, StorageError, Unfinished, UsageError
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.lost_grades import lost_lines
from quantgate.evals.runs.record import Regrade
from tests.conftest import Sums
from tests.evals.merging.sharded import Mixed


def content(folder: Path) -> dict[str, bytes]:
    """The files of a run, by name, but for its lock and its label."""
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != ".lock"}
    record = {**json.loads(files["run.json"]), "label": ""}
    return {**files, "run.json": json.dumps(record).encode()}


@pytest.mark.parametrize("of", [1, 2, 4, 8, 13, 40])
@pytest.mark.parametrize("repeats", [1, 3])
def test_the_run_is_that_of_one_machine_to_the_byte(asked, of, repeats):
    asked.tasks, asked.repeats = [Mixed(10, name="mixed"), Sums(7), Sums(1, name="one")], repeats
    whole = asked.ask("whole")
    folders = asked.shards(of)
    random.Random(of).shuffle(folders)
    asked.merge(folders)
    assert content(asked.folder / "run") == content(whole)


def test_a_subset_of_the_items_is_merged_in_the_order_of_the_plan(asked):
    asked.tasks = [Mixed(10)]
    whole = asked.ask("whole", limit=7)
    asked.merge(asked.shards(3, limit=7))
    assert content(asked.folder / "run") == content(whole)


def test_the_last_line_of_an_answer_is_the_one_that_is_taken(asked):
    folders = asked.shards(2)
    whole = (folders[1] / "samples.jsonl").read_bytes()
    wrong = whole.replace(b'"status": "ok"', b'"status": "truncated"')
    (folders[1] / "samples.jsonl").write_bytes(wrong + b"\0\0\n" + whole + whole[:50])
    made = asked.merge(folders)
    assert [note for note in made.notes if "1 line of samples.jsonl is damaged" in note]
    assert content(asked.folder / "run") == content(asked.ask("whole"))


def test_answers_that_a_shard_was_not_to_ask_count_for_nothing(asked):
    folders = asked.shards(2)
    others = (folders[0] / "samples.jsonl").read_text().replace('"status": "ok"', '"status": "truncated"')
    with (folders[1] / "samples.jsonl").open("a") as stream:
        stream.write(others)
    assert asked.merge(folders).notes == (
        f"shard 2/2 ({folders[1]}) holds 6 answers that it was not to ask, which count for nothing",
    )
    assert content(asked.folder / "run") == content(asked.ask("whole"))


def test_shards_that_are_not_there_are_named(asked):
    folders = asked.shards(8)
    with pytest.raises(Unfinished, match=r"6 of 8 shards missing: 2/8, 4/8, 5/8, 6/8, 7/8 and 1 more.*--shard 2/8"):
        asked.merge([folders[0], folders[2]])


def test_a_shard_that_lacks_answers_is_named(asked):
    folders = [asked.ask("part-1", Shard(1, 2)), asked.ask("part-2", Shard(2, 2), keys={("7", 0), ("8", 0)})]
    with pytest.raises(Unfinished, match=r"shard 2/2 \(.*part-2\) lacks 4 of 6 answers"):
        asked.merge(folders)
    assert not (asked.folder / "run").exists()
    asked.merge(folders, incomplete=True)
    assert len(RunDirectory(asked.folder / "run").samples()) == 8


@pytest.mark.parametrize(("status", "ended"), [(Status.ERROR, None), (Status.UNGRADED, Status.OK)])
def test_a_fault_or_an_answer_without_a_grade_is_no_answer(asked, status, ended):
    folders = asked.shards(2)
    directory = RunDirectory(folders[0])
    sample = next(iter(directory.samples().values()))
    with directory.writing(directory.record(), directory.record()) as writer:
        writer.append(replace(sample, status=status, ended=ended, score=None))
    with pytest.raises(Unfinished, match=r"part-1\) lacks 1 of 6 answers"):
        asked.merge(folders)


def test_a_shard_twice_is_refused_and_a_folder_twice_is_one(asked):
    folders = asked.shards(2)
    asked.merge([*folders, folders[0]])
    copy = asked.ask("copy", Shard(2, 2))
    with pytest.raises(RunDirectoryError, match=r"shard 2/2 is there twice, .*copy and .*part-2: give the one"):
        asked.merge([*folders, copy], "other")


def test_shards_of_another_cut_and_whole_runs_are_refused(asked):
    folders = asked.shards(2)
    with pytest.raises(RunDirectoryError, match=r"several cuts: shard 2/2 .* and shard 3/3"):
        asked.merge([*folders, asked.ask("third", Shard(3, 3))])
    with pytest.raises(UsageError, match="whole is a whole run and no shard"):
        asked.merge([*folders, asked.ask("whole")])


def regraded(folder: Path, name: str, changed: int) -> None:
    """Grade the first answers of a run anew, as `quantgate regrade` does."""
    directory = RunDirectory(folder)
    before = directory.record()
    entry = Regrade(name, f"2026-02-0{len(before.regraded) + 1}", {}, ("sums",), changed)
    samples = list(directory.samples().values())[:changed]
    with directory.writing(replace(before, regraded=(*before.regraded, entry)), before, regrade=name) as writer:
        for sample in samples:
            writer.append(replace(sample, score=0.5))


def test_grades_that_shards_were_given_later_are_those_of_the_run(asked):
    folders = asked.shards(2)
    regraded(folders[0], "early", 4)
    regraded(folders[0], "late", 2)
    regraded(folders[1], "other", 6)
    asked.merge(folders)
    run = Run.load(asked.folder / "run")
    assert [sample.score == 0.5 for sample in run.samples.values()] == [True] * 4 + [False] * 2 + [True] * 6
    assert {each.id: each.changed for each in run.record.regraded} == {"early": 2, "other": 6, "late": 2}
    assert lost_lines(run.record, run.held.lines.columns.regrade) == {}


def test_a_regrade_that_was_broken_off_has_never_been(asked):
    folders = asked.shards(2)
    with (folders[1] / "samples.jsonl").open("r+") as stream:
        stream.write(stream.read().replace('"status": "ok"', '"regrade": "killed", "status": "truncated"'))
    asked.merge(folders)
    assert content(asked.folder / "run") == content(asked.ask("whole"))


def test_a_shard_that_has_lost_lines_of_a_regrade_is_refused(asked):
    folders = asked.shards(2)
    regraded(folders[1], "grades", 3)
    whole = (folders[1] / "samples.jsonl").read_text().splitlines(keepends=True)
    (folders[1] / "samples.jsonl").write_text("".join(whole[:-1]))
    with pytest.raises(RunDirectoryError, match=r"lacks 1 lines of a regrade: `quantgate regrade .*part-2`"):
        asked.merge(folders)


def test_a_shard_that_keeps_no_prompts_leaves_those_of_the_others(asked):
    folders = asked.shards(2)
    (folders[0] / "prompts.jsonl").unlink()
    asked.merge(folders)
    assert (asked.folder / "run/prompts.jsonl").read_bytes() == (folders[1] / "prompts.jsonl").read_bytes()


def test_conversations_are_copied_and_one_of_two_shards_is_refused(asked):
    folders = asked.shards(2)
    for folder, name in zip(folders, ("0", "1"), strict=True):
        (folder / "simulations/retail").mkdir(parents=True)
        (folder / f"simulations/retail/{name}.trial-0.json").write_text(name)
    asked.merge(folders)
    there = sorted((asked.folder / "run/simulations/retail").iterdir())
    assert [(file.name, file.read_text()) for file in there] == [("0.trial-0.json", "0"), ("1.trial-0.json", "1")]
    (folders[1] / "simulations/retail/0.trial-0.json").write_text("another")
    before = {file: file.read_bytes() for file in asked.folder.rglob("*") if file.is_file()}
    with pytest.raises(RunDirectoryError, match=r"both have simulations/retail/0\.trial-0\.json"):
        asked.merge(folders, "other")
    assert {file: file.read_bytes() for file in asked.folder.rglob("*") if file.is_file()} == before


def test_a_folder_that_holds_something_is_not_written_into(asked):
    folders = asked.shards(2)
    for out in ("part-1", "part-1/run.json"):
        with pytest.raises(UsageError, match="is not empty"):
            asked.merge(folders, out)


def test_a_shard_that_is_being_asked_is_waited_for(asked):
    folders = asked.shards(2)
    directory = RunDirectory(folders[1])
    with (
        directory.writing(directory.record(), directory.record()),
        pytest.raises(StorageError, match=r"shard 2/2 .* is still being asked"),
    ):
        asked.merge(folders)


@pytest.mark.parametrize(
    "items",
    [["6-10"], ["0-5"], ["6-999999999999999"], ["6-11", "x"], ["6-10", "6"], ["6-10", "99"], []],
)
def test_a_record_whose_items_were_edited_is_refused(asked, items):
    folders = asked.shards(2)
    record = json.loads((folders[1] / "run.json").read_text())
    record["shard"]["items"]["sums"] = items
    (folders[1] / "run.json").write_text(json.dumps(record))
    with pytest.raises(RunDirectoryError, match="other items of sums under shard"):
        asked.merge(folders)
