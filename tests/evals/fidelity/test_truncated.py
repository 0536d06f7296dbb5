"""Divergence and agreement of two next-token distributions of which the likeliest tokens are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.errors import DataError
from quantgate.evals.fidelity.truncated import top1_agreement, truncated_kl


def shown(probabilities, k):
    """The k likeliest tokens of a whole distribution."""
    order = np.argsort(-np.asarray(probabilities), kind="stable")[:k]
    return {int(token): math.log(probabilities[token]) for token in order}


def kl(p, q):
    return float(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))


def test_the_likeliest_tokens_agree_or_do_not():
    assert top1_agreement({1: -0.1, 2: -3.0}, {2: -2.0, 1: -0.2}) == 1
    assert top1_agreement({1: -0.1, 2: -3.0}, {2: -0.1, 1: -3.0}) == 0


def test_tied_tokens_agree_whichever_is_named_first():
    assert top1_agreement({1: -0.7, 2: -0.7}, {2: -0.7, 1: -0.7}) == 1


def test_a_build_whose_tokens_all_tie_does_not_agree():
    flat = dict.fromkeys(range(20), math.log(1 / 50_000))
    assert top1_agreement({3: -0.1}, flat) == 1 / 20


def test_the_divergence_of_a_distribution_from_itself_is_nothing():
    top = shown([0.5, 0.3, 0.1, 0.06, 0.04], 3)
    assert truncated_kl(top, top) == 0


def test_all_tokens_that_are_not_shown_are_one_bucket():
    p, q = shown([0.7, 0.2, 0.1], 2), shown([0.6, 0.25, 0.15], 2)
    assert truncated_kl(p, q) == pytest.approx(kl([0.7, 0.2, 0.1], [0.6, 0.25, 0.15]))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.3, 1.0, 4.0]), st.integers(1, 12))
def test_it_never_exceeds_the_divergence_over_the_whole_vocabulary(seed, apart, k):
    draw = np.random.default_rng(seed)
    logits = draw.normal(0, 3, 40)
    p, q = (np.exp(some) / np.exp(some).sum() for some in (logits, logits + draw.normal(0, apart, 40)))
    scored = int(draw.integers(40))
    there = {**shown(q, k), scored: math.log(q[scored])}
    assert 0 <= truncated_kl(shown(p, k), there, scored) <= kl(p, q) + 1e-9


def test_builds_that_show_no_token_in_common_are_far_apart():
    """One bucket with all that is not common would hold all of both, and say that they do not differ."""
    assert truncated_kl({1: -0.01}, {2: -0.01}) > 4
    assert truncated_kl({1: -0.01}, dict.fromkeys(range(2, 22), math.log(1 / 50_000))) > 9


def test_the_scored_token_that_is_shown_besides_bounds_no_other():
    """A server shows the token that stands there, too, however unlikely: another may well be likelier."""
    p = {1: math.log(0.5), 2: math.log(0.5)}
    q = {1: math.log(0.4), 9: math.log(0.0001)}
    assert truncated_kl(p, q, scored=9) < truncated_kl(p, q)


@pytest.mark.parametrize("candidate", [{1: 0.0}, {1: 0.00005, 2: -20.0}])
def test_rounding_makes_no_negative_and_no_endless_divergence(candidate):
    assert 0 <= truncated_kl({1: -0.000001}, candidate) < 1e-5
    assert math.isfinite(truncated_kl({1: -0.7}, candidate))


def test_probabilities_that_sum_to_more_than_one_are_refused():
    with pytest.raises(DataError, match=r"sum to 1\.81"):
        truncated_kl({1: -0.1, 2: -0.1}, {1: -0.1})
