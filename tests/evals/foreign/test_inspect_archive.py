"""Hostile zips: what is bounded before anything is unpacked, and what is said of them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError
from quantgate.evals.foreign import inspect_archive
from quantgate.evals.foreign.inspect_archive import opened_archive

pytest.importorskip("zipfile_zstd")
ZSTD = 93


def zipped(file: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, ZSTD])
def test_a_member_is_read_however_it_is_packed(tmp_path, method):
    content = bytes(range(256)) * 400
    with opened_archive(zipped(tmp_path / "x.eval", ("a", content), method=method)) as archive:
        assert archive.read("a") == content


def test_of_two_members_with_one_name_the_last_counts(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        file = zipped(tmp_path / "x.eval", ("a", b"first"), ("a", b"second"))
    with opened_archive(file) as archive:
        assert archive.read("a") == b"second"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "samples/../../x", "\\x", "C:/x", "a\\..\\x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with (
        pytest.raises(DataError, match="leads elsewhere"),
        opened_archive(zipped(tmp_path / "x.eval", (name, b""))),
    ):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, ZSTD])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, method):
    file = zipped(tmp_path / "x.eval", ("samples/1_epoch_1.json", bytes(80 << 20)), method=method)
    with pytest.raises(DataError, match=r"would unpack to 80 MB, [\d,]+ times its size"), opened_archive(file):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, ZSTD])
def test_a_member_that_unpacks_to_more_than_it_says_is_not_believed(tmp_path, method):
    file = zipped(tmp_path / "x.eval", ("a", bytes(1 << 20)), method=method)
    content = file.read_bytes()
    file.write_bytes(content.replace(struct.pack("<L", 1 << 20), struct.pack("<L", 1 << 10)))
    with opened_archive(file) as archive:
        found = archive.read("a")
    assert isinstance(found, str)
    assert "unpack" in found


def test_a_member_that_is_too_large_is_told_and_the_others_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(inspect_archive, "MOST_MEMBER", 1 << 20)
    with opened_archive(zipped(tmp_path / "x.eval", ("a", bytes(2 << 20)), ("b", b"b"))) as archive:
        assert archive.read("a") == "it unpacks to 2 MB, and 1 MB is the most"
        assert archive.read("b") == b"b"


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_zip_that_was_cut_off_is_told_in_a_line(tmp_path, kept):
    file = zipped(tmp_path / "x.eval", *((f"{number}", bytes(100)) for number in range(100)))
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DataError, match="no whole zip"), opened_archive(file):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, ZSTD])
def test_a_member_whose_bytes_are_damaged_is_told(tmp_path, method):
    file = zipped(tmp_path / "x.eval", ("a", b"abcdefgh" * 100), ("b", b"b"), method=method)
    content = bytearray(file.read_bytes())
    content[34:40] = b"\xff" * 6
    file.write_bytes(content)
    with opened_archive(file) as archive:
        assert "cannot be unpacked" in str(archive.read("a"))
        assert archive.read("b") == b"b"


def test_a_directory_of_millions_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(inspect_archive, "_MOST_MEMBERS", 5)
    file = zipped(tmp_path / "x.eval", *((f"{number}", b"") for number in range(6)))
    with pytest.raises(DataError, match="it has 6 members"), opened_archive(file):
        pass
