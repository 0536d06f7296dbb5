"""What two builds' answers to one task show: bounds at any level and all that is measured; or why they show nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from quantgate.evals.checks.finding import Finding, FindingCode
from quantgate.evals.checks.left_out import left_out_findings
from quantgate.evals.checks.lengths import LengthComparison
from quantgate.evals.checks.of_build import pair_findings
from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.checks.token_lengths import compare_lengths
from quantgate.evals.checks.unread import no_better_than_guessing
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.by_length import length_figures
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.fidelity_figures import fidelity_figures, logprob_findings
from quantgate.evals.decision.fidelity_prospects import fidelity_prospects
from quantgate.evals.decision.figures import describe, summary_of_repeats
from quantgate.evals.decision.flips import flip_table, flips
from quantgate.evals.decision.look import HeldLook
from quantgate.evals.decision.measured import Measured
from quantgate.evals.decision.obstacle import obstacle
from quantgate.evals.decision.planners import recovery_planning
from quantgate.evals.decision.prospects import needed_of, prospects
from quantgate.evals.decision.readings import reading_findings
from quantgate.evals.decision.sequential.doubts import Doubts
from quantgate.evals.decision.sequential.looked import UNASKED, Look, Looked
from quantgate.evals.decision.sequential.prefix import prefix
from quantgate.evals.decision.spreads import spreads_of
from quantgate.evals.decision.standing import not_worse, shows, worse
from quantgate.evals.decision.strata import strata_figures
from quantgate.evals.decision.task import decided
from quantgate.evals.decision.truncation import truncation_findings
from quantgate.evals.decision.types import Decided, NotComparable, TargetBounds, TaskVerdict
from quantgate.evals.decision.verdict import verdict_of
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.settings.expected import Expectation, parse_expectation
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, Target, Tier
from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue
from quantgate.evals.stats.planning.items import items_for_power, items_needed
from quantgate.evals.stats.planning.power import exact_power

Decider = Callable[[ItemScores, TaskPolicy, float], Bounds]
"""Gives the bounds of scores by a policy, each at an error probability alpha."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A task that could be compared: its scores item by item, and what was measured.

    One that was looked at on the way has `looked`, and its scores are those that its state rests on. Its bounds are
    what all looks together may claim, whatever family it is in: its design has the alpha that it has there.
    """

    scores: ItemScores
    measured: Measured
    policy: TaskPolicy
    decide: Decider
    _held: dict[float, Bounds] = field(default_factory=dict)
    _shared: ItemScores | None = None
    looked: Looked | None = None

    @property
    def shared(self) -> ItemScores:
        """The scores over the repeats that both builds were asked."""
        return self._shared or self.scores

    @property
    def whole(self) -> ItemScores | None:
        """The scores of its full size; `None` where it was looked at on the way, and not all of that is there."""
        return self.scores if self.looked is None else self.looked.whole

    @property
    def required(self) -> bool:
        return self.measured.tier is Tier.REQUIRED

    def bounds(self, alpha: float) -> Bounds:
        """The bounds, each at error probability `alpha`; computed once."""
        if self.looked is not None:
            return self.looked.bounds
        if alpha not in self._held:
            self._held[alpha] = self.decide(self.scores, self.policy, alpha)
        return self._held[alpha]

    def verdict(self, bounds: Bounds) -> TaskVerdict:
        """What bounds give at the task's margin: nothing where no error probability is left."""
        if self.measured.spent:
            return TaskVerdict.INCONCLUSIVE
        return verdict_of(bounds, self.measured.margin)

    def targets(self, bounds: Bounds) -> tuple[TargetBounds, ...]:
        """What holds for questions like these and for these very ones, at the level of the bounds that decide.

        With one answer to each of independent items both are the same. Of a recovery and of log-probabilities only the
        one that decides is told: no bound of it holds for these very questions alone.
        """
        told = [bounds]
        if self.measured.margin.recovery is None and self.measured.fidelity is None:
            again = self.measured.repeated or self.scores.clusters is not None
            other = self.policy.model_copy(update={"target": bounds.target.other})
            told.append(
                self.decide(self.scores, other, bounds.alpha) if again else replace(bounds, target=bounds.target.other)
            )
        return tuple(
            TargetBounds(one.target, one is bounds, one.lower, one.upper, one.alpha, self.verdict(one), one.reason)
            for one in told
        )

    def at_look(self, held: HeldLook) -> Evidence:
        """The same with the look at it that this is."""
        findings = (*([] if held.told is None else [held.told]), *self.measured.findings)
        return replace(self, measured=replace(self.measured, look=held.look, findings=findings))

    def passes_among(self, members: int) -> bool:
        """Whether the bounds at alpha divided by so many members of a family show what is required."""
        measured = self.measured
        return not measured.spent and shows(self.bounds(measured.alpha / members), measured.margin, measured.require)

    def regressed_among(self, members: int) -> bool:
        """Whether the bounds at alpha divided by so many members of a family show a regression.

        Below the smallest alpha that the bounds hold for, nothing is shown, and nothing where none is left.
        """
        if self.looked is not None:
            return self.looked.regressed_among(members)
        alpha, margin = self.measured.alpha / members, self.measured.margin
        if self.measured.spent or alpha < SMALLEST_ALPHA or not worse(self.measured.alone, margin):
            return False
        return worse(self.bounds(alpha), margin)

    def passes_with(self, bounds: Bounds) -> bool:
        """Whether the task passes by these bounds: they show what the policy requires, and no finding blocks it."""
        satisfied = self.verdict(bounds).satisfies(self.measured.require)
        return satisfied and not any(finding.blocks for finding in self.measured.findings)

    def decided(self, bounds: Bounds, *, unconfirmed: bool = False) -> Decided:
        """The task's decision by these bounds; see `evals.decision.task.decided`."""
        verdict, looks = self.verdict(bounds), self.measured.looks
        found: tuple[Prospect, ...] = ()
        needed, enough = None, None
        if verdict is TaskVerdict.INCONCLUSIVE and not (looks and looks.awaits):
            found = self._prospects(bounds)
            needed = needed_of(self.measured, found)
        elif looks is None and self.measured.exact and self.measured.margin.recovery is None:
            enough = self._enough(verdict)
        return decided(
            self.measured,
            verdict,
            bounds,
            enough,
            found,
            needed,
            targets=self.targets(bounds),
            unconfirmed=unconfirmed,
        )

    def _prospects(self, bounds: Bounds) -> tuple[Prospect, ...]:
        """What would settle it; of one that was looked at, if all of it were asked anew and looked at once."""
        if self.scores.divergences is not None:
            spent = self.measured.looked_before
            return () if spent else fidelity_prospects(self.measured, bounds, self.scores, self.scores.divergences)
        own = recovery_planning(self.measured.margin, self.measured.baseline)
        planned = (items_for_power, exact_power) if own is None else (own.items_for, own.power_of)
        # A recovery of nothing is never shown, and no data settles it; nor does more of a pair that had its looks.
        undefined = bounds.recovery_bounds is not None and bounds.recovery_bounds.undefined
        if undefined or self.measured.looked_before:
            return ()
        alone = bounds if self.looked is None else replace(bounds, alpha=self.measured.alpha)
        return prospects(self.measured, alone, *planned)

    def _enough(self, verdict: TaskVerdict) -> int | None:
        """Items that settle it by the exact test: not more than were asked where it passes."""
        asked = self.measured.items
        enough = items_needed(self.scores.losses, self.scores.gains, asked, self.measured.zone, self.measured.alpha)
        return enough if enough is None or verdict is TaskVerdict.REGRESSED else min(enough, asked)


