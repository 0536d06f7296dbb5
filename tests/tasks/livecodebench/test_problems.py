"""Problems and their tests are read as they are published, and nothing that is packed is ever loaded as a pickle."""

import base64
import json
import os
import pickle
import zlib
from datetime import date

import pytest

from quantgate.evals.errors import DataError
from quantgate.tasks.livecodebench import problems
from quantgate.tasks.livecodebench.problems import load_tests, read_problems
from quantgate.tasks.livecodebench.window import Window
from tests.tasks.livecodebench.made import packed, row, written

ALL = Window(6, date(2023, 1, 1), date(2026, 1, 1))


def read(tmp_path, **changed):
    return read_problems([written(tmp_path / "test6.jsonl", [{**row(4), **changed}])], ALL)


def in_letters(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def test_a_problem_has_platform_day_and_id_for_a_name(tmp_path):
    (problem,) = read(tmp_path, contest_date="2025-02-08T00:00:00")
    assert (problem.item_id, problem.difficulty, problem.method) == ("atcoder/2025-02-08/add_4", "medium", None)
    (called,) = read_problems([written(tmp_path / "a.jsonl", [row(3)])], ALL)
    assert (called.method, called.starter[:15]) == ("add", "class Solution:")


def test_only_problems_of_the_window_are_read_both_its_days_included(tmp_path):
    days = ["2024-07-31", "2024-08-01", "2025-05-31", "2025-06-01"]
    file = written(tmp_path / "test6.jsonl", [row(2 * n, day=day) for n, day in enumerate(days)])
    found = read_problems([file], Window(6, date(2024, 8, 1), date(2025, 5, 31)))
    assert [each.item_id for each in found] == ["atcoder/2024-08-01/add_2", "atcoder/2025-05-31/add_4"]


def test_tests_of_the_text_come_first_and_packed_ones_follow(tmp_path):
    file = written(tmp_path / "test6.jsonl", [row(0), row(4), row(2)])
    tests = load_tests(read_problems([file], ALL)[1])
    assert [test.given for test in tests[:2]] == ["1 2 3\n", "5\n"]
    assert (len(tests), tests[3].expected) == (6, f"{10**20 + 4} 11\n")
    plain = json.dumps([{"input": "1", "output": "5", "testtype": "stdin"}])
    assert len(load_tests(read(tmp_path, private_test_cases=plain)[0])) == 3


@pytest.mark.parametrize("protocol", range(6))
def test_a_text_is_read_of_a_pickle_of_any_protocol(tmp_path, protocol):
    long = json.dumps([{"input": "\u4f60" * 70_000, "output": "5", "testtype": "stdin"}])
    (problem,) = read(tmp_path, private_test_cases=in_letters(pickle.dumps(long, protocol)))
    assert load_tests(problem)[2].given == "\u4f60" * 70_000


class Deed:
    def __reduce__(self):
        return os.mkdir, ("pickled",)


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps(Deed()),
        pickle.dumps(["[]", Deed()]),
        pickle.dumps("[]")[:-1] + pickle.dumps(Deed()),
        pickle.dumps(["[]"]),
        pickle.dumps(b"[]"),
        pickle.dumps(3),
        b"cos\nmkdir\n(S'pickled'\ntR.",
        b"not a pickle",
        b"",
    ],
)
def test_any_other_pickle_is_refused_and_does_nothing(tmp_path, monkeypatch, pickled):
    monkeypatch.chdir(tmp_path)
    (problem,) = read(tmp_path, private_test_cases=in_letters(pickled))
    with pytest.raises(DataError, match=r"add_4: private_test_cases is no pickle of one text"):
        load_tests(problem)
    assert not (tmp_path / "pickled").exists()


def test_what_unpacks_to_too_much_or_is_cut_off_is_refused(tmp_path, monkeypatch):
    (problem,) = read(tmp_path, private_test_cases=in_letters(bytes(1 << 20)))
    monkeypatch.setattr(problems, "_MOST_TESTS", 1 << 16)
    with pytest.raises(DataError, match="unpacks to more"):
        load_tests(problem)
    cut = base64.b64encode(zlib.compress(os.urandom(999))[:500]).decode()
    for broken in (cut, "!!!", base64.b64encode(b"no zlib").decode()):
        (problem,) = read(tmp_path, private_test_cases=broken)
        with pytest.raises(DataError, match="private_test_cases is"):
            load_tests(problem)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"metadata": "[]"}, "metadata is no JSON object"),
        ({"metadata": '{"func_name": 3}'}, "names no problem"),
        ({"contest_date": "soon"}, "contest_date is no date"),
        ({"question_content": " "}, "names no problem"),
        ({"private_test_cases": None}, "has no text 'private_test_cases'"),
        ({"difficulty": 3}, "has no text 'difficulty'"),
        ({"question_content": "Add \ud800."}, "escapes half a surrogate pair"),
    ],
)
def test_a_line_that_is_no_problem_is_refused_with_its_number(tmp_path, changed, said):
    with pytest.raises(DataError, match=rf"test6.jsonl, line 1.*{said}"):
        read(tmp_path, **changed)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no problems"),
        (b"{", "line 1 is not JSON"),
        (b"[]\n", "line 1 has no text"),
        (b"\xff\n", "not JSON"),
    ],
)
def test_a_file_that_is_none_of_theirs_is_refused(tmp_path, content, said):
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_problems([tmp_path / "a.jsonl"], ALL)


def test_a_folder_no_file_and_a_problem_twice_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"is a folder: name the file, such as .*test6\.jsonl"):
        read_problems([tmp_path], ALL)
    with pytest.raises(DataError, match="No such file"):
        read_problems([tmp_path / "none.jsonl"], ALL)
    with pytest.raises(DataError, match="line 2: its problem is that of an earlier line"):
        read_problems([written(tmp_path / "a.jsonl", [row(1), row(1)])], ALL)


def test_tests_that_have_been_changed_or_are_none_judge_nothing(tmp_path):
    (problem,) = read(tmp_path)
    read(tmp_path, public_test_cases="[]")
    with pytest.raises(DataError, match="is another than when the run began"):
        load_tests(problem)
    (bare,) = read(tmp_path, public_test_cases="[]", private_test_cases=packed([]))
    with pytest.raises(DataError, match="nothing would be tested"):
        load_tests(bare)
    (odd,) = read(tmp_path, public_test_cases="[3]")
    with pytest.raises(DataError, match="no list of inputs and outputs"):
        load_tests(odd)
