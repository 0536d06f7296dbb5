"""Published numbers: which counts they may be, and verdicts over every pairing of the items."""

import itertools
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.stats import exact_lower_bound, exact_upper_bound, noninferiority_pvalue
from quantgate.evals.stats.published.pairings import (
    feasible_pairings,
    fitting_counts,
    flip_range,
    judge_claim,
    nearest_counts,
)


@pytest.mark.parametrize(
    ("value", "digits", "n", "repeats", "expected"),
    [
        ("0.965", 3, 200, 1, (193,)),
        ("0.955", 3, 200, 1, (191,)),
        ("0.965", 4, 1319, 1, ()),
        ("0.955", 4, 1319, 1, ()),
        ("0.9217", 4, 198, 2, (365,)),
        ("0.9026", 4, 198, 2, ()),
        ("0", 3, 200, 1, (0,)),
        ("1", 3, 200, 1, (200,)),
        ("0.5", 1, 40, 1, (18, 19, 20, 21)),
        (0.965, 3, 200, 1, (193,)),
    ],
)
def test_counts_that_are_printed_as_the_value(value, digits, n, repeats, expected):
    assert fitting_counts(value, digits, n, repeats) == expected


def test_three_digits_cannot_tell_apart_the_counts_of_1319_items():
    # One item is less than a unit of the third digit: every value fits, so only a fourth digit rules a size out.
    assert fitting_counts("0.965", 3, 1319) == (1273,)
    assert all(fitting_counts(unit / 1000, 3, 1319) for unit in range(1001))


def test_half_way_may_go_up_or_to_even_but_is_never_just_cut_off():
    assert 1 in fitting_counts("0.13", 2, 8)  # .125 rounded half up
    assert 1 in fitting_counts("0.12", 2, 8)  # .125 rounded half to even
    assert 3 in fitting_counts("0.38", 2, 8)  # .375 either way
    assert 3 not in fitting_counts("0.37", 2, 8)
    assert fitting_counts("0.333", 3, 3) == (1,)
    assert fitting_counts("0.666", 3, 3) == ()


@pytest.mark.parametrize("digits", [1, 2, 3])
@pytest.mark.parametrize("total", [7, 8, 40, 198, 200])
def test_agrees_with_printing_every_count(total, digits):
    place = Decimal(1).scaleb(-digits)
    printed = {}
    for count in range(total + 1):
        share = Decimal(count) / Decimal(total)
        ways = {str(share.quantize(place, how)) for how in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
        for text in ways | {f"{count / total:.{digits}f}"}:
            printed.setdefault(text, []).append(count)
    for unit in range(10**digits + 1):
        text = f"{unit / 10**digits:.{digits}f}"
        assert fitting_counts(text, digits, total) == tuple(printed.get(text, ())), text


def test_nearest_counts_where_none_fits():
    assert nearest_counts("0.9026", 4, 198, 2) == (357,)
    assert nearest_counts("0.5", 1, 3) == (1, 2)
    assert nearest_counts("0.965", 3, 200) == (193,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("96.5", 1, 200), "share between 0 and 1"),
        (("nan", 1, 200), "share between 0 and 1"),
        ((float("inf"), 1, 200), "share between 0 and 1"),
        (("0,965", 3, 200), "is no number"),
        (("0.9651", 3, 200), "more than 3 decimals"),
        (("0.9", -1, 200), "digits must not be negative"),
        (("0.9", 1, 0), "at least 1"),
        (("0.9", 1, 10, 0), "at least 1"),
    ],
)
def test_refuses_what_is_no_printed_share(arguments, message):
    with pytest.raises(ValueError, match=message):
        fitting_counts(*arguments)


@pytest.mark.parametrize(("baseline", "candidate"), [(5, 3), (0, 6), (6, 6), (3, 3), (1, 5)])
def test_pairings_are_those_of_all_tables_of_items(baseline, candidate):
    n = 6
    first = np.repeat([1, 0], [baseline, n - baseline])
    found = set()
    for right in itertools.combinations(range(n), candidate):
        second = np.isin(np.arange(n), right)
        found.add((int((first & ~second).sum()), int(((1 - first) & second).sum())))
    assert feasible_pairings(n, baseline, candidate) == sorted(found)


