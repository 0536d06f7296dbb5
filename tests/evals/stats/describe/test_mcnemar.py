"""McNemar's test: reference values, the cases of no flip and of a tie."""

import pytest

from quantgate.evals.stats import mcnemar_pvalue


@pytest.mark.parametrize(
    ("losses", "gains", "expected"),
    [(7, 1, 0.0703125), (150, 86, 3.71594e-05), (12, 2, 0.012939), (36, 23, 0.117477), (6, 2, 0.289062)],
)
def test_exact_reference_values(losses, gains, expected):
    # Half a unit of the last digit given, and a hair: .2890625 is printed as .289062.
    assert mcnemar_pvalue(losses, gains) == pytest.approx(expected, abs=5.1e-7)
    assert mcnemar_pvalue(gains, losses) == mcnemar_pvalue(losses, gains)


def test_exact_reference_value_far_in_the_tail():
    assert mcnemar_pvalue(150, 86) == pytest.approx(3.71594e-05, rel=2e-6)


def test_mid_p_reference_value():
    assert mcnemar_pvalue(7, 1, mid_p=True) == pytest.approx(0.0390625, abs=1e-12)


def test_no_flip_is_no_evidence():
    assert mcnemar_pvalue(0, 0) == 1.0
    assert mcnemar_pvalue(0, 0, mid_p=True) == 1.0


def test_as_many_losses_as_gains():
    assert mcnemar_pvalue(2, 2) == 1.0
    assert mcnemar_pvalue(2, 2, mid_p=True) == pytest.approx(1 - 0.5 * 6 / 16)


def test_refuses_negative_counts():
    with pytest.raises(ValueError, match="must not be negative"):
        mcnemar_pvalue(-1, 3)
