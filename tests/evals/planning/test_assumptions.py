"""What a plan assumes where nothing was given."""

import pytest

from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.types import Guess
from quantgate.tasks.gpqa_diamond import INFO


def test_more_flips_than_half_are_not_all_noise():
    assumed = assume(None, 100, Guess(discordance=0.9))
    assert (assumed.between, assumed.within) == (pytest.approx(0.8), pytest.approx(0.1))


def test_what_is_not_given_is_derived_and_named():
    assumed = assume("gpqa_diamond", None, Guess(accuracy=0.92), INFO)
    assert (assumed.items, assumed.discordance) == (198, pytest.approx(0.08))
    assert assumed.between + assumed.within == pytest.approx(0.08)
    assert [note.split(":")[0] for note in assumed.notes] == ["assumed", "assumed for repeats"]
    assert assume(None, 500, Guess(discordance=0.05, within_variance=0.04)).notes == ()
