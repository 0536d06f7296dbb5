"""What a build is expected to score."""

from __future__ import annotations

import pytest

from quantgate.evals.settings.expected import Expectation, parse_expectation


@pytest.mark.parametrize("text", ["0.92 +- 0.03", "0.92+-.03", " .92 +/- 0.03 ", "0.92 ± 0.03"])
def test_a_score_with_its_tolerance(text):
    assert parse_expectation(text) == Expectation(0.92, 0.03)


@pytest.mark.parametrize("text", ["0.92", "92 +- 3", "0.92 +- 0", "high", "-0.9 +- 0.1", "0.92 +- nan"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"0\.92 \+- 0\.03"):
        parse_expectation(text)
