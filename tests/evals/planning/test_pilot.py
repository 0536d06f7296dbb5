"""What a pilot's answers say of a task."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.planning.pilot import pilot
from quantgate.evals.planning.types import Assumptions, Guess
from quantgate.tasks.gsm8k import INFO
from tests.evals.made_runs import pair_of, run_of


def pilot_of(baseline: Run, candidate: Run, items: int | None = None, guess: Guess | None = None) -> Assumptions:
    (pairs,) = pair_runs(baseline, candidate).tasks
    known = INFO if pairs.task == INFO.name else None
    return pilot(pairs, (baseline, candidate), items, guess or Guess(), known)


def test_a_pilot_gives_the_discordance_and_its_interval():
    assumed = pilot_of(*pair_of(6, 4, 100))
    assert (assumed.items, assumed.discordance) == (1319, 0.1)  # gsm8k's size is known
    assert any("10 of 100 items flipped" in note for note in assumed.notes)
    assert pilot_of(*pair_of(6, 4, 100), items=400).items == 400
    assert pilot_of(*pair_of(6, 4, 100), guess=Guess(discordance=0.05)).discordance == 0.05


def test_a_pilot_without_a_flip_is_not_believed():
    assert pilot_of(*pair_of(0, 0, 50)).discordance == 1 / 50


def test_a_pilot_with_repeats_tells_true_change_from_noise():
    rng = np.random.default_rng(1)
    runs = []
    for label in ("fp8", "mxfp4"):
        run = run_of([1.0] * 400, label=label, repeats=8, name="mine")
        samples = {key: replace(one, score=float(rng.random() < 0.8)) for key, one in run.samples.items()}
        runs.append(Run(run.record, samples))
    assumed = pilot_of(*runs)
    assert assumed.items == 400
    assert assumed.within == pytest.approx(0.32, abs=0.02)
    assert assumed.between < 0.01


def test_a_pilots_tokens_are_those_that_its_servers_told():
    baseline, candidate = pair_of(6, 4, 100)
    told = Run(
        baseline.record, {key: replace(one, usage={"completion_tokens": 250}) for key, one in baseline.samples.items()}
    )
    assert pilot_of(told, candidate).tokens == 250
    assert pilot_of(baseline, candidate).tokens is None
    assert pilot_of(told, candidate, guess=Guess(tokens=9.0)).tokens == 9


def test_missing_answers_of_a_pilot_are_left_out():
    assumed = pilot_of(run_of([1.0, None, 1.0, 0.0] * 10), run_of([1.0, 1.0, None, 1.0] * 10))
    assert assumed.discordance == 0.5


@pytest.mark.parametrize("scores", [([1.0], {"version": "2"}), ([None] * 2, {})])
def test_a_pilot_that_says_nothing_is_refused(scores):
    values, other = scores
    with pytest.raises(UsageError, match="gsm8k: the pilot"):
        pilot_of(run_of([1.0] * len(values)), run_of(values, **other))
