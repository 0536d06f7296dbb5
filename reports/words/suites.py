"""A suite in words, as it is told of before it is asked and in a decision's reports."""

from __future__ import annotations

from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.text import one_line

_LONGEST = 600


def suite_lines(suite: AskedSuite | None) -> list[str]:
    """Which suite was asked, which of its sources' benchmarks are not in it, and what was asked otherwise."""
    if suite is None:
        return []
    lines = [f"suite {one_line(suite.name, 80)}: {one_line(suite.summary, 200)}"]
    if suite.not_asked:
        lines.append(
            f"not in it: {one_line(', '.join(suite.not_asked), _LONGEST)}. What it shows is not shown of these"
        )
    if suite.changed:
        lines.append(f"asked otherwise than the suite says: {one_line('; '.join(suite.changed), _LONGEST)}")
    return lines
