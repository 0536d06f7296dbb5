"""Problems are EvalPlus' own file or none, in the types that the functions take."""

import hashlib
from dataclasses import replace

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.evalplus import problems
from quantgate.tasks.evalplus.arguments import arguments_of
from quantgate.tasks.evalplus.problems import HUMANEVAL, read_problems, released_file
from tests.tasks.evalplus.made import row, rows, written


def test_a_packed_file_is_the_same_as_the_plain_one(tmp_path):
    plain, packed = written(tmp_path / "a.jsonl"), written(tmp_path / "a.jsonl.gz")
    assert read_problems(plain, "humaneval_plus") == read_problems(packed, "humaneval_plus")
    found, _ = read_problems(plain, "humaneval_plus")
    assert [each.item_id for each in found][:2] == ["HumanEval/0", "HumanEval/1"]
    assert found[1].plus[1] == [[-1, 10**20]]


def test_the_hash_is_of_what_is_said_and_not_of_the_order(tmp_path):
    there = read_problems(written(tmp_path / "a.jsonl", rows()), "t")[1]
    assert read_problems(written(tmp_path / "b.jsonl", rows()[::-1]), "t")[1] == there
    assert read_problems(written(tmp_path / "c.jsonl", [{**row(0), "atol": 0.1}, *rows()[1:]]), "t")[1] != there


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no problems"),
        (b"{", "line 1 is not JSON"),
        (b'{"task_id": "HumanEval/0", "prompt": "", "test": ""}\n', "not the dataset of the hub"),
        (b"[1]\n", "has no 'task_id'"),
        (b"\xff\n", "is not UTF-8 text"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_line(tmp_path, content, said):
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_problems(file, "humaneval_plus")


def test_two_of_one_name_and_none_without_a_test_are_refused(tmp_path):
    with pytest.raises(DataError, match="line 2: its task_id"):
        read_problems(written(tmp_path / "a.jsonl", [row(1), row(1)]), "t")
    with pytest.raises(DataError, match="has no base_input"):
        read_problems(written(tmp_path / "b.jsonl", [{**row(1), "base_input": []}]), "t")


def test_a_file_that_is_cut_off_or_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    file = written(tmp_path / "a.jsonl.gz")
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    with pytest.raises(DataError, match="is cut off"):
        read_problems(file, "t")
    file.write_bytes(whole)
    monkeypatch.setattr(problems, "_MOST", 1000)
    with pytest.raises(DataError, match="unpacks to more"):
        read_problems(file, "t")


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A release whose address is a file of this machine, and an empty cache."""
    file = written(tmp_path / "HumanEvalPlus.jsonl.gz")
    monkeypatch.setattr(problems, "cache_folder", lambda *_: _made(tmp_path / "cache"))
    return replace(HUMANEVAL, url=file.as_uri(), sha256=hashlib.sha256(file.read_bytes()).hexdigest())


def _made(folder):
    folder.mkdir(exist_ok=True)
    return folder


def test_the_release_is_fetched_once_and_held_against_its_hash(release, tmp_path):
    held = released_file(release)
    (tmp_path / "HumanEvalPlus.jsonl.gz").unlink()
    assert released_file(release) == held
    held.write_bytes(b"damaged")
    with pytest.raises(DataError, match="cannot be reached"):
        released_file(release)


def test_another_file_than_the_release_is_refused(release):
    with pytest.raises(DataError, match="is not HumanEval"):
        released_file(replace(release, sha256="0" * 64))


@pytest.mark.parametrize(
    ("item_id", "given", "arguments"),
    [
        ("Mbpp/2", [[3, 4], [5, 4]], [(3, 4), (5, 4)]),
        ("Mbpp/63", [[[1, 2], [3, 4]]], [[(1, 2), (3, 4)]]),
        ("Mbpp/75", [[[1, 2]], 6], [[(1, 2)], 6]),
        ("Mbpp/106", [[5], [9, 10]], [[5], (9, 10)]),
        ("Mbpp/115", [[[1, 2], []]], [[{1, 2}, {}]]),
        ("Mbpp/124", ["1.5", "2j"], [1.5, 2j]),
        ("Mbpp/250", [[10, 8], 8], [(10, 8), 8]),
        ("Mbpp/252", ["1+2j"], [1 + 2j]),
        ("Mbpp/259", [[[1, 3]], [[6, 7]]], [((1, 3),), ((6, 7),)]),
        ("Mbpp/278", [[1, [2, 3]]], [(1, (2, 3))]),
        ("Mbpp/722", [{"a": [1, 2]}, 3], [{"a": (1, 2)}, 3]),
        ("Mbpp/580", [[4, [5, [6]]]], ((4, (5, (6,))),)),
        ("Mbpp/3", [[1]], [[1]]),
    ],
)
def test_arguments_have_the_types_that_the_functions_take(item_id, given, arguments):
    made = arguments_of(item_id, given)
    assert repr(list(made)) == repr(list(arguments))
