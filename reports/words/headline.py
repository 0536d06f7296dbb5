"""The one sentence that names what decided: chosen among the decision's own reasons, never worked out anew."""

from __future__ import annotations

import math
from collections.abc import Sequence

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.known_costs import bits_by_name
from quantgate.evals.decision.types import Flag, NotComparable, ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from quantgate.reports.words.listed import listed
from quantgate.reports.words.palette import verdict_word


def headline(verdict: Verdict) -> str:
    """The deciding sentence: of a pass that of the task with the least room, else that of the task most at fault.

    Where the mean over a suite decides, its sentence comes first.
    Where a bootstrap decided, what the bounds that hold say stands before it.
    """
    said = _headline(verdict)
    return said if verdict.holds is None else f"{holds_line(verdict.verdict, verdict.holds)} {said}"


def _headline(verdict: Verdict) -> str:
    deciding = _deciding(verdict)
    if verdict.suite is not None:
        return f"{verdict.suite.mean.named_reason}{_of_tasks(verdict, deciding)}"
    if not deciding:
        return verdict.reasons[0] if verdict.reasons else "There is nothing to decide on."
    first, others = min(deciding, key=_room), len(deciding) - 1
    if verdict.verdict is ReleaseVerdict.PASS:
        counted = f"All {len(deciding)} required tasks pass; the closest call is " if others else ""
        return f"{counted}{first.named_reason}"
    more = f" So it is with {others} other task{'s' if others > 1 else ''}." if others else ""
    return f"{first.named_reason}{more}"


def holds_line(bootstrap: ReleaseVerdict, holds: ReleaseVerdict) -> str:
    """What the bounds that hold make of a release that a bootstrap decided, as a sentence."""
    if bootstrap is holds:
        return f"A bootstrap decided; by the bounds that hold it is the same: {verdict_word(holds.value)}."
    return (
        f"A BOOTSTRAP DECIDED. THE BOUNDS THAT HOLD SAY OTHERWISE: {verdict_word(holds.value).upper()} "
        f"(exit code {holds.exit_code})."
    )


def other_reasons(verdict: Verdict) -> list[str]:
    """The decision's reasons but for the one that the headline is made of."""
    deciding = _deciding(verdict)
    if not deciding and verdict.suite is None:
        return list(verdict.reasons[1:])
    said = headline(verdict)
    return [reason for reason in verdict.reasons if reason not in said]


def recommendation(comparison: Comparison) -> str:
    """What a release manager is to do: the sentence that stands first, with what the bounds that hold say otherwise."""
    said = _recommendation(comparison)
    told = [build for build in comparison.formats if build.holds is not None]
    if not told:
        return said
    unlike = [f"{build.name} {verdict_word(build.holds)}" for build in told if build.holds and not build.agrees]
    if unlike:
        return f"{said} A BOOTSTRAP DECIDED. THE BOUNDS THAT HOLD SAY OTHERWISE: {', '.join(unlike).upper()}."
    return f"{said} A bootstrap decided; the bounds that hold say the same of every format."


def _recommendation(comparison: Comparison) -> str:
    passing = [build.name for build in comparison.formats if build.passes]
    if not passing:
        return f"Ship none of these{' yet' if comparison.awaited else ''}: no format passes."
    if len(passing) == 1:
        among = "" if len(comparison.formats) == 1 else ", the only one of these"
        return f"Ship {passing[0]}: it passes{among}."
    if not comparison.cheapest:
        return f"Ship any of {', '.join(passing)}: they pass; --cost tells which is the cheapest{_guessed(comparison)}."
    which = "the best" if comparison.more_is_better else "the cheapest"
    if len(comparison.cheapest) > 1:
        return f"Ship one of {', '.join(comparison.cheapest)}: they pass and are {which}."
    return f"Ship {comparison.cheapest[0]}: it passes and is {which} of {len(passing)} that do."


def shipped(comparison: Comparison) -> list[Format]:
    """The formats to ship any of: the cheapest that pass; where no cost is known those with the fewest bits by name."""
    passing = [build for build in comparison.formats if build.passes]
    if comparison.cheapest:
        return [build for build in passing if build.name in comparison.cheapest]
    bits = bits_by_name({build.name: build.record for build in passing}).costs
    return [build for build in passing if not bits or bits[build.name] == min(bits.values())]


