"""Aims and guesses that cannot be are refused with what to write."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.options import check_aim
from quantgate.evals.planning.types import Aim, Guess


@pytest.mark.parametrize(
    ("aim", "said"),
    [
        (
            Aim(margins=(2,)),
            "--margin 2: a margin is a fraction, 0.02 is two points, from 0.0001 to 0.9999; for 2% write",
        ),
        (Aim(power=80), "for 80% write 0.8"),
        (Aim(power=0.3), "--power 0.3"),
        (Aim(alpha=5), "--alpha 5: the one-sided error rate"),
        (Aim(tasks=0), "--tasks 0"),
        (Aim(repeats=0), "--repeats 0"),
        (Aim(throughput=0.0), "--throughput 0"),
        (Aim(margins=(0.01, 0.02), true_loss=0.02), "--true-loss 0.02: a loss that is to pass"),
        (Aim(true_loss=-0.01), "--true-loss -0.01"),
        (Aim(true_loss=float("nan")), "--true-loss nan"),
    ],
)
def test_an_aim_that_cannot_be_is_refused_with_what_to_write(aim, said):
    with pytest.raises(UsageError) as refusal:
        check_aim(aim)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("task", "items", "guess", "said"),
    [
        (None, None, Guess(), "give --items N"),
        ("mine", None, Guess(), "--task mine: its size is not known; give --items N"),
        (None, 0, Guess(), "--items 0"),
        (
            None,
            99,
            Guess(accuracy=95),
            "--accuracy 95: an accuracy is a share of items, from 0 to 1; for 95% write 0.95",
        ),
        (None, 99, Guess(accuracy=0.95, discordance=0.2), "differ on at most 0.1 of the items"),
        (
            None,
            99,
            Guess(discordance=5),
            "--discordance 5: the share of items that flip, from 0 to 1; for 5% write 0.05",
        ),
        (
            None,
            99,
            Guess(discordance=0.1, within_variance=0.2),
            "--within-variance 0.2: the noise of re-runs is a part",
        ),
        (None, 99, Guess(discordance=0.7, within_variance=0.4), "the noise of re-runs explains 0.3 at most"),
        (None, 99, Guess(discordance=float("nan")), "--discordance nan"),
        (None, 99, Guess(tokens=0), "--tokens-per-answer 0"),
    ],
)
def test_a_guess_that_cannot_be_is_refused_with_what_to_write(task, items, guess, said):
    with pytest.raises(UsageError) as refusal:
        assume(task, items, guess)
    assert said in str(refusal.value)
