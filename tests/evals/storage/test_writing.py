"""A run directory on an S3 server: nothing is lost under faults, and two machines cannot spoil each other's."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from quantgate.evals.errors import RunDirectoryError, StorageError
from quantgate.evals.storage.address import address_of
from quantgate.evals.storage.layout import next_piece
from quantgate.evals.storage.objects import Objects
from quantgate.evals.storage.opening import fetched, send_back
from quantgate.evals.storage.writing import home_of, written
from tests.server.s3 import Flaky

pytestmark = pytest.mark.slow
told: list[str] = []


def add(folder: Path, lines: bytes) -> None:
    (folder / "run.json").write_text("{}")
    with (folder / "samples.jsonl").open("ab") as stream:
        stream.write(lines)


def at(name: str) -> Path:
    return Path(f"s3://runs/{name}")


def samples(name: str) -> bytes:
    return (fetched(at(name)) / "samples.jsonl").read_bytes()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_written_through_a_connection_that_fails_is_read_to_the_byte(s3, store, seed):
    lines = b"".join(b'{"n": %d, "text": "%s"}\n' % (n, b"x" * 30_000) for n in range(400))
    with Flaky(s3, 0.4, ("500", "slow", "cut", "lost", "half"), seed) as proxy:
        store("here", proxy.url)
        with written(at(f"faults{seed}"), told.append) as place:
            add(place.folder, lines)
            (place.folder / "simulations").mkdir()
            (place.folder / "simulations" / "a.json").write_text("{}")
        assert sum(count for fault, count in proxy.happened.items() if fault) > 3
        read = fetched(at(f"faults{seed}"))
    assert (read / "samples.jsonl").read_bytes() == lines
    assert (read / "simulations" / "a.json").read_text() == "{}"


def test_another_machine_goes_on_where_the_first_has_stopped(store):
    with written(at("moved"), told.append) as place:
        add(place.folder, b"1\n2\ntorn")
    store("there")
    with written(at("moved"), told.append) as place:
        assert (place.folder / "samples.jsonl").read_bytes() == b"1\n2\n"
        add(place.folder, b"3\n")
    assert samples("moved") == b"1\n2\n3\n"


def test_what_a_machine_held_that_was_overtaken_is_set_aside_and_not_lost(store):
    with written(at("overtaken"), told.append) as place:
        add(place.folder, b"1\n")
    add(place.folder, b"only here\n")
    store("there")
    with written(at("overtaken"), told.append) as other:
        add(other.folder, b"2\n")
    store("here")
    with written(at("overtaken"), told.append) as again:
        assert (again.folder / "samples.jsonl").read_bytes() == b"1\n2\n"
    kept = home_of(address_of(at("overtaken"))).glob("aside-*/overtaken/samples.jsonl")
    assert [file.read_bytes() for file in kept] == [b"1\nonly here\n"]
    assert samples("overtaken") == b"1\n2\n"


def write(name: str, lines: bytes, lease_s: float = 20, meanwhile: Callable[[], None] = lambda: None) -> None:
    with written(at(name), told.append, lease_s=lease_s) as place:
        add(place.folder, lines)
        meanwhile()


def test_a_writer_that_lives_is_not_disturbed(store):
    with written(at("busy"), told.append):
        store("there")
        with pytest.raises(StorageError, match=r"another quantgate, on .* is writing to s3://runs/busy"):
            write("busy", b"1\n")


def test_a_writer_that_was_cut_off_finds_its_place_taken_and_overwrites_nothing(store, monkeypatch):
    monkeypatch.setattr("quantgate.evals.storage.upload._SHORTEST_S", 60)
    monkeypatch.setattr("quantgate.evals.storage.upload.BEAT_S", 60)

    def another() -> None:
        store("there")
        write("split", b"second\n", lease_s=0.1)

    with pytest.raises(StorageError, match="by another quantgate"):
        write("split", b"first\n", meanwhile=another)
    assert samples("split") == b"second\n"


def test_a_store_that_is_gone_leaves_all_here_and_the_next_session_uploads_it(s3, store, monkeypatch):
    monkeypatch.setattr("quantgate.evals.storage.writing.PATIENCE_S", 0.1)
    with Flaky(s3, 0, ("cut",), 1) as proxy:
        store("here", proxy.url)
        with pytest.raises(StorageError, match=r"everything is kept in .* the same command goes on") as error:
            write("gone", b"1\n", meanwhile=lambda: setattr(proxy, "down", True))
        assert error.value.exit_code == 5
        assert "hidden" not in str(error.value)
        proxy.down = False
        with written(at("gone"), told.append):
            pass
        assert samples("gone") == b"1\n"


def test_what_a_reader_adds_goes_to_the_store_unless_another_was_first(store):
    with written(at("looked"), told.append) as place:
        add(place.folder, b"1\n")
    one, two = fetched(at("looked")), fetched(at("looked"))
    for folder, line in ((one, b"look\n"), (two, b"other\n")):
        (folder / "looks.jsonl").write_bytes(line)
    assert send_back(one, "looks.jsonl")
    assert not send_back(two, "looks.jsonl")
    assert (two / "looks.jsonl").read_bytes() == b"look\n"


def test_a_run_that_was_copied_there_as_files_is_read_and_gone_on_with(store):
    objects = Objects(address_of(at("copied")))
    objects.put("run.json", b"{}")
    objects.put("samples.jsonl", b"1\n")
    with written(at("copied"), told.append) as place:
        add(place.folder, b"2\n")
    assert samples("copied") == b"1\n2\n"


def test_a_run_whose_piece_is_missing_is_not_read(store):
    objects = Objects(address_of(at("torn")))
    objects.put("run.json", b"{}")
    objects.put("samples.jsonl/00000001", b"2\n")
    with pytest.raises(StorageError, match="00000000 is missing"):
        fetched(at("torn"))


def test_nothing_and_no_bucket_are_told(store):
    with pytest.raises(RunDirectoryError, match="holds no run directory"):
        fetched(at("nothing"))
    with pytest.raises(StorageError, match="is its bucket"):
        fetched(Path("s3://elsewhere/run"))


def test_a_run_that_was_deleted_at_the_store_begins_anew(store):
    with written(at("deleted"), told.append) as place:
        add(place.folder, b"1\n")
    objects = Objects(address_of(at("deleted")))
    objects._files.rm("runs/deleted", recursive=True)
    with written(at("deleted"), told.append) as place:
        assert not (place.folder / "samples.jsonl").exists()


def test_a_machine_that_lost_its_copy_takes_the_stores(store, tmp_path):
    with written(at("lost"), told.append) as place:
        add(place.folder, b"1\n")
    shutil.rmtree(place.folder)
    with written(at("lost"), told.append) as place:
        assert (place.folder / "samples.jsonl").read_bytes() == b"1\n"


def test_a_piece_ends_with_a_line(tmp_path):
    file = tmp_path / "samples.jsonl"
    file.write_bytes(b"1234567890\n12\n34\ntorn")
    assert next_piece(file, 0, 4) == b"1234567890\n"
    assert next_piece(file, 11, 4) == b"12\n"
    assert next_piece(file, 14, 100) == b"34\n"
    assert next_piece(file, 17, 2) == b""
