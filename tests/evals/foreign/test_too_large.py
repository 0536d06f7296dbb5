"""A number that no float can hold, wherever a tool has its scores, is a row that cannot be read, and no traceback."""

from __future__ import annotations

import json

import pytest

from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run

HUGE = 10**400


def table(score):
    return {"task": "t", "item_id": str(score)[:3], "repeat": 0, "score": score, "latency_s": score}


def every_eval_ever(score):
    return {
        "schema_version": "0.3.0",
        "evaluation_id": "t/m/1",
        "model_id": "m",
        "evaluation_name": "t",
        "sample_id": str(score)[:3],
        "interaction_type": "single_turn",
        "input": {"raw": "q", "reference": ["r"]},
        "output": {"raw": ["a"]},
        "answer_attribution": [],
        "evaluation": {"score": score, "is_correct": True},
        "performance": {"latency_ms": score},
    }


@pytest.mark.parametrize("row", [table, every_eval_ever])
def test_a_row_with_it_is_told_and_the_others_are_read(tmp_path, row):
    file = tmp_path / "x_samples.jsonl"
    file.write_text("".join(json.dumps(row(score)) + "\n" for score in (1, HUGE, -HUGE, 0)))
    (task,) = write_run(read_source("auto", file), tmp_path / "out").tasks
    assert (task.items, task.imported.unread) == (2, 2)
