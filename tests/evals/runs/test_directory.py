"""The run directory: what is written stays, whatever ends the process."""

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import RunDirectoryError, StorageError, UsageError
from quantgate.evals.files import check_writable, write_output
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord, now
from quantgate.evals.versions import software_versions

RECORD = RunRecord("fp8", "m", {"base_url": "http://h/v1"}, (), software_versions(), now())


def sample(item: str = "1", **fields) -> Sample:
    return replace(Sample("t", item, 0, "h", Status.OK, 1.0, response="5"), **fields)


def write(path, *samples: Sample) -> RunDirectory:
    directory = RunDirectory(path)
    with directory.writing(RECORD, directory.record() if directory.exists() else None) as writer:
        for one in samples:
            writer.append(one)
    return directory


def test_what_was_written_is_read_again(tmp_path):
    directory = write(tmp_path / "run", sample("1"), sample("2", status=Status.ERROR, score=None, error="HTTP 500"))
    assert directory.record() == RECORD
    assert list(directory.samples().values()) == [
        sample("1"),
        sample("2", status=Status.ERROR, score=None, error="HTTP 500"),
    ]


@given(response=st.text(), item=st.text(), reasoning=st.none() | st.text())
def test_any_text_of_a_model_comes_back_as_it_was(tmp_path_factory, response, item, reasoning):
    path = tmp_path_factory.mktemp("run")
    one = sample(item, response=response, reasoning=reasoning)
    assert list(write(path, one).samples().values()) == [one]


def test_half_a_character_from_a_broken_server_is_kept_too(tmp_path):
    assert write(tmp_path, sample(response="\ud83d")).samples()["t", "1", 0].response == "\ud83d"


def test_a_later_line_of_the_same_key_replaces_the_earlier(tmp_path):
    directory = write(tmp_path, sample(status=Status.ERROR, score=None), sample(score=0.0))
    assert [one.score for one in directory.samples().values()] == [0.0]


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_torn_last_line_is_passed_over_and_the_next_line_begins_clean(tmp_path, cut):
    directory = write(tmp_path, sample("1"), sample("2"))
    file = tmp_path / "samples.jsonl"
    os.truncate(file, file.stat().st_size - cut)
    assert [one.item_id for one in directory.samples().values()] == ["1"]
    write(tmp_path, sample("3"))
    assert [one.item_id for one in directory.samples().values()] == ["1", "3"]


def test_a_file_that_is_one_torn_line_longer_than_a_block_is_begun_anew(tmp_path):
    write(tmp_path)
    (tmp_path / "samples.jsonl").write_bytes(b"x" * 200_000)
    assert list(write(tmp_path, sample()).samples()) == [("t", "1", 0)]


@pytest.mark.parametrize(
    "line", ["{}", "[]", "no json", json.dumps({"task": "t", "item_id": "1", "repeat": 0, "status": "fine"})]
)
def test_a_broken_line_in_the_middle_is_passed_over_and_named(tmp_path, line):
    directory = write(tmp_path, sample("1"))
    with (tmp_path / "samples.jsonl").open("a") as stream:
        stream.write(line + "\n")
    write(tmp_path, sample("2"))
    held = directory.read()
    assert (held.damage.lines, held.damage.first) == (1, 2)
    assert [key[1] for key in directory.samples()] == ["1", "2"]


@pytest.mark.parametrize("score", [None, 1.5, -0.1, float("nan"), "1"])
def test_a_line_with_a_score_outside_0_to_1_is_no_answer(tmp_path, score):
    directory = write(tmp_path, sample())
    file = tmp_path / "samples.jsonl"
    file.write_text(json.dumps({**json.loads(file.read_text()), "score": score}) + "\n")
    assert "score must lie between 0 and 1" in directory.read().damage.reason
    assert directory.samples() == {}


def test_a_directory_that_has_changed_since_it_was_looked_at_is_left_alone(tmp_path):
    directory = write(tmp_path, sample())
    with (
        pytest.raises(StorageError, match="another quantgate has changed"),
        directory.writing(replace(RECORD, label="other"), None),
    ):
        pass
    assert directory.record() == RECORD


@pytest.mark.parametrize(
    "change",
    [{"task": [1]}, {"prompt_hash": 5}, {"metrics": None}, {"repeat": True}, {"score": True}, {"status": "error"}],
)
def test_a_line_with_a_wrong_type_is_no_answer(tmp_path, change):
    write(tmp_path, sample())
    file = tmp_path / "samples.jsonl"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}) + "\n")
    assert (RunDirectory(tmp_path).samples(), RunDirectory(tmp_path).read().damage.lines) == ({}, 1)


def test_json_that_is_nested_too_deeply_is_no_answer_and_no_crash(tmp_path):
    write(tmp_path, sample())
    (tmp_path / "samples.jsonl").write_text("[" * 200_000 + "\n" + '{"usage": ' + '{"a":' * 200_000 + "\n")
    damage = RunDirectory(tmp_path).read().damage
    assert (damage.lines, damage.reason) == (2, "it is nested too deeply")


