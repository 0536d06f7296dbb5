"""`run.json` is read as it was written, by this version and by those before."""

import json

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
