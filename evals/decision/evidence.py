"""What two builds' answers to one task show, whatever bounds are to decide about it; or why nothing can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.checks.of_build import pair_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.checks.token_lengths import compare_lengths
from quantgate.evals.contract.records import Status
from quantgate.evals.decision.described import Description
from quantgate.evals.decision.figures import describe
from quantgate.evals.decision.types import NotComparable
from quantgate.evals.decision.verdict import task_verdict
from quantgate.evals.pairing.item_scores import ItemScores, item_scores
from quantgate.evals.pairing.pairing import Pairs, TaskPairs
from quantgate.evals.settings.expected import Expectation, parse_expectation
from quantgate.evals.settings.policy import SMALLEST_ALPHA, Policy, TaskPolicy
from quantgate.evals.settings.requirements import Requirement, Tier
from quantgate.evals.stats import PairedBounds, paired_bounds

_FEWEST_LEFT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A task that could be compared: its scores item by item, what the policy asks of it, and what was found in it."""

    pairs: TaskPairs
    policy: TaskPolicy
    scores: ItemScores
    description: Description
    findings: tuple[Finding, ...]
    lengths: LengthComparison | None
    _held: dict[float, PairedBounds] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        return self.policy.tier is Tier.REQUIRED

    @property
    def exact(self) -> bool:
        """Whether the exact test decides: one 0/1 answer per item, in one pool."""
        return self.scores.single_answers and self.scores.strata is None

    @property
    def alone(self) -> PairedBounds:
        """The bounds of this task by itself, at the policy's alpha."""
        return self.bounds(self.policy.alpha)

    def bounds(self, alpha: float) -> PairedBounds:
        """The bounds, each at error probability `alpha`; computed once."""
        if alpha not in self._held:
            self._held[alpha] = bounds_of(self.scores, alpha)
        return self._held[alpha]

    def passes_with(self, bounds: PairedBounds) -> bool:
        """Whether the task passes by these bounds: they show what the policy requires, and no finding blocks it."""
        verdict = task_verdict(bounds.lower, bounds.upper, self.policy.margin)
        return verdict.satisfies(self.policy.require) and not any(finding.blocks for finding in self.findings)

    def support(self, alpha: float) -> float:
        """What must lie above -margin for a pass: the lower bound, and for equivalence the mirrored upper one too."""
        bounds = self.bounds(alpha)
        both = self.policy.require is Requirement.EQUIVALENT
        return min(bounds.lower, -bounds.upper) if both else bounds.lower

    def passes_among(self, members: int) -> bool:
        """Whether the bounds at alpha divided by so many members of a family show what is required."""
        return self.support(self.policy.alpha / members) > -self.policy.margin

    def regressed_among(self, members: int) -> bool:
        """Whether the bounds at alpha divided by so many members of a family show a regression.

        Below the smallest alpha that the bounds hold for, nothing is shown.
        """
        alpha, margin = self.policy.alpha / members, self.policy.margin
        if alpha < SMALLEST_ALPHA or self.alone.upper >= -margin:
            return False
        return self.bounds(alpha).upper < -margin


def bounds_of(scores: ItemScores, alpha: float) -> PairedBounds:
    """The bounds that decide: exact where they hold, else by the Bayesian bootstrap with one unseen item."""
    method = "auto" if scores.single_answers else "bayesian"
    return paired_bounds(scores.differences, alpha=alpha, strata=scores.strata, method=method)


def gather(pairs: Pairs, policy: Policy, noise: Pairs | None = None) -> dict[str, Evidence | NotComparable]:
    """Look at every task of two runs; `noise` pairs the baseline with a second run of itself."""
    second = {task.task: task for task in noise.tasks} if noise is not None else {}
    return {task.task: _look(task, pairs, policy.for_task(task.task), second.get(task.task)) for task in pairs.tasks}