def gather(
    pairs: Pairs,
    policy: Policy,
    decide: Decider,
    noise: Pairs | None = None,
    *,
    texts: bool = False,
    look: Look | None = None,
) -> dict[str, Evidence | NotComparable]:
    """Look at every task of two runs.

    `decide` gives the bounds: `evals.decision.deciding.bounds_of`. `noise` pairs the baseline with a second run of
    itself; `texts` adds to flipped items what the builds answered. `look` looks at those tasks that were designed for
    it: `evals.decision.sequential.replay.Replay.look`.
    """
    second = {task.task: task for task in noise.tasks} if noise is not None else {}
    return {
        task.task: _look(task, pairs, policy.for_task(task.task), decide, second.get(task.task), look, texts=texts)
        for task in pairs.tasks
    }


def comparable(found: Mapping[str, Evidence | NotComparable]) -> dict[str, Evidence]:
    """The tasks that could be compared, by name."""
    return {name: one for name, one in found.items() if isinstance(one, Evidence)}


def _look(
    pairs: TaskPairs,
    runs: Pairs,
    policy: TaskPolicy,
    decide: Decider,
    again: TaskPairs | None,
    look: Look | None,
    *,
    texts: bool,
) -> Evidence | NotComparable:
    looked = None
    if look is not None:
        found = look(pairs, runs, policy, lambda some, own, level: doubts_of(some, runs, own, decide, level))
        looked = found if isinstance(found, Looked) else None
        pairs = found.pairs if isinstance(found, Looked) else found
    if looked is not None:
        decide = looked.decide
        again = None if again is None else prefix(again, pairs.table.items, min(pairs.repeats, again.repeats))
    if pairs.left_out is not None and again is not None:
        again = prefix(again, pairs.table.items, min(pairs.repeats, again.repeats))
    answers = [pairs.builds[build].samples for build in ("baseline", "candidate")]
    lengths = None if pairs.of_logprobs else compare_lengths(*answers)
    findings = _findings(pairs, runs, policy, lengths)
    early = looked is not None and looked.looks.early
    if reason := _untrusted(pairs, policy, findings, early=early):
        return _refused(reason, pairs, policy, findings, lengths)
    scores = _scores(pairs, findings)
    baseline = scores.mean(scores.baseline)
    # Bounds of bets are no measure for bounds of other scores at a look: those are held against their like.
    like = decide(scores, policy, policy.alpha)
    alone = like if looked is None else looked.bounds
    record = pairs.builds["baseline"].record
    whole = record.whole if record else None
    single = scores.single_answers
    # Means of unlike numbers of answers differ on nearly every item: which ones flip is told of what both were asked.
    both = pairs.first(pairs.repeats)
    shared = scores if pairs.repeats == pairs.most_repeats else both.item_scores()
    measured = Measured(
        task=pairs.task,
        margin=policy.margin,
        alpha=policy.alpha,
        tier=policy.tier,
        require=policy.require,
        validity=pairs.validity,
        items=len(scores.item_ids),
        repeats=pairs.repeats,
        asked=(pairs.asked["baseline"], pairs.asked["candidate"]),
        baseline=baseline,
        candidate=scores.mean(scores.candidate),
        alone=alone,
        exact=(alone.holds or alone.method) == "exact" and alone.target is Target.QUESTIONS,
        one_answer=all(each.one for each in scores.answers),
        hopeless=alone.target is Target.QUESTIONS
        and (looked is None or looked.looks.at_the_end)
        and not not_worse(decide(scores.without_a_flip(), policy, policy.alpha), policy.margin),
        losses=scores.losses if single else None,
        gains=scores.gains if single else None,
        mcnemar_p=mcnemar_pvalue(scores.losses, scores.gains) if single else None,
        components=_components(pairs, policy.alpha),
        spreads=spreads_of(
            pairs,
            scores if policy.target is Target.QUESTIONS else replace(scores, clusters=None),
            policy.margin.recovery if policy.margin.binds_by_recovery(baseline) else None,
        ),
        whole=whole,
        strata=strata_figures(scores, policy.margin, lambda own: decide(own, policy, policy.alpha)),
        by_length=length_figures(scores, policy.alpha),
        description=describe(pairs, scores, policy.alpha, again),
        findings=(
            *findings,
            *truncation_findings(
                pairs,
                scores,
                like,
                policy.margin,
                lambda other: decide(other, policy, policy.alpha),
                findings,
                regressed=worse(like, policy.margin) or worse(alone, policy.margin),
            ),
            *reading_findings(
                pairs,
                scores,
                like,
                policy.margin,
                lambda other: decide(other, policy, policy.alpha),
                chosen=policy.metric is not None,
            ),
        ),
        flip_table=flip_table(shared),
        lengths=lengths,
        # Every document differs somewhere: which do the most is among the figures of fidelity.
        flips=() if pairs.fidelity is not None else flips(both, shared, texts=texts),
        looks=None if looked is None else looked.looks,
        left_out=pairs.left_out,
        paired_by=pairs.paired_by,
        fidelity=fidelity_figures(pairs, again, scores.clusters, policy.alpha),
    )
    return Evidence(scores, measured, policy, decide, {policy.alpha: alone}, shared, looked)


