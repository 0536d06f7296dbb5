"""Several formats against one baseline -> one decision per format and task, in bounds that hold together; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.gate import decide, task_verdict, with_precision
from quantgate.evals.decision.sentences import explain_task
from quantgate.evals.decision.types import ReleaseVerdict, TaskDecision, TaskVerdict, Verdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.item_scores import item_scores
from quantgate.evals.pairing.pairing import Pairs, TaskPairs
from quantgate.evals.settings.policy import SMALLEST_ALPHA, Policy
from quantgate.evals.stats import PairedBounds, items_needed, paired_bounds
from quantgate.evals.stats.families import FamilyBound, holm_lower_bounds

# Any margin serves for a family whose members say only yes (0, above -margin) or no (-1).
_ANY_MARGIN = 0.5
# The scale on which a step-down over whole formats counts; each task's own alpha is divided in the same proportion.
_SCALE = 0.05
_FLAGS_OF_BOUNDS = frozenset({"measurably_worse", "superior", "unconfirmed_among_tasks"})


def compare(
    candidates: Sequence[tuple[str, str, Pairs]],
    policy: Policy,
    costs: Mapping[str, float] | None = None,
    *,
    more_is_better: bool = False,
) -> Comparison:
    """Decide about several formats at once.

    To look at many formats and ship one that passes is to search, so a format's bounds are those of Holm's step-down
    over the formats (`evals.stats.families.holm_lower_bounds`, which says why Holm and not max-T): with probability
    1 - alpha no lower bound of a task is too high, for none of the formats, and likewise for the upper bounds. Single
    0/1 answers are bounded by the exact test, anything else by the Bayesian bootstrap plus one.

    A format passes when every required task does, and when the same step-down over whole formats (a format's p-value
    being the largest of its tasks', which is an intersection-union test) agrees; with one task that is the same. It has
    regressed when the step-down over formats confirms it at alpha divided by the number of required tasks. A format
    that cannot be paired is invalid, and no member of the family.

    Parameters
    ----------
    candidates
        Name (unique), folder and pairs with the baseline; at least one, all with the same baseline.
    policy
        What each task must show.
    costs
        By name. With it the formats are sorted by cost, else by difference, the best first.
    more_is_better
        A higher figure is the better one, as with tokens per second.

    Raises
    ------
    UsageError
        More formats than alpha can be divided by.
    """
    prices = costs or {}
    verdicts = [decide(pairs, policy) for _, _, pairs in candidates]
    evidence = [_evidence(verdict, pairs) for verdict, (_, _, pairs) in zip(verdicts, candidates, strict=True)]
    names = list(dict.fromkeys(task.task for verdict in verdicts for task in verdict.tasks))
    rows: list[dict[str, TaskDecision]] = [{task.task: task for task in verdict.tasks} for verdict in verdicts]
    for task in names:
        members = [i for i, held in enumerate(evidence) if task in held]
        family = [evidence[i][task] for i in members]
        for i, decision in zip(members, _together(family), strict=True):
            rows[i][task] = decision
    releases = _releases(verdicts, rows, evidence)
    formats = [
        Format(
            name,
            folder,
            pairs.candidate,
            tuple(_unconfirmed(row, release) for row in decided.values()),
            release,
            prices.get(name),
        )
        for (name, folder, pairs), decided, release in zip(candidates, rows, releases, strict=True)
    ]
    formats.sort(
        key=lambda build: (_or_last(build.cost, more_is_better), -build.difference) if prices else (-build.difference,)
    )
    passing = [build for build in formats if build.passes and build.cost is not None]
    least = min((_or_last(build.cost, more_is_better) for build in passing), default=None)
    cheapest = tuple(build.name for build in passing if _or_last(build.cost, more_is_better) == least)
    return Comparison(
        verdicts[0].baseline,
        verdicts[0].policy,
        tuple(formats),
        _worst(formats),
        cheapest,
        more_is_better=more_is_better,
    )


class _Evidence:
    """A task of one format that could be compared: the gate's decision about it alone, and bounds at any level."""

    def __init__(self, decision: TaskDecision, pairs: TaskPairs) -> None:
        self.decision = decision
        self.pairs = pairs
        self.scores = item_scores(pairs)
        self._held: dict[float, PairedBounds] = {}

    def bounds(self, level: float) -> PairedBounds:
        """The gate's bounds, each at error probability `level`; computed once."""
        if level not in self._held:
            method = "auto" if self.scores.single_answers else "bayesian"
            self._held[level] = paired_bounds(
                self.scores.differences, alpha=level, strata=self.scores.strata, method=method
            )
        return self._held[level]

    def support(self, level: float) -> float:
        """What must lie above -margin for a pass: the lower bound, and for equivalence the mirrored upper one too."""
        bounds = self.bounds(level)
        return min(bounds.lower, -bounds.upper) if self.decision.require == "equivalent" else bounds.lower

    def passes_at(self, level: float) -> bool:
        return self.support(level) > -self.decision.margin

    def regressed_at(self, level: float) -> bool:
        return level >= SMALLEST_ALPHA and self.bounds(level).upper < -self.decision.margin


def _evidence(verdict: Verdict, pairs: Pairs) -> dict[str, _Evidence]:
    decided = {task.task: task for task in verdict.tasks if task.verdict is not TaskVerdict.INVALID}
    return {task.task: _Evidence(decided[task.task], task) for task in pairs.tasks if task.task in decided}


def _together(family: list[_Evidence]) -> list[TaskDecision]:
    """The decisions about one task of several formats, in bounds that hold together."""
    if not family:
        return []
    margin, alpha = family[0].decision.margin, family[0].decision.alpha
    shared = alpha / len(family)
    _check_level(shared, len(family), family[0].decision.task)
    passed = holm_lower_bounds([member.support for member in family], margin, alpha)
    fallen = _step_down([member.regressed_at for member in family], alpha)
    return [
        _with_bounds(
            member,
            _lower(member, up, shared, all(bound.passes for bound in passed)),
            _upper(member, up, down, shared, all(bound.passes for bound in fallen)),
            shared,
        )
        for member, up, down in zip(family, passed, fallen, strict=True)
    ]


def _step_down(rejects_at: Sequence[Callable[[float], bool]], alpha: float) -> list[FamilyBound]:
    """Holm's step-down over members that only say whether they reject at an error probability."""

    def as_bound(rejects: Callable[[float], bool], level: float) -> float:
        return 0.0 if rejects(level) else -1.0

    return holm_lower_bounds([partial(as_bound, rejects) for rejects in rejects_at], _ANY_MARGIN, alpha)


def _lower(member: _Evidence, passed: FamilyBound, shared: float, all_passed: bool) -> float:
    """The lower bound that goes with the step-down; see `evals.stats.families.holm_lower_bounds`."""
    if not passed.passes:
        return member.bounds(passed.level).lower
    within = math.nextafter(-member.decision.margin, 1.0)
    return max(within, member.bounds(shared).lower) if all_passed else within


def _upper(member: _Evidence, passed: FamilyBound, fallen: FamilyBound, shared: float, all_fallen: bool) -> float:
    """The upper bound of the step-down for regressions; where equivalence is asked, in line with that for passes."""
    margin = member.decision.margin
    if fallen.passes:
        beyond = math.nextafter(-margin, -1.0)
        return min(beyond, member.bounds(shared).upper) if all_fallen else beyond
    upper = member.bounds(fallen.level).upper
    if member.decision.require != "equivalent":
        return upper
    return min(upper, math.nextafter(margin, 0.0)) if passed.passes else max(upper, member.bounds(passed.level).upper)


def _with_bounds(member: _Evidence, lower: float, upper: float, shared: float) -> TaskDecision:
    decision = member.decision
    bounds = replace(member.bounds(shared), lower=lower, upper=upper)
    flags = tuple(flag for flag in decision.flags if flag not in _FLAGS_OF_BOUNDS)
    present = {"measurably_worse": upper < 0 and lower > -decision.margin, "superior": lower > 0}
    flags += tuple(flag for flag, holds in present.items() if holds)
    verdict = task_verdict(bounds, decision.margin)
    decided = replace(decision, lower=lower, upper=upper, flags=flags, verdict=verdict, needed=None)
    if verdict is TaskVerdict.INCONCLUSIVE and member.scores.single_answers and member.scores.strata is None:
        assert decision.losses is not None
        assert decision.gains is not None
        enough = items_needed(decision.losses, decision.gains, decision.items, decision.margin, shared)
        needed = None if enough is None else max(enough, decision.items + 1)
        decided = replace(decided, needed={"items": needed, "repeats": 1})
    if verdict is TaskVerdict.INCONCLUSIVE:
        decided = with_precision(decided, member.pairs, shared)
    return explain_task(decided)


def _releases(
    verdicts: Sequence[Verdict], rows: Sequence[Mapping[str, TaskDecision]], evidence: Sequence[Mapping[str, _Evidence]]
) -> list[ReleaseVerdict]:
    """One verdict a format, the chance of any wrong one being alpha at most over formats and tasks together."""
    members = [i for i, verdict in enumerate(verdicts) if verdict.verdict is not ReleaseVerdict.INVALID]
    decided = {i: [row for row in rows[i].values() if row.tier == "required"] for i in members}
    required = [[evidence[i][row.task] for row in decided[i]] for i in members]
    passed = _step_down([partial(_all_pass, tasks) for tasks in required], _SCALE)
    fallen = _step_down([partial(_any_regressed, tasks) for tasks in required], _SCALE)
    releases = [ReleaseVerdict.INVALID] * len(verdicts)
    for i, up, down in zip(members, passed, fallen, strict=True):
        if down.passes:
            releases[i] = ReleaseVerdict.REGRESSED
        elif up.passes and all(row.passes for row in decided[i]):
            releases[i] = ReleaseVerdict.PASS
        else:
            releases[i] = ReleaseVerdict.INCONCLUSIVE
    return releases


def _all_pass(tasks: Sequence[_Evidence], level: float) -> bool:
    share = round(_SCALE / level)
    return all(task.passes_at(task.decision.alpha / share) for task in tasks)


def _any_regressed(tasks: Sequence[_Evidence], level: float) -> bool:
    share = round(_SCALE / level)
    return any(task.regressed_at(task.decision.alpha / share / len(tasks)) for task in tasks)


def _unconfirmed(row: TaskDecision, release: ReleaseVerdict) -> TaskDecision:
    """A regression of one task that does not stand against the search over tasks and formats is flagged as such."""
    alone = row.tier == "required" and row.verdict is TaskVerdict.REGRESSED and release is not ReleaseVerdict.REGRESSED
    return replace(row, flags=(*row.flags, "unconfirmed_among_tasks")) if alone else row


def _check_level(level: float, formats: int, task: str) -> None:
    if level < SMALLEST_ALPHA:
        raise UsageError(
            f"{task}: alpha divided by {formats} formats is {level:.2g}, below {SMALLEST_ALPHA:g}: "
            "compare fewer formats at a time, or at a larger --alpha"
        )


def _worst(formats: Sequence[Format]) -> ReleaseVerdict:
    """Pass when every format passes, else the worst: invalid, then regressed, then inconclusive."""
    order = (ReleaseVerdict.INVALID, ReleaseVerdict.REGRESSED, ReleaseVerdict.INCONCLUSIVE)
    found = {build.verdict for build in formats}
    return next((verdict for verdict in order if verdict in found), ReleaseVerdict.PASS)


def _or_last(cost: float | None, more_is_better: bool) -> float:
    """What formats are sorted by: the cost, or its negative where more is better; those without one come last."""
    if cost is None:
        return math.inf
    return -cost if more_is_better else cost
