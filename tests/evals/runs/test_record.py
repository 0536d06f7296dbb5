"""`run.json` is read as it was written, by this version and by those before."""

import json

import pytest

from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.runs.record import parse_run_record
from tests.evals.runs.test_resume import HELD, TASK


def test_a_record_survives_its_own_json():
    assert parse_run_record(HELD.to_json(), "run.json") == HELD


def test_a_run_of_before_is_read_and_its_private_text_is_known_by_its_provenance():
    old = json.loads(HELD.to_json())
    for name in ("private", "benchmark", "published"):
        del old["tasks"][0][name]
    old["tasks"][0]["provenance"]["text"] = "private at its authors' request"
    (task,) = parse_run_record(json.dumps(old), "run.json").tasks
    assert (task.private, task.benchmark, task.published) == (None, None, None)
    assert "private at its authors' request" in task.asked_by_authors
    assert TASK.asked_by_authors is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": 1e9}, "items"),
        ({"items": 10**9}, "items"),
        ({"items": -1}, "items"),
        ({"items": True}, "items"),
        ({"repeats": 10**8}, "repeats"),
        ({"items": 10**5, "repeats": 10**5}, "more than 4,000,000 samples"),
        ({"whole": 10**12}, "whole"),
        ({"strata": {"a": 10**9}}, "strata.a"),
        ({"strata": {"a": 3 * 10**6, "b": 3 * 10**6}}, "strata have more than"),
        ({"guess": "NaN"}, "guess"),
    ],
)
def test_counts_that_no_run_has_are_refused_before_memory_is_planned_by_them(change, said):
    document = json.loads(HELD.to_json())
    document["tasks"][0] |= change
    with pytest.raises(RunDirectoryError, match=said):
        parse_run_record(json.dumps(document), "run.json")


def test_a_record_with_a_key_twice_is_refused():
    text = HELD.to_json().replace('"label"', '"model": "other",\n  "label"', 1)
    with pytest.raises(RunDirectoryError, match=r"run\.json .*'model' is given twice"):
        parse_run_record(text, "run.json")