def test_an_output_into_a_pipe_goes_through_it_by_a_link_too_as_dev_stdout_is_one(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_output(tmp_path / "pipe", "{}", "--json")
    write_output(tmp_path / "link", "[]", "--json")
    assert os.read(reader, 10) == b"{}[]"
    os.close(reader)


@pytest.mark.parametrize("name", [".lock", "samples.jsonl"])
@pytest.mark.parametrize("link", ["symbolic", "hard", "dangling"])
def test_nothing_is_written_through_a_link_in_a_run_directory(tmp_path, name, link):
    out, victim = tmp_path / "run", tmp_path / "victim"
    directory = write(out, sample())
    (out / name).unlink()
    if link != "dangling":
        victim.write_bytes(b"precious\nwithout a line's end")
    if link == "hard":
        os.link(victim, out / name)
    else:
        (out / name).symlink_to(victim)
    with pytest.raises(StorageError, match=r"cannot write to .*link") as failure, directory.writing(RECORD, RECORD):
        pass
    assert name in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not victim.exists() if link == "dangling" else victim.read_bytes().endswith(b"line's end")


@pytest.mark.parametrize("name", [".lock", "samples.jsonl"])
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path, name):
    directory = write(tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(StorageError, match="not a regular file"), directory.writing(RECORD, RECORD):
        pass


def test_a_record_that_is_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "real").write_text(RECORD.to_json())
    (tmp_path / "run" / "run.json").symlink_to(tmp_path / "real")
    with RunDirectory(tmp_path / "run").writing(replace(RECORD, label="other"), RECORD):
        pass
    assert (tmp_path / "real").read_text() == RECORD.to_json()
    assert RunDirectory(tmp_path / "run").record().label == "other"


def test_a_directory_that_the_user_names_by_a_link_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert len(write(tmp_path / "link", sample()).samples()) == 1


def test_a_durable_run_has_every_line_on_the_disk_in_time_and_any_other_at_its_end(tmp_path, monkeypatch):
    synced, real = [], os.fsync
    file = tmp_path / "samples.jsonl"

    def fsync(descriptor):
        if os.path.samestat(os.fstat(descriptor), file.stat()):
            synced.append(file.read_bytes().count(b"\n"))
            counted.set()
        real(descriptor)

    with RunDirectory(tmp_path).writing(RECORD, durable=True) as writer:
        monkeypatch.setattr(os, "fsync", fsync)
        for number in range(3):
            counted = threading.Event()
            writer.append(sample(str(number)))
            assert counted.wait(10)
    assert synced[:3] == [1, 2, 3]
    del synced[:]
    with RunDirectory(tmp_path).writing(RECORD, RECORD) as writer:
        writer.append(sample("4"))
        assert not synced
    assert synced == [4]


def test_a_disk_that_fails_under_a_durable_run_ends_it(tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    def run():
        with RunDirectory(tmp_path).writing(RECORD, durable=True) as writer:
            monkeypatch.setattr(os, "fsync", fsync)
            writer.append(sample())

    with pytest.raises(StorageError, match="Input/output error"):
        run()


def test_two_writers_do_not_share_a_directory(tmp_path):
    directory = RunDirectory(tmp_path)
    with (
        directory.writing(RECORD),
        pytest.raises(StorageError, match="another quantgate is writing"),
        RunDirectory(tmp_path).writing(RECORD),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no quantgate run record"),
        ('{"schema_version": 99}', "schema version 99, this quantgate reads 1"),
        ('{"schema_version": 1}', "label"),
        (RECORD.to_json().replace('"label"', '"lable"'), "label: Field required"),
    ],
)
def test_a_record_of_another_kind_is_refused_by_name(tmp_path, text, said):
    write(tmp_path)
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunDirectoryError, match=r"run\.json") as failure:
        RunDirectory(tmp_path).record()
    assert said in str(failure.value)


def test_a_folder_without_a_record_is_no_run_directory(tmp_path):
    with pytest.raises(RunDirectoryError, match="is no run directory"):
        RunDirectory(tmp_path).record()


@pytest.mark.slow
def test_a_full_disk_leaves_whole_lines_and_says_what_to_do(tmp_path):
    """Real ENOSPC needs a device; a file size limit makes the same short write and failed write."""
    script = f"""
import resource, signal, sys
sys.path[:0] = {sys.path!r}
from tests.evals.runs.test_directory import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    write(__import__("pathlib").Path({str(tmp_path)!r}), *(sample(str(n)) for n in range(100)))
except StorageError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "run the same command again" in said
    held = RunDirectory(tmp_path).samples()
    assert 3 < len(held) < 100
    assert (tmp_path / "samples.jsonl").read_bytes().endswith(b"}\n")


def test_an_out_below_a_file_is_refused_before_anything_is_done(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file, not a folder"):
        check_writable(tmp_path / "file" / "run")


def test_an_out_that_does_not_exist_yet_is_fine(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()


def test_an_output_that_cannot_be_written_is_named_with_its_option():
    with pytest.raises(UsageError, match=r"--json /dev/null/gate\.json: cannot be written"):
        write_output(Path("/dev/null/gate.json"), "{}", "--json")
