"""The looks at a pair of runs are kept beside the candidate's answers, and none is forgotten in silence."""

import json
import threading
from dataclasses import replace

import pytest

from quantgate.evals.contract.look_size import Size
from quantgate.evals.runs.looks import LOOKS_FILE, PastLooks, TakenLook, keep_look, past_looks, run_id
from tests.evals.made_runs import run_of

LOOK = TakenLook("2026-11-27T12:00:00+00:00", "base", "cand", {"gsm8k": Size(200, 1, 1)})


def test_what_was_kept_is_read_again(tmp_path):
    second = replace(LOOK, tasks={"gsm8k": Size(400, 4, 1, planned=True)}, declared=1)
    assert past_looks(tmp_path) == PastLooks()
    assert keep_look(tmp_path, LOOK, past_looks(tmp_path))
    assert keep_look(tmp_path, second, past_looks(tmp_path))
    assert past_looks(tmp_path) == PastLooks((LOOK, second))


def test_a_look_is_not_kept_after_one_that_it_did_not_know_of(tmp_path):
    seen = past_looks(tmp_path)
    assert keep_look(tmp_path, LOOK, seen)
    assert not keep_look(tmp_path, LOOK, seen)
    assert past_looks(tmp_path).lines == (LOOK,)


def test_of_many_at_once_each_knows_those_before_it(tmp_path):
    def keep(items: int) -> None:
        look = replace(LOOK, tasks={"gsm8k": Size(items, 1, 1)})
        while not keep_look(tmp_path, look, past_looks(tmp_path)):
            pass

    threads = [threading.Thread(target=keep, args=(items,)) for items in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = past_looks(tmp_path)
    assert not kept.problem
    assert {line.tasks["gsm8k"].items for line in kept.lines if line} == set(range(1, 21))
    assert len(kept.lines) == 20


@pytest.mark.parametrize(
    "damage", [b"\0\0\0\0", b"{}", b"[" * 100_000, b'{"time": "now"', b"", b'{"tasks": {"gsm8k": 7}}', b"\xff\xfe"]
)
def test_a_damaged_line_counts_as_a_look_of_which_nothing_is_known(tmp_path, damage):
    keep_look(tmp_path, LOOK, PastLooks())
    with (tmp_path / LOOKS_FILE).open("ab") as file:
        file.write(damage + b"\n")
    past = past_looks(tmp_path)
    assert past.lines == (LOOK, None)
    assert f"{tmp_path / LOOKS_FILE} has a line that cannot be read: it counts as one look" in past.problem


def test_a_torn_line_takes_none_with_it(tmp_path):
    (tmp_path / LOOKS_FILE).write_bytes(b'{"time": "2026-')
    assert keep_look(tmp_path, LOOK, past_looks(tmp_path))
    assert past_looks(tmp_path).lines == (None, LOOK)


def test_a_file_that_cannot_be_read_is_no_fresh_start(tmp_path):
    (tmp_path / LOOKS_FILE).mkdir()
    past = past_looks(tmp_path)
    assert past.lines == (None,)
    assert "cannot be read" in past.problem


def test_nothing_is_written_through_a_link(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / LOOKS_FILE).symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        keep_look(tmp_path, LOOK, past_looks(tmp_path))
    assert target.read_text() == ""


def test_fields_of_later_versions_are_passed_over(tmp_path):
    keep_look(tmp_path, LOOK, PastLooks())
    line = json.loads((tmp_path / LOOKS_FILE).read_text())
    (tmp_path / LOOKS_FILE).write_text(json.dumps({**line, "more": 1}) + "\n")
    assert past_looks(tmp_path).lines == (LOOK,)


def test_a_run_is_known_again_whatever_it_is_called_and_however_it_has_grown():
    record = run_of([1.0]).record
    assert run_id(record) == run_id(replace(run_of([1.0, 0.0], label="another").record, created=record.created))
    assert run_id(record) != run_id(replace(record, created="later"))
    assert run_id(record) != run_id(replace(record, model="another"))
