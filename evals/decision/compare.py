"""Several formats against one baseline -> one decision per format and task, in bounds that hold together; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from quantgate.evals.decision.agreeing import with_fidelity_rules
from quantgate.evals.decision.beside import suite_beside, told_beside
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.claimed import claimed
from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.deciding import bounds_of
from quantgate.evals.decision.evidence import Evidence, comparable, gather
from quantgate.evals.decision.false_pass import worst_false_pass
from quantgate.evals.decision.known_costs import KnownCosts, served_sizes
from quantgate.evals.decision.look import NO_LOOKS, Looks
from quantgate.evals.decision.looks import held_to, with_looks
from quantgate.evals.decision.sequential.replay import Replay
from quantgate.evals.decision.suite import SUITE, decided_suite, look_at_suite, with_suite
from quantgate.evals.decision.types import NotComparable, ReleaseVerdict, Suite, TaskDecision, TaskVerdict
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairs import Pairs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, PassIf
from quantgate.evals.stats.families import step_down


def compare(
    candidates: Sequence[tuple[str, str, Pairs]],
    policy: Policy,
    costs: Mapping[str, float] | None = None,
    *,
    more_is_better: bool = False,
    pass_if: PassIf = PassIf.ALL,
    looks: Mapping[str, Looks] | None = None,
    awaited: Mapping[str, str] | None = None,
) -> Comparison:
    """Decide about several formats at once.

    To look at many formats and ship one that passes is to search, so a format's bounds are those of Holm's step-down
    over the formats (`evals.stats.families.holm_lower_bounds`, which says why Holm and not max-T): with probability
    1 - alpha no lower bound of a task is too high, for none of the formats, and likewise for the upper bounds. Single
    0/1 answers are bounded by the exact test, anything else by the Bayesian bootstrap plus one. Where the policy
    chooses a plain bootstrap, its worst false pass at alpha divided by the formats, and what the bounds that hold
    decide, are told beside.

    A format that was asked by a design is decided at its looks, each of which has its part of alpha divided by the
    formats already: the step-down changes nothing of it.

    The mean over the policy's suite is one more required task: it has a family of its own over the formats.

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
        By name. With it the formats are sorted by cost, else by difference, or by recovery where every margin is one,
        the best first. Without it the sizes of the weights are the costs, where every server tells them.
    more_is_better
        A higher figure is the better one, as with tokens per second.
    pass_if
        Whether every format must pass, or one that does is enough: a search for one to ship, which the bounds allow.
    looks
        By name: which look at that pair it is, as in `evals.decision.gate.decide`.
    awaited
        By name the formats that are not complete, with the reason. Each keeps its part of alpha, so that nothing that
        is decided without it is taken back when it has come; and the whole does not pass for want of it.

    Raises
    ------
    UsageError
        When there are more formats than alpha can be divided by.
    """
    looks = looks or {}
    policy = with_fidelity_rules(policy, [pairs for *_, pairs in candidates])
    awaited = awaited or {}
    decide = partial(
        _compare,
        candidates,
        prices=costs or {},
        looks=looks,
        more_is_better=more_is_better,
        pass_if=pass_if,
        awaited=awaited,
    )
    comparison = decide(policy)
    if not policy.bootstraps:
        return comparison
    holding = decide(policy.with_bounds_that_hold())
    answers = {name: pairs for name, _, pairs in candidates}
    by_name = {build.name: build for build in holding.formats}
    formats = tuple(
        _beside(build, by_name[build.name], answers[build.name], policy, len(candidates) + len(awaited))
        for build in comparison.formats
    )
    return replace(comparison, formats=formats)


def _beside(build: Format, holding: Format, pairs: Pairs, policy: Policy, members: int) -> Format:
    """A format that a bootstrap decided, with what the bounds that hold decide."""
    return replace(
        build,
        tasks=told_beside(build.tasks, holding.tasks, pairs, policy, worst_false_pass, members),
        suite=suite_beside(build.suite, holding.suite, pairs, policy, worst_false_pass, members),
        holds=holding.verdict,
    )


def _compare(
    candidates: Sequence[tuple[str, str, Pairs]],
    policy: Policy,
    prices: Mapping[str, float],
    looks: Mapping[str, Looks],
    *,
    more_is_better: bool,
    pass_if: PassIf,
    awaited: Mapping[str, str],
) -> Comparison:
    others = len(awaited)
    count = len(candidates) + others
    members = [_member(pairs, policy, looks.get(name, NO_LOOKS), count) for name, _, pairs in candidates]
    for task in dict.fromkeys(name for member in members for name in member.found):
        family = [member for member in members if task in member.evidence]
        for member, bounds in zip(family, _together([member.evidence[task] for member in family], others), strict=True):
            member.bounds[task] = bounds
    formats = [
        Format(
            name,
            folder,
            pairs.candidate,
            member.decisions(release),
            release,
            prices.get(name),
            member.suite(policy, release),
        )
        for (name, folder, pairs), member, release in zip(candidates, members, _releases(members, others), strict=True)
    ]
    formats.sort(
        key=lambda build: (_or_last(build.cost, more_is_better), -build.standing) if prices else (-build.standing,)
    )
    sizes = KnownCosts() if prices else served_sizes({build.name: build.record for build in formats})
    if sizes.costs:
        formats = [replace(build, cost=sizes.costs[build.name]) for build in formats]
    passing = [build for build in formats if build.passes and build.cost is not None]
    least = min((_or_last(build.cost, more_is_better) for build in passing), default=None)
    cheapest = tuple(build.name for build in passing if _or_last(build.cost, more_is_better) == least)
    return Comparison(
        candidates[0][2].baseline,
        policy.model_dump(mode="json"),
        tuple(formats),
        _over_all(formats, pass_if, awaited),
        cheapest,
        sizes.unit,
        more_is_better=more_is_better,
        pass_if=pass_if,
        awaited=dict(awaited),
    )


def _member(pairs: Pairs, policy: Policy, looks: Looks, formats: int) -> _Member:
    held, taken = held_to(policy, looks, formats)
    found = gather(pairs, held, bounds_of, look=Replay(held, bounds_of, formats).look)
    whole = with_looks(with_suite(found, look_at_suite(found, held, bounds_of, Evidence)), taken)
    return _Member(whole, comparable(whole))


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """One format: what was found of its tasks and its suite, what could be compared, and the bounds that hold for it.

    A suite is one more required task, by the name `SUITE`.
    """

    found: Mapping[str, Evidence | NotComparable]
    evidence: Mapping[str, Evidence]
    bounds: dict[str, Bounds] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether a required task could be compared, and every one but those that are awaited."""
        return bool(self.required) and not any(
            isinstance(one, NotComparable) and not one.awaited for one in self.found.values() if one.required
        )

    @property
    def required(self) -> list[str]:
        """The names of the required tasks that could be compared."""
        return [name for name, one in self.evidence.items() if one.required]

    @property
    def passes(self) -> bool:
        """Whether every required task passes in the bounds of its family; one that is awaited does not."""
        compared = all(name in self.evidence for name, one in self.found.items() if one.required)
        return compared and all(self.evidence[name].passes_with(self.bounds[name]) for name in self.required)

    def all_pass(self, among: int) -> bool:
        """Whether every required task would pass with its alpha divided by so many formats."""
        return all(self.evidence[name].passes_among(among) for name in self.required)

    def any_regressed(self, among: int) -> bool:
        """Whether a required task has regressed at its alpha divided by so many formats and its fellow tasks."""
        return any(self.evidence[name].regressed_among(among * len(self.required)) for name in self.required)

    def decisions(self, release: ReleaseVerdict) -> tuple[TaskDecision, ...]:
        """Every task's decision; a regression that the search over tasks and formats does not confirm is flagged."""
        searched = release is ReleaseVerdict.INCONCLUSIVE
        return tuple(
            one
            if isinstance(one, NotComparable)
            else one.decided(self.bounds[name], unconfirmed=searched and self._regressed(name, one))
            for name, one in self.found.items()
            if name != SUITE
        )

    def suite(self, policy: Policy, release: ReleaseVerdict) -> Suite | None:
        """The suite's decision, as those of the tasks."""
        mean, searched = self.found.get(SUITE), release is ReleaseVerdict.INCONCLUSIVE
        unconfirmed = searched and isinstance(mean, Evidence) and self._regressed(SUITE, mean)
        return decided_suite(mean, self.bounds.get(SUITE), policy, unconfirmed=unconfirmed)

    def _regressed(self, name: str, evidence: Evidence) -> bool:
        """Whether it is a required task that has regressed in the bounds of its family."""
        return evidence.required and evidence.verdict(self.bounds[name]) is TaskVerdict.REGRESSED


