"""Greedy decoding is known by whichever parameter makes it so."""

import pytest

from quantgate.evals.pairing.greedy import is_greedy


@pytest.mark.parametrize(
    "sampling",
    [
        {"temperature": 0.0},
        {"temperature": 1e-6},
        {"do_sample": False},
        {"temperature": 1.0, "top_k": 1},
        {"temperature": 1.0, "extra_body": {"top_k": 1}},
        {"temperature": 1.0, "extra_body": {"min_p": 1.0}},
        {"temperature": 1.0, "extra_body": {"use_beam_search": True}},
    ],
)
def test_one_token_to_choose_is_greedy(sampling):
    assert is_greedy(sampling)


@pytest.mark.parametrize(
    "sampling", [{}, {"temperature": None}, {"temperature": 0.1, "extra_body": {"top_k": 20, "min_p": 0.1}}]
)
def test_several_are_not(sampling):
    assert not is_greedy(sampling)
