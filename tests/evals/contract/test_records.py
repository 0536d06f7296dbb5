"""No sample can be made that no run directory may hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.contract.records import Sample, Status, is_number

SOUND = Sample("gsm8k", "1", 0, "hash", Status.OK, 1.0, extracted="5")


@pytest.mark.parametrize("score", [0, 1, 0.5, np.float64(0.25)])
def test_any_number_from_0_to_1_is_a_score(score):
    assert replace(SOUND, score=score).score == score


@pytest.mark.parametrize("score", [None, -0.1, 1.1, math.nan, math.inf, "1", True])
@pytest.mark.parametrize("status", [Status.OK, Status.TRUNCATED, Status.EMPTY])
def test_what_was_answered_has_a_score_from_0_to_1(status, score):
    with pytest.raises(ValueError, match="the score must lie between 0 and 1"):
        replace(SOUND, status=status, score=score)


def test_a_fault_has_none():
    assert replace(SOUND, status=Status.ERROR, score=None).score is None
    with pytest.raises(ValueError, match="a sample with status error has no score"):
        replace(SOUND, status=Status.ERROR, score=0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repeat": -1}, "repeat must be"),
        ({"repeat": True}, "repeat must be"),
        ({"repeat": "0"}, "repeat must be"),
        ({"task": None}, "task, item_id and prompt_hash must be text"),
        ({"item_id": 5}, "task, item_id and prompt_hash must be text"),
        ({"prompt_hash": None}, "task, item_id and prompt_hash must be text"),
        ({"metrics": [1.0]}, "metrics must be an object"),
        ({"usage": 5}, "usage must be an object"),
        ({"extracted": 5}, "must be text, not 5"),
        ({"response": ["a"]}, "must be text"),
        ({"stratum": 1}, "must be text"),
    ],
)
def test_every_field_holds_what_it_is_named_for(change, said):
    with pytest.raises(ValueError, match=said):
        replace(SOUND, **change)


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), True, "1", None])
def test_no_number_is_what_a_float_cannot_hold(value):
    assert not is_number(value)