def _together(family: Sequence[Evidence], others: int) -> list[Bounds]:
    """The bounds of one task of several formats that hold together, with those of so many others that are awaited."""
    if not family:
        return []
    count = len(family) + others
    _check_level(min(one.measured.alpha for one in family) / count, count, family[0].measured.task)
    passed = step_down([one.passes_among for one in family], others)
    fallen = step_down([one.regressed_among for one in family], others)
    all_passed, all_fallen = (not others and all(step.rejected for step in steps) for steps in (passed, fallen))
    return [
        one.looked.bounds
        if one.looked is not None
        else claimed(
            one.measured,
            one.bounds,
            up,
            down,
            one.measured.alpha / count,
            all_passed=all_passed,
            all_fallen=all_fallen,
        )
        for one, up, down in zip(family, passed, fallen, strict=True)
    ]


def _releases(members: Sequence[_Member], others: int) -> list[ReleaseVerdict]:
    """One verdict a format, the chance of any wrong one being alpha at most over formats and tasks together."""
    valid = [place for place, member in enumerate(members) if member.valid]
    passed = step_down([members[place].all_pass for place in valid], others)
    fallen = step_down([members[place].any_regressed for place in valid], others)
    releases = [ReleaseVerdict.INVALID] * len(members)
    for place, up, down in zip(valid, passed, fallen, strict=True):
        if down.rejected:
            releases[place] = ReleaseVerdict.REGRESSED
        elif up.rejected and members[place].passes:
            releases[place] = ReleaseVerdict.PASS
        else:
            releases[place] = ReleaseVerdict.INCONCLUSIVE
    return releases