def _guessed(comparison: Comparison) -> str:
    """What is known of formats that pass and have no cost: the bits that their names tell, and which lost the least."""
    passing = [build for build in comparison.formats if build.passes]
    few = shipped(comparison)
    told = []
    if len(few) < len(passing):
        told.append(f"by their names {_names(few)} {'has' if len(few) == 1 else 'have'} the fewest bits")
    best = max(build.standing for build in passing)
    if min(build.standing for build in passing) < best:
        told.append(f"{_names([build for build in passing if build.standing == best])} kept the most accuracy")
    return f"; {', and '.join(told)}" if told else ""


def _names(builds: Sequence[Format]) -> str:
    return listed([build.name for build in builds])


def whole_verdict(comparison: Comparison) -> str:
    """Why the whole does not pass though some format does, with the exit code; empty where that is not so."""
    if comparison.verdict is ReleaseVerdict.PASS or not any(build.passes for build in comparison.formats):
        return ""
    if comparison.awaited and all(build.passes for build in comparison.formats):
        return "As a whole: inconclusive, as long as formats are awaited."
    code = "" if comparison.awaited else f" (exit code {comparison.verdict.exit_code})"
    return (
        f"As a whole: {verdict_word(comparison.verdict)}{code}, for every format "
        "was to pass; under `compare --pass-if any` one is enough."
    )


def awaited_lines(comparison: Comparison) -> list[str]:
    """The formats that are not complete, each with the reason, and what that means for the others."""
    if not comparison.awaited:
        return []
    count = len(comparison.awaited)
    lead = "1 format is" if count == 1 else f"{count} formats are"
    keep = "it keeps its part" if count == 1 else "each keeps its part"
    return [
        f"{lead} awaited: {keep} of alpha, so that nothing said here is taken back",
        *(f"{name}: {why}" for name, why in comparison.awaited.items()),
    ]


def comparison_headline(comparison: Comparison) -> str:
    """Which formats pass, which is the cheapest of them, and how many do not pass."""
    passing = [build.name for build in comparison.formats if build.passes]
    total = len(comparison.formats)
    if not passing:
        return f"None of {total} formats passes." if total != 1 else "The format does not pass."
    counted = f"{len(passing)} of {total} formats {'passes' if len(passing) == 1 else 'pass'}: {', '.join(passing)}"
    if not comparison.cheapest or len(passing) == 1:
        return f"{counted}."
    return f"{counted}; the {'best' if comparison.more_is_better else 'cheapest'}: {', '.join(comparison.cheapest)}."


def _of_tasks(verdict: Verdict, deciding: list[TaskDecision]) -> str:
    """What the tasks add to the sentence of their suite: the closest call of a pass, else the task most at fault."""
    if not deciding:
        return ""
    first, others = min(deciding, key=_room), len(deciding) - 1
    if verdict.verdict is ReleaseVerdict.PASS:
        counted = f"All {len(deciding)} required tasks pass" if others else f"The required task {first.task} passes"
        return (
            f" {counted} at their own margins; the closest call is {first.named_reason}" if others else f" {counted}."
        )
    if verdict.suite is not None and first.named_reason in verdict.suite.mean.reason:
        return ""
    more = f" So it is with {others} other task{'s' if others > 1 else ''}." if others else ""
    return f" {first.named_reason}{more}"


def _deciding(verdict: Verdict) -> list[TaskDecision]:
    """The tasks that made the verdict what it is."""
    return [task for task in verdict.required if _decides(task, verdict.verdict)]


def _decides(task: TaskDecision, verdict: ReleaseVerdict) -> bool:
    if verdict is ReleaseVerdict.PASS:
        return True
    if verdict is ReleaseVerdict.INVALID:
        return isinstance(task, NotComparable)
    if verdict is ReleaseVerdict.REGRESSED:
        return task.verdict is TaskVerdict.REGRESSED and Flag.UNCONFIRMED_AMONG_TASKS not in task.flags
    return not task.passes


def _room(task: TaskDecision) -> float:
    """How far the lower bounds lie above what is tolerated, in points; a task without bounds has the least room."""
    if isinstance(task, NotComparable):
        return -math.inf
    rooms = [] if task.margin.points is None else [task.lower + task.margin.points]
    if task.margin.recovery is not None:
        lower = 0.0 if task.recovery_bounds is None else task.recovery_bounds.lower
        rooms.append((lower - task.margin.recovery) * task.baseline)
    if task.margin.kl is not None and task.kl_bounds is not None:
        rooms.append(task.margin.kl - task.kl_bounds.upper)
    return min(rooms)
