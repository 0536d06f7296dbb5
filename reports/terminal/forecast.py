"""What a release is about to take, on the terminal: a row for each task, and what is known of tokens and hours."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from quantgate.evals.planning.forecast import TaskForecast
from quantgate.evals.text import one_line
from quantgate.reports.terminal.fitting import LONGEST_NAME, Column, FittingTable
from quantgate.reports.words import numbers


def print_forecast(console: Console, title: str, forecasts: Sequence[TaskForecast]) -> None:
    """Print a row for each task, the sum over tasks, and from what tokens and hours are known."""
    names = ("task", "margin", "items", "repeats", "looks", "requests", "if equal", "tokens", "hours")
    table = FittingTable(one_line(title, 200), [Column(name, words=name == "task") for name in names])
    for one in forecasts:
        table.add(
            one_line(one.task, LONGEST_NAME),
            numbers.margin_cell(one.margin),
            f"{one.items:,}",
            f"{one.repeats}",
            f"{len(one.looks)}" if one.looks else numbers.NONE,
            f"{one.requests:,}",
            numbers.NONE if one.equal is None else f"{one.equal * one.requests:,.0f}",
            _tokens(one.tokens),
            _hours(one.hours),
        )
    console.print(table)
    for line in _sentences(forecasts):
        console.print(Text(line), soft_wrap=True)


def _sentences(forecasts: Sequence[TaskForecast]) -> list[str]:
    requests, left = sum(one.requests for one in forecasts), sum(one.left for one in forecasts)
    lines = [f"at most {requests:,} requests of all builds together"]
    if left < requests:
        lines[0] += f", of which {requests - left:,} are answered already"
    looked = [one for one in forecasts if one.looks]
    # What the mean over a suite rests on is asked to its end.
    if ending := [one.task for one in looked if one.equal is None or one.equal < 1]:
        which = "each task" if len(ending) == len(looked) else ", ".join(ending)
        ends = "ends" if len(ending) == len(looked) or len(ending) == 1 else "end"
        lines[0] += f"; {which} {ends} at the first look that shows its verdict"
    if len(ending) < len(looked):
        lines[0] += "; the tasks of the mean are asked whole"
    if any(one.equal is not None for one in forecasts):
        lines.append("if equal: requests on average where the candidate has lost nothing, by `plan --sequential`")
    if all(one.tokens is None for one in forecasts):
        lines.append("tokens and hours: nothing is known of these builds' answers yet")
        return lines
    known = dict.fromkeys(build.pace.source for one in forecasts for build in one.builds if build.pace.source)
    lines.append(f"tokens and hours: of what is left, at most, by {' and '.join(known)}")
    if any(build.at_once is None for one in forecasts for build in one.builds):
        lines[-1] += (
            "; hours one answer after the other, and less with as many at once as the servers are found to take"
        )
    return lines


def _hours(hours: float | None) -> str:
    if hours is None:
        return numbers.NONE
    return f"{hours:,.1f}" if hours >= 0.1 else f"{hours:.2f}"


def _tokens(count: float | None) -> str:
    if count is None:
        return numbers.NONE
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count:,.0f}"
