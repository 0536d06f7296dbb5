"""Agreement of two builds: intervals of shares, equal answers, and Cohen's kappa against published values."""

import numpy as np
import pytest
from scipy.stats import binomtest

from quantgate.evals.stats.describe.agreement import cohen_kappa, discordance, share, table_kappa


@pytest.mark.parametrize(("count", "n"), [(0, 20), (20, 20), (8, 198), (59, 1319), (1, 1)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_of_a_share_is_clopper_and_pearsons(count, n, confidence):
    expected = binomtest(count, n).proportion_ci(confidence, method="exact")
    result = share(count, n, confidence)
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert result.estimate == count / n


def test_without_a_flip_the_discordance_rate_may_still_be_some_way_from_zero():
    result = discordance(0, 0, 99, confidence=0.9)
    assert (result.count, result.low) == (0, 0.0)
    assert result.high == pytest.approx(1 - 0.05 ** (1 / 99))


def test_flips_count_either_way():
    assert discordance(6, 2, 198) == share(8, 198)


def test_kappa_of_two_classes_has_statas_value():
    # Statalist 2009-12, message 320: `kapci` with its analytical standard error.
    result = cohen_kappa(1395, 118, 261, 158)
    assert result.estimate == pytest.approx(0.3411969207847029, abs=1e-15)
    assert result.standard_error == pytest.approx(0.0262913719660408, abs=1e-14)
    assert (result.low, result.high) == pytest.approx((0.2896667786271169, 0.3927270629422889), abs=1e-12)


def test_kappa_of_three_classes_has_the_value_of_fleiss_cohen_and_everitt():
    result = table_kappa([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    assert result.estimate == pytest.approx(0.429, abs=5e-4)
    assert result.standard_error**2 == pytest.approx(0.002885, abs=5e-7)


@pytest.mark.parametrize("table", [[[20, 5], [10, 15]], [[180, 6], [2, 10]], [[1, 7], [9, 3]]])
def test_the_standard_error_is_that_of_the_delta_method(table):
    p = np.asarray(table, dtype=float).ravel() / np.sum(table)

    def kappa(q):
        q = q.reshape(2, 2) / q.sum()
        expected = q.sum(axis=1) @ q.sum(axis=0)
        return (np.trace(q) - expected) / (1 - expected)

    gradient = np.array([(kappa(p + h) - kappa(p - h)) / 2e-6 for h in np.eye(4) * 1e-6])
    variance = (gradient**2 @ p - (gradient @ p) ** 2) / np.sum(table)
    assert table_kappa(table).standard_error == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_full_agreement_in_two_classes_is_one_without_error():
    result = cohen_kappa(9, 0, 0, 4)
    assert result.estimate == pytest.approx(1.0)
    assert result.standard_error == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("counts", [(50, 0, 0, 0), (0, 0, 0, 50)])
def test_kappa_is_undefined_where_both_builds_know_one_class_only(counts):
    assert cohen_kappa(*counts) is None


def test_kappa_is_zero_where_one_build_knows_one_class_only():
    assert cohen_kappa(45, 5, 0, 0).estimate == pytest.approx(0.0, abs=1e-12)
    assert cohen_kappa(0, 25, 25, 0).estimate == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1, 2]], r"square, got shape \(1, 2\)"),
        ([[1, -2], [3, 4]], "whole numbers"),
        ([[1, 0.5], [3, 4]], "whole numbers"),
        ([[1, float("nan")], [3, 4]], "whole numbers"),
        ([[0, 0], [0, 0]], "no item"),
    ],
)
def test_refuses_what_is_no_table_of_counts(table, message):
    with pytest.raises(ValueError, match=message):
        table_kappa(table)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_refuses_a_confidence_that_is_no_share(confidence):
    for call in (lambda: share(1, 2, confidence), lambda: table_kappa([[1, 1], [1, 1]], confidence)):
        with pytest.raises(ValueError, match="confidence must lie"):
            call()
