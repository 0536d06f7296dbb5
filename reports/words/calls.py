"""Tool calls as a table: the verifiers' figures by their names, a column for each build, rows of strata below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantgate.evals.contract.call_figures import CallComparison, CallFigures, Ratio, Trigger
from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Decided, TaskDecision, Verdict
from quantgate.reports.words import numbers


@dataclass(frozen=True, slots=True)
class CallTable:
    """The figures of one task: `columns` names builds, each row begins with the figure's name."""

    task: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


NOTE = (
    "In brackets the 95% interval of each figure by itself (Clopper and Pearson; of repeated answers a bootstrap over "
    "items): it says how far to trust the figure, and decides nothing. Trigger F1: how calling agrees with when a call "
    "was due. Schema accuracy: of the replies with calls, those whose calls are all valid; each other is in the "
    "first class that fits."
)


def call_tables(decision: Verdict | Comparison) -> list[CallTable]:
    """A table for each task whose requests offer tools; of several formats all beside the baseline."""
    if isinstance(decision, Verdict):
        builds = [(decision.candidate.label, list(decision.tasks))]
    else:
        builds = [(build.name, list(build.tasks)) for build in decision.formats]
    found: dict[str, list[tuple[str, CallComparison]]] = {}
    for name, tasks in builds:
        for task in tasks:
            if (calls := _calls(task)) is not None:
                found.setdefault(task.task, []).append((name, calls))
    return [_table(task, decision.baseline.label, compared) for task, compared in found.items()]


def _calls(task: TaskDecision) -> CallComparison | None:
    return task.description.calls if isinstance(task, Decided) and task.description is not None else None


def _table(task: str, baseline: str, compared: Sequence[tuple[str, CallComparison]]) -> CallTable:
    first = compared[0][1]
    figures = [first.baseline, *(calls.candidate for _, calls in compared)]
    rows = [(name, *map(shown, figures)) for name, shown in _FIGURES]
    against = (numbers.NONE, *(_f1(calls.against_baseline) for _, calls in compared))
    rows.insert(1, ("Trigger F1, the baseline's calls taken as due", *against))
    for place, stratum in enumerate(first.strata):
        parts = [stratum.baseline, *(calls.strata[place].candidate for _, calls in compared if _same(first, calls))]
        parts_of = [*parts, *[None] * (len(figures) - len(parts))]
        for name, shown in _OF_STRATA:
            cells = (numbers.NONE if part is None else shown(part) for part in parts_of)
            rows.append((f"· {stratum.name}: {name}", *cells))
    kept = [row for row in rows if any(cell != numbers.NONE for cell in row[1:])]
    return CallTable(task, (baseline, *(name for name, _ in compared)), tuple(kept))


def _same(one: CallComparison, other: CallComparison) -> bool:
    return [part.name for part in one.strata] == [part.name for part in other.strata]


def ratio_text(ratio: Ratio | None) -> str:
    """A figure with its interval: `98.20% (96.10 to 99.30)`."""
    if ratio is None:
        return numbers.NONE
    return f"{numbers.percent(ratio.estimate)} ({100 * ratio.low:.2f} to {100 * ratio.high:.2f})"


def _f1(trigger: Trigger | None) -> str:
    return numbers.NONE if trigger is None else ratio_text(trigger.f1)


def _class(name: str) -> Callable[[CallFigures], str]:
    def shown(calls: CallFigures) -> str:
        count = calls.mismatches.get(name, 0)
        return f"{count:,} ({numbers.percent(count / calls.called)})" if calls.called else numbers.NONE

    return shown


def _trigger_counts(calls: CallFigures) -> str:
    if (trigger := calls.trigger) is None:
        return numbers.NONE
    return f"{trigger.false_negative:,} / {trigger.false_positive:,}"


def _streams(calls: CallFigures) -> str:
    if not calls.streams_compared:
        return numbers.NONE
    return f"{calls.streams_unlike:,} of {calls.streams_compared:,}"


def _accuracy(calls: CallFigures) -> str:
    return ratio_text(calls.schema_accuracy)


_Shown = Callable[[CallFigures], str]
_FIGURES: tuple[tuple[str, _Shown], ...] = (
    ("Trigger F1", lambda calls: _f1(calls.trigger)),
    ("due and not called / called and not due", _trigger_counts),
    ("schema accuracy", _accuracy),
    ("InvalidJson", _class("InvalidJson")),
    ("UnknownName", _class("UnknownName")),
    ("SchemaMismatch", _class("SchemaMismatch")),
    ("replies with calls", lambda calls: f"{calls.called:,} of {calls.answers:,}"),
    ("nothing but reasoning", lambda calls: f"{calls.only_reasoning:,}"),
    ("a call left in the text", lambda calls: f"{calls.leaked:,}"),
    ("streamed unlike not streamed", _streams),
)
_OF_STRATA: tuple[tuple[str, _Shown], ...] = (
    ("Trigger F1", lambda calls: _f1(calls.trigger)),
    ("schema accuracy", _accuracy),
)


def run_lines(calls: CallFigures) -> list[tuple[str, str]]:
    """The figures of one run by name."""
    told = [(name, shown(calls)) for name, shown in _FIGURES]
    return [(name, text) for name, text in told if text != numbers.NONE]