def _look(pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, again: TaskPairs | None) -> Evidence | NotComparable:
    lengths = compare_lengths(*(pairs.builds[build].samples.values() for build in ("baseline", "candidate")))
    findings = _findings(pairs, runs, policy, lengths)
    if problem := _problem(pairs, policy):
        return _refused(f"not comparable: {problem}", pairs, policy, findings, lengths)
    scores = item_scores(pairs)
    baseline = scores.mean(scores.baseline)
    if policy.baseline_at_least is not None and baseline < policy.baseline_at_least:
        floor = f"the baseline scores {baseline:.1%}, under the {policy.baseline_at_least:.1%} that the policy expects"
        reason = f"not to be trusted: {floor}: is the harness or the server broken?"
        return _refused(reason, pairs, policy, findings, lengths)
    alone = bounds_of(scores, policy.alpha)
    return Evidence(
        pairs=pairs,
        policy=policy,
        scores=scores,
        description=describe(pairs, scores, policy.alpha, again),
        findings=(*findings, *_truncation(pairs, policy, scores, alone)),
        lengths=lengths,
        _held={policy.alpha: alone},
    )


def _refused(
    reason: str,
    pairs: TaskPairs,
    policy: TaskPolicy,
    findings: tuple[Finding, ...],
    lengths: LengthComparison | None,
) -> NotComparable:
    return NotComparable(
        task=pairs.task,
        margin=policy.margin,
        alpha=policy.alpha,
        validity=pairs.validity,
        reason=reason,
        tier=policy.tier,
        require=policy.require,
        repeats=pairs.repeats,
        findings=findings,
        lengths=lengths,
    )


def _problem(pairs: TaskPairs, policy: TaskPolicy) -> str:
    if pairs.problems:
        return "; ".join(pairs.problems)
    if pairs.frame.empty:
        return "no item was asked"
    unscored = {
        build: counts.unscored
        for build, counts in pairs.validity.items()
        if counts.unscored > policy.max_missing * len(pairs.frame)
    }
    if unscored:
        counted = " and ".join(f"{count} of the {build}'s samples" for build, count in unscored.items())
        return f"{counted} have no answer; run the same `quantgate run` again to ask them"
    silent = [build for build, counts in pairs.validity.items() if not counts.ok]
    verb = "has" if len(silent) == 1 else "have"
    return f"the {' and the '.join(silent)} {verb} no complete answer at all" if silent else ""


def _findings(
    pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, lengths: LengthComparison | None
) -> tuple[Finding, ...]:
    if pairs.problems or pairs.frame.empty:
        return ()
    if policy.expected is not None:
        expected: Expectation | None = parse_expectation(policy.expected)
    else:
        expected = published_expectation(pairs.task, runs.baseline)
    return pair_findings(pairs, runs.baseline, runs.candidate, policy, lengths, expected)


def _truncation(pairs: TaskPairs, policy: TaskPolicy, scores: ItemScores, alone: PairedBounds) -> tuple[Finding, ...]:
    """A finding when what speaks against the candidate is gone without the items on which an answer was cut."""
    cut = {
        item
        for run in pairs.builds.values()
        for (item, _), sample in run.samples.items()
        if sample.status is Status.TRUNCATED
    }
    kept = np.array([item not in cut for item in scores.item_ids])
    if not cut or kept.sum() < _FEWEST_LEFT or alone.estimate >= 0:
        return ()
    rest = bounds_of(scores.of(kept), policy.alpha)
    gone = alone.upper < 0 <= rest.upper
    saved = alone.lower <= -policy.margin < rest.lower
    if not (gone or saved):
        return ()
    message = (
        f"Without the {len(cut):,} items on which an answer was cut the difference is {100 * rest.estimate:+.2f} "
        f"points ({100 * rest.lower:+.2f} to {100 * rest.upper:+.2f}) and not {100 * alone.estimate:+.2f}: the "
        "token budget may be all that was lost; raise --max-tokens and ask again"
    )
    return (Finding(FindingCode.DIFFERENCE_IS_TRUNCATION, Severity.WARNS, message),)


def comparable(found: Mapping[str, Evidence | NotComparable]) -> dict[str, Evidence]:
    """The tasks that could be compared, by name."""
    return {name: one for name, one in found.items() if isinstance(one, Evidence)}
