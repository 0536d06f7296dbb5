"""What a plan assumes where nothing was given."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.task import Typical
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


def test_measured_noise_of_reruns_stands_in_place_of_a_guess_from_the_accuracy():
    info = replace(INFO, typical=Typical(0.95, rerun_variance=0.16, measured="4 models", plan_by_reruns=True))
    assumed = assume("t", 100, Guess(), info)
    assert assumed.discordance == pytest.approx(0.10 + 0.0025)
    half = assume("t", 100, Guess(accuracy=0.5), info)
    assert (half.discordance, half.within) == (pytest.approx(0.1625), pytest.approx(0.16))
    (note,) = [note for note in half.notes if note.startswith("measured: ")]
    assert "16.00% of the items flip between two runs of one model (4 models)" in note
    assert "single runs of 100 items differ by up to 7.8 points by chance" in note
    assert assume("t", 100, Guess(discordance=0.05), info).discordance == 0.05
    assert assume("t", 100, Guess(), replace(info, typical=Typical(0.95, 0.16))).discordance == pytest.approx(0.05)
