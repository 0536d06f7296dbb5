"""A decision as commands of GitHub Actions, which shows them on the run's page and beside the pull request.

They are the only commands that are ever written to a log, and what a model has said is in them as text alone: on one
line, and escaped as the runner reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.text import one_line, without_commands
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.flips import Flipped, sentence, worst_first
from quantgate.reports.words.headline import comparison_headline, headline
from quantgate.reports.words.palette import verdict_word

_MOST = 10
"""GitHub shows no more of one step."""
_MOST_FLIPS = 3
_MOST_LINE = 600


class _Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


_LEVELS = {
    ReleaseVerdict.PASS: _Level.NOTICE,
    ReleaseVerdict.INCONCLUSIVE: _Level.WARNING,
    ReleaseVerdict.REGRESSED: _Level.ERROR,
    ReleaseVerdict.INVALID: _Level.ERROR,
}


def annotation_lines(decision: Verdict | Comparison) -> list[str]:
    """A line for the whole, and one for each task, or format, that does not pass; of a single one, that alone."""
    told = flipped(decision)
    if isinstance(decision, Verdict):
        builds = f"{decision.candidate.label} against {decision.baseline.label}"
        said, rows = headline(decision), [_of_task(row, told) for row in decision.rows if not row.passes]
    else:
        builds = f"formats against {decision.baseline.label}"
        said = comparison_headline(decision)
        rows = [_of_format(build, decision, told) for build in decision.formats if not build.passes]
    whole = _command(_LEVELS[decision.verdict], f"{verdict_word(decision.verdict.value)}: {builds}", [said])
    parts = decision.rows if isinstance(decision, Verdict) else decision.formats
    return rows if rows and len(parts) == 1 else [whole, *rows][:_MOST]


def _of_task(row: TaskDecision, told: Sequence[Flipped]) -> str:
    title = f"{row.task}: {verdict_word(row.verdict.value)}"
    return _command(_level_of(row), title, [row.named_reason, *_flips(row, told)])


def _of_format(build: Format, comparison: Comparison, told: Sequence[Flipped]) -> str:
    """One that does not pass is no error where another is enough."""
    level = _LEVELS[build.verdict] if comparison.verdict is not ReleaseVerdict.PASS else _Level.WARNING
    open_rows = [row for row in build.rows if not row.passes]
    lines = [line for row in open_rows for line in (row.named_reason, *_flips(row, told, build.name))]
    return _command(level, f"{build.name}: {verdict_word(build.verdict.value)}", lines)


def _level_of(row: TaskDecision) -> _Level:
    fails = row.verdict in (TaskVerdict.REGRESSED, TaskVerdict.INVALID)
    return _Level.ERROR if fails and row.required else _Level.WARNING


def _flips(row: TaskDecision, told: Sequence[Flipped], build: str = "") -> list[str]:
    """Some items of a task that regressed, and how to see them."""
    own = next((one for one in told if one.task is row and one.build == build and one.fell), None)
    if own is None:
        return []
    shown = worst_first(own.task.flips)[:_MOST_FLIPS]
    command = own.diff_command(shown)
    return [*map(sentence, shown), *([] if command is None else [f"side by side: {command}"])]


def _command(level: _Level, title: str, lines: Sequence[str]) -> str:
    message = "%0A".join(_data(without_commands(one_line(line, _MOST_LINE))) for line in lines if line)
    return f"::{level.value} title={_property(without_commands(one_line(f'quantgate: {title}', 120)))}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
