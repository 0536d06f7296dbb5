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


def test_a_figure_of_tool_calls_is_named_before_its_value():
    assert parse_expectation("schema_accuracy 0.98 +- 0.02") == Expectation(0.98, 0.02, figure="schema_accuracy")
    assert parse_expectation("trigger_f1 .84 ± .04").figure == "trigger_f1"
    with pytest.raises(ValueError, match="no figure is called accuracy: a score has no name"):
        parse_expectation("accuracy 0.98 +- 0.02")
