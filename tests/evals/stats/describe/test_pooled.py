"""The sign test over several tasks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from quantgate.evals.stats.describe.pooled import some_loss_pvalue


@given(st.integers(0, 400), st.integers(0, 400))
def test_it_is_the_exact_sign_test(losses, gains):
    expected = binomtest(losses, losses + gains, 0.5, alternative="greater").pvalue if losses + gains else 1.0
    assert some_loss_pvalue(losses, gains) == pytest.approx(expected, rel=1e-9)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="losses"):
        some_loss_pvalue(-1, 2)
