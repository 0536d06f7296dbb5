import os
import socket
from pathlib import Path

import pytest

from quantgate.evals import files
from quantgate.evals.errors import UsageError
from quantgate.evals.files import make_folder, read_bytes, read_text, write_atomically, write_output


def test_a_file_is_read_whole_up_to_the_limit_and_through_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_bytes(tmp_path / "link", at_most=5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bytes(tmp_path / "file", at_most=4)


def test_a_file_that_is_longer_than_the_system_says_is_not_read_on(tmp_path):
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(OSError, match="it holds more than"):
        read_bytes(Path("/proc/self/maps"), at_most=100)


def test_a_huge_file_costs_no_more_than_the_limit(tmp_path):
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(OSError, match="more than 64 MB"):
        read_text(tmp_path / "sparse")


def unusual(folder: Path, kind: str) -> Path:
    file = folder / "unusual"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(file))
    else:
        file.symlink_to(kind)
    return file


@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "/dev/zero", "/dev/null", "/nowhere"])
def test_what_is_no_regular_file_is_refused_at_once_with_its_reason(tmp_path, kind):
    with pytest.raises(OSError, match=r".") as failure:
        read_bytes(unusual(tmp_path, kind))
    assert failure.value.strerror


def test_a_file_is_written_whole_under_a_name_that_cannot_be_foreseen(tmp_path, monkeypatch):
    (tmp_path / "victim").write_text("precious")
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "0")
    (tmp_path / ".out.0").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "out", "new")
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("target", ["real.json", "missing.json"])
def test_an_output_that_is_a_link_to_a_file_is_refused_and_what_it_points_to_stays(tmp_path, target):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / target)
    with pytest.raises(UsageError, match=r"--json .*link\.json: cannot be written: it is a symbolic link"):
        write_output(tmp_path / "link.json", "{}", "--json")
    assert (tmp_path / "real.json").read_text() == "old"
    assert not (tmp_path / "missing.json").exists()


def test_an_output_in_a_folder_that_is_a_link_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "real")
    write_output(tmp_path / "results" / "gate.json", "{}", "--json")
    assert (tmp_path / "real" / "gate.json").read_text() == "{}"
    assert [file.name for file in (tmp_path / "real").iterdir()] == ["gate.json"]


@pytest.mark.parametrize(
    ("kind", "said"), [("pipe", "nobody reads from it"), ("folder", "directory"), ("socket", "not a regular file")]
)
def test_an_output_where_nothing_can_be_written_is_refused_and_not_waited_for(tmp_path, kind, said):
    file = unusual(tmp_path, kind)
    before = file.stat().st_mode
    with pytest.raises(UsageError, match=f"--json .*unusual: cannot be written: .*{said}"):
        write_output(file, "{}", "--json")
    assert file.stat().st_mode == before


def test_a_folder_is_made_but_not_taken_through_a_link(tmp_path):
    make_folder(tmp_path / "new")
    make_folder(tmp_path / "new")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    with pytest.raises(OSError, match="symbolic link"):
        make_folder(tmp_path / "link")


def test_a_name_that_is_as_long_as_the_system_allows_can_be_written(tmp_path):
    write_atomically(tmp_path / ("x" * 255), "new")
    assert (tmp_path / ("x" * 255)).read_text() == "new"
