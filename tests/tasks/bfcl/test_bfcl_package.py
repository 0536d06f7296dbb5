"""The wheel: only the one whose hash is known is used, and nothing of it is written anywhere but as it is."""

import os

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.bfcl.package import SPLIT, Package, fetch, open_package, wheel_file
from tests.tasks.bfcl.made_wheel import WHEEL, files, made


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "quantgate"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder that pip is told to find wheels in, instead of any index."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_file_is_read_out_of_the_wheel(small):
    name = "bfcl_eval/constants/enums.py"
    assert small.read(name).decode() == files()[name]
    assert [row["id"] for row in small.rows("bfcl_eval/data/BFCL_v4_live_relevance.json")] == ["live_relevance_0"]


@pytest.mark.parametrize("spoil", [lambda it: it[:-7], lambda it: it + b"\0", lambda it: b"", lambda it: b"PK" + it])
def test_a_wheel_that_is_cut_or_altered_is_refused_with_what_to_do(spoil):
    content, wanted = made()
    with pytest.raises(DataError, match=r"(?s)it\.whl is not the wheel of small-bfcl==1\.0.*--data bfcl=WHEEL"):
        Package(spoil(content), "it.whl", wanted)


def test_another_release_is_refused(tmp_path):
    content, _ = made()
    (tmp_path / "bfcl_eval-2026.3.23-py3-none-any.whl").write_bytes(content)
    with pytest.raises(DataError, match=r"is not the wheel of bfcl-eval==2026\.3\.23"):
        open_package(tmp_path / "bfcl_eval-2026.3.23-py3-none-any.whl")


def test_a_folder_or_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="is a folder: name the wheel in it"):
        open_package(tmp_path)
    with pytest.raises(DataError, match=r"no\.whl cannot be read: No such file"):
        open_package(tmp_path / "no.whl")


def test_names_that_lead_out_of_the_wheel_write_nothing(tmp_path, monkeypatch):
    content, wanted = made(**{"../../outside.py": "boo", "/absolute.py": "boo"})
    (tmp_path / "in" / "side").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "in" / "side")
    package = Package(content, "it.whl", wanted)
    assert package.rows("bfcl_eval/data/BFCL_v4_simple_python.json")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.slow
def test_the_wheel_is_fetched_by_pip_once_and_kept_as_it_came(cache, shelf):
    content, wanted = made()
    (shelf / WHEEL).write_bytes(content)
    assert wheel_file(wanted) == cache / WHEEL
    (shelf / WHEEL).unlink()
    assert wheel_file(wanted).read_bytes() == content
    assert os.listdir(cache) == [WHEEL]


@pytest.mark.slow
def test_a_torn_download_is_refused_and_not_kept(cache, shelf):
    _, wanted = made()
    (shelf / WHEEL).write_bytes(made(more="another file")[0])
    with pytest.raises(DataError, match=r"(?s)bfcl: .*not the file expected.*try again.*--data-dir BUNDLE"):
        wheel_file(wanted)
    assert os.listdir(cache) == []


def test_a_wheel_in_the_cache_that_was_altered_is_not_used(cache):
    content, wanted = made()
    cache.mkdir(parents=True)
    (cache / WHEEL).write_bytes(content[:-1])
    with pytest.raises(DataError, match="Delete it, or copy it again"):
        open_package(None, wanted)


def test_a_bundle_gets_the_wheel_that_was_given(tmp_path):
    fetched = fetch({SPLIT: tmp_path / "given.whl"}, tmp_path)
    assert fetched.files == {SPLIT: tmp_path / "given.whl"}
    assert fetched.source == {"package": "bfcl-eval==2026.3.23", "file_wheel": "given.whl"}
