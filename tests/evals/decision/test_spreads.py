"""Where the variance of the differences comes from: true change over items, or noise of single answers."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.decision.spreads import spreads_of
from quantgate.evals.pairing.pairing import Run, pair_runs
from tests.evals.made_runs import run_of


def spreads_between(change, noise, items=400, repeats=16, seed=3):
    """The one spread of two runs whose items' rates differ by +-`change`, around rates whose answers vary or do not."""
    rng = np.random.default_rng(seed)
    rate = 0.5 if noise else 1.0
    runs = []
    for label, sign in (("fp8", 0), ("mxfp4", 1)):
        rates = rate + sign * change * rng.choice([-1, 1], items)
        run = run_of([1.0] * items, label=label, repeats=repeats)
        answers = {
            key: replace(one, score=float(rng.random() < rates[int(one.item_id)])) for key, one in run.samples.items()
        }
        runs.append(Run(run.record, answers))
    (pairs,) = pair_runs(*runs).tasks
    (spread,) = spreads_of(pairs, pairs.item_scores())
    return spread


def test_noise_of_single_answers_is_no_true_change():
    spread = spreads_between(change=0.0, noise=True)
    assert spread.within == pytest.approx(0.5, abs=0.02)
    assert spread.between < 2 * spread.error


def test_true_change_is_found_beside_the_noise():
    spread = spreads_between(change=0.2, noise=True)
    assert spread.between == pytest.approx(0.04, abs=3 * spread.error)


def test_answers_that_never_differ_are_not_believed_to_be_without_variance():
    spread = spreads_between(change=0.0, noise=False, items=50, repeats=2)
    assert spread.within == 0
    assert spread.between == 1 / (2**2 * 50)
