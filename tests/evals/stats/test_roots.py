"""Roots are scipy's, to the last bit and by the same steps, without what loads with them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from quantgate.evals.stats.roots import brentq

FUNCTIONS = {
    "smooth": math.tanh,
    "bent": lambda x: x**3 + x / 100,
    "steep": math.expm1,
    "jump": lambda x: -1.0 if x < 0 else 1.0,
    "falling": lambda x: -x,
    "huge at one end": lambda x: min(x / 1e-300, 1e6) if x > 0 else x,
}


@given(
    name=st.sampled_from(sorted(FUNCTIONS)),
    root=st.floats(-3, 3),
    below=st.floats(0.001, 5),
    above=st.floats(0.001, 5),
    xtol=st.sampled_from([1e-13, 2.5e-9, 0.01]),
    rtol=st.sampled_from([2**-50, 1e-3]),
)
def test_the_root_and_the_way_to_it_are_scipys(name, root, below, above, xtol, rtol):
    def followed(solve):
        asked = []

        def function(x):
            asked.append(x)
            return FUNCTIONS[name](x - root)

        return solve(function, root - below, root + above, xtol=xtol, rtol=rtol), asked

    assert followed(brentq) == followed(optimize.brentq)


def test_a_function_that_keeps_its_sign_has_none():
    with pytest.raises(ValueError, match="the same sign at -1 and at 1"):
        brentq(lambda x: x * x + 1, -1, 1, xtol=1e-9)


def test_a_search_that_takes_too_many_steps_ends():
    with pytest.raises(RuntimeError, match="no root"):
        brentq(lambda x: x**5, -1, 2, xtol=1e-13)