@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [((5, 6), (3, 4)), ((0, 2), (1, 5)), ((6, 6), (0, 6)), ((2, 3), (2, 3)), ((1, 1), (6, 6))],
)
def test_the_fewest_and_the_most_flips_are_those_of_all_counts(baseline, candidate):
    pairings = [
        pairing
        for right in range(baseline[0], baseline[1] + 1)
        for other in range(candidate[0], candidate[1] + 1)
        for pairing in feasible_pairings(6, right, other)
    ]
    closest, farthest = flip_range(6, baseline, candidate)
    assert {closest, farthest} <= set(pairings)
    assert (sum(closest), sum(farthest)) == (min(map(sum, pairings)), max(map(sum, pairings)))


def test_gsm8k_at_three_points_is_inconclusive_under_every_pairing():
    judged = judge_claim(200, 193, 191, margin=0.03)
    assert (judged.closest, judged.farthest, judged.pairings) == ((2, 0), (9, 7), 8)
    assert judged.pvalue_best == pytest.approx(0.059391, abs=5e-7)
    assert judged.pvalue_worst == pytest.approx(0.175, abs=5e-4)
    assert judged.lower_best == exact_lower_bound(2, 0, 200)
    assert judged.lower_worst == exact_lower_bound(9, 7, 200)
    assert judged.upper_worst == exact_upper_bound(9, 7, 200)
    assert judged.verdict == "inconclusive"
    assert judged.difference == pytest.approx(-0.01)


def test_gsm8k_at_five_points_passes_under_every_pairing():
    judged = judge_claim(200, 193, 191, margin=0.05)
    assert 0.033 < judged.pvalue_worst <= 0.034
    assert judged.verdict == "equivalent"


def test_a_gain_that_may_be_large_is_non_inferior_only():
    judged = judge_claim(200, 180, 190, margin=0.05)
    assert judged.lower_worst > -0.05 < judged.upper_worst
    assert judged.verdict == "non_inferior"


@pytest.mark.slow
def test_a_loss_beyond_doubt_is_regressed_under_every_pairing():
    assert judge_claim(200, 190, 150, margin=0.03).verdict == "regressed"
    assert judge_claim(200, 190, 180, margin=0.03).verdict == "inconclusive"


def test_what_holds_under_some_pairings_only_is_inconclusive():
    judged = judge_claim(1319, 1268, 1255, margin=0.02)
    assert judged.pvalue_best < 0.05 <= judged.pvalue_worst
    assert judged.lower_best > -0.02 >= judged.lower_worst
    assert judged.verdict == "inconclusive"


@pytest.mark.slow
@pytest.mark.parametrize("margin", [0.03, 0.1, 0.3])
@pytest.mark.parametrize(("n", "baseline", "candidate"), [(44, 22, 21), (44, 26, 21)])
def test_many_pairings_are_judged_as_if_every_bound_were_computed(n, baseline, candidate, margin):
    judged = judge_claim(n, baseline, candidate, margin)
    assert judged.pairings > 16
    pairings = feasible_pairings(n, baseline, candidate)
    lowers = [exact_lower_bound(b, c, n) for b, c in pairings]
    uppers = [exact_upper_bound(b, c, n) for b, c in pairings]
    assert (judged.lower_best, judged.lower_worst) == (max(lowers), min(lowers))
    assert (judged.upper_best, judged.upper_worst) == (min(uppers), max(uppers))
    pvalues = [noninferiority_pvalue(b, c, n, margin) for b, c in pairings]
    assert (judged.pvalue_best, judged.pvalue_worst) == (min(pvalues), max(pvalues))
    if min(lowers) > -margin:
        expected = "equivalent" if max(uppers) < margin else "non_inferior"
    else:
        expected = "regressed" if max(uppers) < -margin else "inconclusive"
    assert judged.verdict == expected


@settings(deadline=None, max_examples=6)
@given(st.integers(10, 40), st.data())
def test_the_bounds_are_the_most_extreme_where_fewest_and_most_items_flip(n, data):
    baseline = data.draw(st.integers(n // 3, n))
    candidate = data.draw(st.integers(max(baseline - 6, 0), min(baseline + 4, n)))
    pairings = feasible_pairings(n, baseline, candidate)
    lowers = [exact_lower_bound(b, c, n) for b, c in pairings]
    assert max(lowers) <= lowers[0] + 1e-4
    assert min(lowers) >= lowers[-1] - 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((200, 201, 190, 0.03), "exceeds n"),
        ((200, 193, -1, 0.03), "must not be negative"),
        ((200, 193, 191.5, 0.03), "whole number"),
        ((200, 193, 191, 3), "margin must lie"),
        ((200, 193, 191, 0.03, 0.7), "alpha must be"),
    ],
)
def test_refuses_claims_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        judge_claim(*arguments)
