"""What a pilot's answers say of a task."""

from dataclasses import replace

import numpy as np
import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.planning.pilot import pilot
from quantgate.evals.planning.types import Assumptions, Guess
from quantgate.tasks.gsm8k import INFO
from tests.evals.made_logprobs import document, logprob_run
from tests.evals.made_runs import pair_of, run_of


def pilot_of(
    baseline: Run,
    candidate: Run,
    items: int | None = None,
    guess: Guess | None = None,
    again: Run | None = None,
) -> Assumptions:
    (pairs,) = pair_runs(baseline, candidate).tasks
    known = INFO if pairs.task == INFO.name else None
    second = pair_runs(baseline, again).tasks[0] if again is not None else None
    return pilot(pairs, (baseline, candidate), items, guess or Guess(), known, second)


def sampled_at(run: Run, temperature: float) -> Run:
    tasks = tuple(replace(task, sampling={**task.sampling, "temperature": temperature}) for task in run.record.tasks)
    return Run(replace(run.record, tasks=tasks), run.samples)


def test_the_flips_of_a_greedy_pilot_are_true_change():
    greedy = pilot_of(*(sampled_at(run, 0.0) for run in pair_of(6, 4, 100)))
    assert (greedy.between, greedy.within) == (0.1, 0.0)
    assert any("temperature 0 in both runs" in note and "--noise" in note for note in greedy.notes)
    assert not any("temperature 1" in note for note in greedy.notes)


def test_the_flips_of_a_sampled_pilot_are_taken_for_noise():
    assert pilot_of(*(sampled_at(run, 1.0) for run in pair_of(6, 4, 100))).within > 0.09


def test_a_second_run_of_the_baseline_says_which_flips_are_noise():
    baseline, candidate = (sampled_at(run, 0.0) for run in pair_of(6, 4, 100))
    scores = [sample.score for sample in baseline.samples.values()]
    again = sampled_at(run_of([1 - score if place < 3 else score for place, score in enumerate(scores)]), 0.0)
    assumed = pilot_of(baseline, candidate, again=again)
    assert (assumed.within, assumed.between) == (pytest.approx(0.03), pytest.approx(0.07))
    assert any("3.00% of the baseline's own answers differ" in note for note in assumed.notes)


def test_a_guess_of_more_noise_than_the_pilot_has_flips_is_refused():
    with pytest.raises(UsageError, match=r"--within-variance 0.2: .*part of the flips \(0.1\)"):
        pilot_of(*pair_of(6, 4, 100), guess=Guess(within_variance=0.2))


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


def test_a_pilot_of_log_probabilities_has_no_flips_to_plan_by():
    with pytest.raises(UsageError, match="not by flips"):
        pilot_of(logprob_run([document()] * 3), logprob_run([document([3])] * 3, "mxfp4"))