def _scores(pairs: TaskPairs, findings: Sequence[Finding]) -> ItemScores:
    scores = pairs.item_scores()
    if any(finding.code is FindingCode.REPEATS_ALIKE for finding in findings):
        scores = scores.of_one_answer("repeats of an item are the same text")
    return scores


def _untrusted(pairs: TaskPairs, policy: TaskPolicy, findings: Sequence[Finding], *, early: bool = False) -> str:
    """Why no figure of a task can be trusted; empty where they can.

    Of the few answers before an `early` stop, on which no pass can rest, it is not asked whether they are enough.
    """
    if problem := "; ".join(pairs.problems) if early else obstacle(pairs, policy):
        return f"not comparable: {problem}"
    for finding in findings:
        if finding.code is FindingCode.MODEL_CHANGED and finding.blocks:
            return f"not to be trusted: {finding.message[:1].lower()}{finding.message[1:]}"
    if early:
        return ""
    scores = pairs.item_scores()
    baseline = scores.mean(scores.baseline)
    if policy.baseline_at_least is not None and baseline < policy.baseline_at_least:
        floor = f"the baseline scores {baseline:.1%}, under the {policy.baseline_at_least:.1%} that the policy expects"
        return f"not to be trusted: {floor}: is the harness or the server broken?"
    if policy.baseline_may_guess:
        return ""
    guessed = no_better_than_guessing(pairs.builds["baseline"].samples, _guess(pairs), policy.alpha)
    return guessed and f"not to be trusted: {guessed}"


