"""What was asked is on the disk before what was answered, once for each prompt, and nothing of it that is private."""

import errno
import os
from dataclasses import dataclass

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Item, Prompt, Request, Sample, Sampling, Status
from quantgate.evals.errors import StorageError
from quantgate.evals.runs.asked import KeptTask, asked_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.samples.prompts import Prompts
from quantgate.evals.secrets import learn
from tests.conftest import Sums

RECORD = RunRecord("fp8", "m", {}, (), {}, "then")


@dataclass
class Told(Sums):
    """Sums that tell the right answer, or fail to."""

    failing: bool = False

    def reference(self, item: Item, repeat: int) -> str:
        if self.failing:
            raise ZeroDivisionError
        return str(int(item.item_id) + 3)


def request(task: Sums, item: str = "1", repeat: int = 0) -> Request:
    return Request(task.name, Item(item), repeat, task.prompt(Item(item), repeat), task.sampling)


def sample(asked: Request) -> Sample:
    return Sample(asked.task, asked.item.item_id, asked.repeat, asked.prompt.prompt_hash, Status.OK, 1.0)


def write(path, *asked: Request, task: Sums, private: bool = False, durable: bool = False) -> None:
    directory = RunDirectory(path)
    before = directory.record() if directory.exists() else None
    with directory.writing(RECORD, before, durable=durable, prompts_of={"sums": KeptTask(task, private)}) as writer:
        for one in asked:
            writer.append(sample(one), one)


def lines(path) -> list[bytes]:
    return (path / "prompts.jsonl").read_bytes().splitlines()


def test_a_prompt_is_kept_with_its_right_answer(tmp_path):
    task = Told()
    write(tmp_path, request(task, "4"), task=task)
    asked = Prompts.open(tmp_path).of("sums", "4", "hash of What is 4 + 3?")
    assert asked == Asked(
        "sums", "4", "hash of What is 4 + 3?", ({"role": "user", "content": "What is 4 + 3?"},), reference="7"
    )


@pytest.mark.parametrize("task", [Sums(), Told(failing=True)])
def test_a_task_that_tells_no_right_answer_costs_nothing(tmp_path, task):
    write(tmp_path, request(task), task=task)
    asked = Prompts.open(tmp_path).of("sums", "1", "hash of What is 1 + 3?")
    assert (asked.reference, len(RunDirectory(tmp_path).samples())) == (None, 1)


def test_it_is_written_once_for_all_repeats_and_sessions(tmp_path):
    task = Told()
    write(tmp_path, *(request(task, item, repeat) for repeat in range(2) for item in "12"), task=task)
    write(tmp_path, *(request(task, item, 2) for item in "123"), task=task)
    assert [line.count(b'"item_id": "%d"' % number) for number, line in enumerate(lines(tmp_path), 1)] == [1, 1, 1]
    assert len(RunDirectory(tmp_path).samples()) == 7


@pytest.mark.parametrize("damage", [b'{"task": "sums", "item_id": "1", "pro', b"\0" * 50, b"\n\n"])
def test_what_a_kill_has_torn_or_somebody_damaged_is_written_again(tmp_path, damage):
    task = Told()
    (tmp_path / "prompts.jsonl").write_bytes(damage)
    write(tmp_path, request(task), task=task)
    assert Prompts.open(tmp_path).of("sums", "1", "hash of What is 1 + 3?").reference == "4"


def test_no_sample_is_stored_whose_prompt_is_not(tmp_path, monkeypatch):
    task, real = Told(), os.write

    def full(descriptor, data):
        if b"What is 2" in bytes(data) and b'"status"' not in bytes(data):
            real(descriptor, data[:20])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left"):
        write(tmp_path, request(task, "1"), request(task, "2"), task=task)
    assert [key[1] for key in RunDirectory(tmp_path).samples()] == ["1"]
    assert len(lines(tmp_path)) == 1
    assert lines(tmp_path)[0].endswith(b"}")


def test_a_durable_run_brings_prompts_to_the_disk_before_samples(tmp_path, monkeypatch):
    synced, real = [], os.fsync

    def fsync(descriptor):
        for name in ("prompts", "samples"):
            if os.path.samestat(os.fstat(descriptor), (tmp_path / f"{name}.jsonl").stat()):
                synced.append(name)
        real(descriptor)

    task = Told()
    write(tmp_path, task=task)
    monkeypatch.setattr(os, "fsync", fsync)
    write(tmp_path, request(task), task=task, durable=True)
    assert synced
    assert synced == ["prompts", "samples"] * (len(synced) // 2)


@pytest.mark.parametrize("link", ["symbolic", "hard", "pipe"])
def test_nothing_is_written_through_a_link_or_into_a_pipe(tmp_path, link):
    out, victim = tmp_path / "run", tmp_path / "victim"
    out.mkdir()
    victim.write_bytes(b"precious")
    match link:
        case "symbolic":
            (out / "prompts.jsonl").symlink_to(victim)
        case "hard":
            os.link(victim, out / "prompts.jsonl")
        case "pipe":
            os.mkfifo(out / "prompts.jsonl")
    with pytest.raises(StorageError, match=r"cannot write to .*prompts\.jsonl.*(link|not a regular file)"):
        write(out, request(Told()), task=Told())
    assert victim.read_bytes() == b"precious"


def test_of_a_private_task_ids_and_hashes_are_kept_alone(tmp_path):
    task = Told()
    write(tmp_path, request(task), task=task, private=True)
    assert lines(tmp_path) == [
        b'{"task": "sums", "item_id": "1", "prompt_hash": "hash of What is 1 + 3?", "private": true}'
    ]


def test_a_key_that_stands_in_a_prompt_is_not_written(monkeypatch):
    monkeypatch.setattr("quantgate.evals.secrets._known", ())
    learn("sk-secret-0123456789")
    prompt = Prompt(
        ({"role": "user", "content": "use sk-secret-0123456789"},), "h", (Continuation("sk-secret-0123456789", "a"),)
    )
    task = Told()
    task.reference = lambda item, repeat: "it is sk-secret-0123456789"
    asked = asked_of(Request("sums", Item("1"), 0, prompt, Sampling()), KeptTask(task))
    assert asked.messages[0]["content"] == "use ***"
    assert asked.continuations[0].context == "***"
    assert asked.reference == "it is ***"


def test_a_message_that_is_no_text_is_kept_as_json():
    parts = [{"type": "text", "text": "Hi"}]
    prompt = Prompt(({"role": "user", "content": parts},), "h")
    asked = asked_of(Request("sums", Item("1"), 0, prompt, Sampling()), KeptTask(Sums()))
    assert asked.messages == ({"role": "user", "content": '[{"type": "text", "text": "Hi"}]'},)


def test_what_is_not_to_be_kept_is_not(tmp_path):
    task = Told()
    with RunDirectory(tmp_path).writing(RECORD, prompts_of={"other": KeptTask(task)}) as writer:
        writer.append(sample(request(task)), request(task))
    assert lines(tmp_path) == []
