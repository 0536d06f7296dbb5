"""A design says when a task is looked at, in numbers that can be held."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from quantgate.evals.contract.design import Design, Look

DESIGN = Design(100, 1, 0.02, 0.05, 0.05, 0.05, (Look(50, 1, 0.02, 0.02), Look(100, 1, 0.05, 0.04)), "order")


def test_a_look_has_what_was_spent_since_the_one_before():
    assert [DESIGN.share(place) for place in range(2)] == pytest.approx([0.02, 0.03])


@pytest.mark.parametrize(
    "changes",
    [
        {"margin": math.inf},
        {"alpha": math.nan},
        {"regression_alpha": math.nan},
        {"futility": math.nan},
        {"looks": (Look(100, 1, 0.05, math.nan),)},
        {"looks": (Look(100, 1, math.nan),)},
    ],
)
def test_what_is_no_number_is_refused(changes):
    with pytest.raises(ValueError, match="must"):
        replace(DESIGN, **changes)
