"""The index beside samples.jsonl can be wrong in no way: it is of the very bytes that are there, or it is none."""

from __future__ import annotations

import pytest

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.runs import directory as directories
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.samples.index import INDEX_FILE
from quantgate.evals.samples.lines import line_of


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A directory of 50 samples with an index."""
    monkeypatch.setattr(directories, "_FEW", 0)
    (tmp_path / "samples.jsonl").write_bytes(b"".join(map(line_of, samples(50))))
    directory = RunDirectory(tmp_path)
    directory.keep_index(directory.held())
    assert (tmp_path / INDEX_FILE).exists()
    return directory


def samples(count: int, score: float = 1.0) -> list[Sample]:
    return [
        Sample("t", f"item {n} \ud83d", 0, "h", Status.OK, score, metrics={"exact": score}, error=None)
        for n in range(count)
    ]


def scores(directory: RunDirectory) -> list[float]:
    return directory.held().columns.score.tolist()


def test_a_whole_index_spares_the_reading(run, monkeypatch):
    monkeypatch.setattr("quantgate.evals.samples.reading.read_lines", None)
    monkeypatch.setattr("quantgate.evals.samples.reading.parse_line", None)
    held = run.held()
    assert held.indexed
    assert list(held) == [sample.key for sample in samples(50)]
    assert held.columns.metrics["exact"].tolist() == [1.0] * 50


def test_a_sample_is_found_whole_by_the_index(run):
    assert run.held()["t", "item 7 \ud83d", 0] == samples(50)[7]


def test_what_was_appended_since_is_read_on(run):
    with (run.path / "samples.jsonl").open("ab") as stream:
        stream.write(line_of(samples(3, 0.0)[2]) + b"damaged\n" + line_of(samples(51)[50])[:-5])
    held = run.held()
    assert held.columns.score.tolist() == [1.0, 1.0, 0.0] + [1.0] * 47
    assert (held.damage.lines, held.damage.first) == (1, 52)


def test_a_line_that_was_changed_in_place_counts_as_it_is_now(run):
    file = run.path / "samples.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"score": 1.0', b'"score": 0.0', 1))
    assert scores(run)[0] == 0.0


@pytest.mark.parametrize("lines", [0, 1, 49])
def test_a_file_that_is_shorter_now_has_no_index(run, lines):
    file = run.path / "samples.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:lines]))
    assert len(run.held()) == lines


@pytest.mark.parametrize("place", [0, 10, 30, 200, -1])
def test_an_index_with_a_wrong_byte_is_none(run, place):
    file = run.path / INDEX_FILE
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    held = run.held()
    assert (held.indexed, held.columns.score.tolist()) == (False, [1.0] * 50)


@pytest.mark.parametrize("content", [b"", b"quantgate index 2\n", b"\0" * 1000])
def test_a_foreign_index_is_none(run, content):
    (run.path / INDEX_FILE).write_bytes(content)
    assert scores(run) == [1.0] * 50


def test_an_index_of_another_run_is_none(run, tmp_path_factory):
    other = RunDirectory(tmp_path_factory.mktemp("other"))
    (other.path / "samples.jsonl").write_bytes(b"".join(map(line_of, samples(50, 0.0))))
    (other.path / INDEX_FILE).write_bytes((run.path / INDEX_FILE).read_bytes())
    assert scores(other) == [0.0] * 50


def test_an_index_that_cannot_be_written_is_done_without(run):
    (run.path / INDEX_FILE).unlink()
    (run.path / INDEX_FILE).mkdir()
    run.keep_index(run.held())
    assert scores(run) == [1.0] * 50


def test_no_decision_is_made_by_an_index(run, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the index was read")

    monkeypatch.setattr(directories, "index_of", refuse)
    assert run.read().columns.score.tolist() == [1.0] * 50


def test_small_runs_are_left_without_one(tmp_path):
    (tmp_path / "samples.jsonl").write_bytes(b"".join(map(line_of, samples(50))))
    directory = RunDirectory(tmp_path)
    directory.keep_index(directory.held())
    assert not (tmp_path / INDEX_FILE).exists()
