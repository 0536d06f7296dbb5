"""What no reader takes for lines of results: what is not UTF-8, what was never written to its end."""

from __future__ import annotations

import os

import pytest

from quantgate.evals.errors import DataError
from quantgate.evals.foreign import sources
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.sources import lines_of

ROW = b'{"task": "gsm8k", "item_id": "1", "repeat": 0, "score": 1}\n'


def test_utf_16_is_named(tmp_path):
    file = tmp_path / "fp8.jsonl"
    file.write_bytes(ROW.decode().encode("utf-16"))
    with pytest.raises(DataError, match="it is UTF-16"):
        list(lines_of(file))


def test_a_large_file_that_was_never_written_to_its_end_is_left_at_its_first_zeros(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_LINE", 1 << 12)
    file = tmp_path / "fp8.jsonl"
    file.write_bytes(ROW)
    os.truncate(file, 10 << 30)
    with pytest.raises(DataError, match="line 2: it holds zeros and no text"):
        list(lines_of(file))


def test_a_line_that_no_tool_can_have_written_ends_the_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_LINE", 1 << 10)
    monkeypatch.setattr(sources, "_MOST_SKIPPED", 1 << 12)
    file = tmp_path / "fp8.jsonl"
    file.write_bytes(ROW + b"x" * (1 << 13) + b"\n" + ROW)
    with pytest.raises(DataError, match="line 2: it has more than"):
        list(lines_of(file))


@pytest.mark.parametrize("name", ["fp8.jsonl.gz", "fp8.tar", "logs.zip"])
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_compressed_is_to_be_unpacked_first(tmp_path, name, inside):
    (tmp_path / name).write_bytes(b"\x1f\x8b")
    with pytest.raises(DataError, match=f"{name}: it is compressed: unpack it"):
        read_source("auto", tmp_path if inside else tmp_path / name)


def test_what_is_of_no_format_is_told_how_to_learn_what_it_lacks(tmp_path):
    (tmp_path / "notes.txt").write_text("no results")
    with pytest.raises(DataError, match=r"holds nothing of the formats .*quantgate import FORMAT"):
        read_source("auto", tmp_path)