def doubts_of(pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, decide: Decider, level: float) -> Doubts:
    """What there is to doubt in a prefix, where bounds are held at such a level; at 0 they are not."""
    findings = _findings(pairs, runs, policy, None)
    if reason := _untrusted(pairs, policy, findings):
        return Doubts(findings, reason)
    scores = _scores(pairs, findings)
    if level >= SMALLEST_ALPHA:

        def at(other: ItemScores) -> Bounds:
            return decide(other, policy, level)

        chosen = policy.metric is not None
        findings += reading_findings(pairs, scores, at(scores), policy.margin, at, chosen=chosen)
    return Doubts(findings, one=scores.answers[0].one)


def _guess(pairs: TaskPairs) -> float:
    record = pairs.builds["baseline"].record
    return record.guess if record else 0.0


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
        awaited=UNASKED in pairs.problems,
    )


def _components(pairs: TaskPairs, alpha: float) -> tuple[float, float] | None:
    if pairs.most_repeats < 2:
        return None
    summary = summary_of_repeats(pairs, 1 - 2 * alpha)
    return None if summary.between is None or summary.within is None else (summary.between, summary.within)


def _findings(
    pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, lengths: LengthComparison | None
) -> tuple[Finding, ...]:
    if pairs.problems or pairs.table.empty:
        return ()
    if policy.expected is not None:
        expected: Expectation | None = parse_expectation(policy.expected)
    else:
        expected = published_expectation(pairs.task, runs.baseline)
    found = pair_findings(pairs, runs.baseline, runs.candidate, policy, lengths, expected)
    return (*logprob_findings(pairs, meant=policy.same_build), *left_out_findings(pairs), *found)
