"""The index of a run on disk: true to the file, however that has changed, and whoever else uses it."""

import os
import threading
from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import Regrade
from quantgate.evals.samples.lines import line_of
from quantgate.view.index import Index
from quantgate.view.places import Broken
from tests.view.written import add, answered, ids, indexed, task_of, write_run


@pytest.fixture
def file(tmp_path):
    return tmp_path / "index.sqlite"


def planned(*names):
    return [task_of(names)]


def test_items_are_in_their_natural_order(tmp_path, file):
    run = write_run(tmp_path / "run", [answered(item) for item in ("100", "1091", "11", "9", "a10", "a9", "010")])
    assert [item for item, _ in ids(indexed(run, file))] == ["9", "010", "11", "100", "1091", "a9", "a10"]


def test_the_last_answer_of_a_key_counts(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1", None), answered("2"), answered("1", 0.0)])
    with indexed(run, file).reading() as database:
        assert database.execute("SELECT score FROM answer ORDER BY place").fetchall() == [(0.0,), (1.0,)]


def test_what_has_come_is_added_and_the_rest_is_kept(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1")], tasks=planned("1", "2", "3"))
    before = indexed(run, file).state()
    add(run, answered("3"), answered("2"))
    index = indexed(run, file)
    assert [item for item, _ in ids(index)] == ["1", "2", "3"]
    assert index.state().generation == before.generation


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")])
    whole = (run / "samples.jsonl").read_bytes()
    (run / "samples.jsonl").write_bytes(whole[:-10])
    assert [item for item, _ in ids(indexed(run, file))] == ["1"]
    with (run / "samples.jsonl").open("ab") as stream:
        stream.write(whole[-10:])
    assert [item for item, _ in ids(indexed(run, file))] == ["1", "2"]


@pytest.mark.parametrize("way", ["another file", "shorter", "the same size"])
def test_another_file_of_that_name_is_read_anew(tmp_path, file, way):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")], tasks=planned("1", "2", "7", "8"))
    indexed(run, file)
    samples = run / "samples.jsonl"
    if way == "another file":
        samples.rename(run / "old")
    inode = os.stat(samples).st_ino if samples.exists() else None
    fresh = [answered("7")] if way == "shorter" else [answered("7"), answered("8")]
    with samples.open("wb") as stream:
        stream.write(b"")
    add(run, *fresh)
    assert inode in (None, os.stat(samples).st_ino)
    assert [item for item, _ in ids(indexed(run, file))] == [sample.item_id for sample in fresh]


def test_what_was_not_to_be_asked_is_left_out_and_counted(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1"), answered("99"), answered("1", repeat=5)], tasks=planned("1"))
    index = indexed(run, file)
    assert ids(index) == [("1", 0)]
    assert index.state().unplanned == 2


def test_another_plan_counts_other_lines(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")], tasks=planned("1"))
    assert ids(indexed(run, file)) == [("1", 0)]
    samples = (run / "samples.jsonl").read_bytes()
    write_run(run, [], tasks=planned("1", "2"))
    (run / "samples.jsonl").write_bytes(samples)
    assert ids(indexed(run, file)) == [("1", 0), ("2", 0)]


def test_a_damaged_line_is_passed_over_and_counted(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")])
    samples = run / "samples.jsonl"
    first, second = samples.read_bytes().splitlines(keepends=True)
    samples.write_bytes(first + b'{"task": "gsm8k", \xff\n' + second)
    index = indexed(run, file)
    assert index.state().damaged == 1
    assert [item for item, _ in ids(index)] == ["1", "2"]


def test_half_of_a_surrogate_pair_names_an_item_too(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("a\ud800b"), answered("a/b"), answered("")])
    assert {item for item, _ in ids(indexed(run, file))} == {"a\ud800b", "a/b", ""}


def test_no_text_is_in_it(tmp_path, file):
    secret = "what nobody may read"
    run = write_run(tmp_path / "run", [answered("1", response=secret, extracted=secret, reasoning=secret)])
    indexed(run, file)
    assert all(secret.encode() not in each.read_bytes() for each in tmp_path.glob("index.sqlite*"))


def test_the_run_directory_is_as_it_was(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1")])
    before = {each.name: each.read_bytes() for each in run.iterdir()}
    run.chmod(0o500)
    try:
        indexed(run, file)
    finally:
        run.chmod(0o700)
    assert {each.name: each.read_bytes() for each in run.iterdir()} == before


def test_a_run_that_has_not_answered_yet_has_an_empty_index(tmp_path, file):
    run = write_run(tmp_path / "run", [], tasks=planned("1"))
    (run / "samples.jsonl").unlink()
    assert ids(indexed(run, file)) == []
    add(run, answered("1"))
    assert ids(indexed(run, file)) == [("1", 0)]


def test_a_damaged_index_says_so(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1")])
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(Broken):
        indexed(run, file)


def test_several_may_extend_it_at_once(tmp_path, file):
    samples = [answered(str(number), 0.0 if number % 3 else 1.0) for number in range(3000)]
    run = write_run(tmp_path / "run", [*samples, *(answered("5", status=Status.EMPTY, score=0.0) for _ in range(9))])
    record, failed = RunDirectory(run).record(), []

    def extend() -> None:
        try:
            Index(run, file).extend(record, threading.Event())
        except Broken as error:
            failed.append(error)

    threads = [threading.Thread(target=extend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = Index(run, file)
    assert not failed
    assert [item for item, _ in ids(index)] == [str(number) for number in range(3000)]
    assert index.state().lines == 3009


def test_answers_of_a_regrade_count_once_it_is_finished(tmp_path, file):
    run = write_run(tmp_path / "run", [answered("1", 0.0)])
    with (run / "samples.jsonl").open("ab") as stream:
        stream.write(line_of(answered("1", 1.0), "r1"))
    scores = "SELECT score FROM answer"
    with indexed(run, file).reading() as database:
        assert database.execute(scores).fetchall() == [(0.0,)]
    directory = RunDirectory(run)
    record = directory.record()
    finished = Regrade("r1", "2026-11-27T11:00:00", {}, ("gsm8k",), 1)
    directory.amend(replace(record, regraded=(finished,)))
    with indexed(run, file).reading() as database:
        assert database.execute(scores).fetchall() == [(1.0,)]