def _check_level(level: float, formats: int, task: str) -> None:
    if level < SMALLEST_ALPHA:
        raise UsageError(
            f"{task}: alpha divided by {formats} formats is {level:.2g}, below {SMALLEST_ALPHA:g}: "
            "compare fewer formats at a time, or at a larger --alpha"
        )


def _over_all(formats: Sequence[Format], pass_if: PassIf, awaited: Mapping[str, str]) -> ReleaseVerdict:
    """Pass when every format passes, or any where that is enough; else the worst: invalid, regressed, inconclusive.

    As long as a format is awaited, not every one passes.
    """
    if pass_if is PassIf.ANY and any(build.passes for build in formats):
        return ReleaseVerdict.PASS
    order = (ReleaseVerdict.INVALID, ReleaseVerdict.REGRESSED, ReleaseVerdict.INCONCLUSIVE)
    found = {build.verdict for build in formats} | ({ReleaseVerdict.INCONCLUSIVE} if awaited else set())
    return next((verdict for verdict in order if verdict in found), ReleaseVerdict.PASS)


def _or_last(cost: float | None, more_is_better: bool) -> float:
    """What formats are sorted by: the cost, or its negative where more is better; those without one come last."""
    if cost is None:
        return math.inf
    return -cost if more_is_better else cost
