"""The colours of every report, by what they stand for, in a light and a dark scheme; each pair is checked for contrast.

Plots are drawn in the light colours. Where a plot stands inside a page, each of these colours is replaced by the CSS
variable of its role (`reports.plots.canvas`), so a page has one palette. No two roles share a colour for that reason.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#fdfdfb",
    "panel": "#f2f3f4",
    "zone": "#dce8f3",
    "rule": "#d3d7dc",
    "ink": "#1c2026",
    "muted": "#545c67",
    "pass": "#16663a",
    "regressed": "#b0241c",
    "inconclusive": "#805300",
    "invalid": "#6a3fa3",
    "baseline": "#2a63a3",
    "candidate": "#a84c08",
}
DARK: Mapping[str, str] = {
    "paper": "#14171b",
    "panel": "#1e2329",
    "zone": "#22384d",
    "rule": "#3a424c",
    "ink": "#e8ebef",
    "muted": "#aab3be",
    "pass": "#63cc8d",
    "regressed": "#ff9389",
    "inconclusive": "#e6b74a",
    "invalid": "#c6a6f7",
    "baseline": "#7db7f4",
    "candidate": "#f2a662",
}
GROUNDS = ("paper", "panel", "zone")
"""What text may stand on; every other role but `rule` is a colour of text or marks."""

VERDICT_ROLE: Mapping[str, str] = {
    "pass": "pass",
    "equivalent": "pass",
    "non_inferior": "pass",
    "regressed": "regressed",
    "inconclusive": "inconclusive",
    "invalid": "invalid",
}
"""The role of a verdict, of a task or of a release, by its value."""

MARK: Mapping[str, str] = {
    "pass": "✓",
    "equivalent": "✓",
    "non_inferior": "✓",
    "regressed": "✗",
    "inconclusive": "?",
    "invalid": "!",
}
"""The shape that goes with a verdict's word, so that colour is never alone."""


PLOT_MARKER: Mapping[str, str] = {"equivalent": "o", "non_inferior": "^", "regressed": "X", "inconclusive": "D"}
"""That shape as matplotlib names it; a task that could not be compared has none."""


def verdict_word(value: str) -> str:
    """A verdict as people read it."""
    return value.replace("_", "-")


def css_variables(scheme: Mapping[str, str]) -> str:
    """The scheme as CSS declarations."""
    return "".join(f"--{role}:{colour};" for role, colour in scheme.items())
