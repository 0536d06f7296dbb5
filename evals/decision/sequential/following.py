"""Follows one task's answers to its verdict: looks at it as planned, and bets against a regression in between."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

from quantgate.evals.checks.finding import FindingCode
from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Item, Status
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.sequential.certain import Endings
from quantgate.evals.decision.sequential.doubts import DoubtsOf, no_doubts
from quantgate.evals.decision.sequential.grid import BUILDS, Grid
from quantgate.evals.decision.sequential.looking import BoundsAt, around, bounds_of_look, by_bets, regressed, unclaimed
from quantgate.evals.decision.sequential.noise import variances, worst_item
from quantgate.evals.decision.sequential.rule import Rule
from quantgate.evals.decision.sequential.said import Said
from quantgate.evals.decision.sequential.state import Stage, State
from quantgate.evals.decision.sequential.wagers import Wagers
from quantgate.evals.decision.standing import shows, worse
from quantgate.evals.designs.futility import Outlook, outlook, outlook_of_means, places
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import Target, Tier

_FEW = 8
"""So many items are waited for before prompts of unlike tokens end the walk: they show what may have made them so."""

Decider = Callable[[ItemScores, TaskPolicy, float], Bounds]
"""Gives the bounds of scores by a policy, each at an error probability alpha."""


def members_of(policy: Policy, tasks: Iterable[str]) -> int:
    """Among how many a regression of a required task is searched: those of a release, and its suite."""
    required = [name for name in tasks if policy.for_task(name).tier is Tier.REQUIRED]
    return max(len(required) + (policy.suite is not None), 1)


class Following:
    """One task of two builds on the way to its verdict.

    Answers may come in any order. What becomes of them does not rest on it: the items are walked in the drawn order,
    each first pair of answers is bet on, and a look is taken when all of its answers are there. The first that settles
    the task ends the walk, and what lies behind counts for nothing. So the state is a function of the design and the
    answers alone; after a crash, the answers on disk give the same one.

    Parameters
    ----------
    design
        As written into the runs' records.
    policy
        What the task must show.
    items
        All of the design's items in the drawn order (`evals.runs.draw.in_drawn_order`).
    bounds_of
        Gives the bounds that decide: `evals.decision.deciding.bounds_of`.
    strata_weigh
        Whether strata, where items have one, make the score (`TaskRecord.strata_weigh`).
    members
        Among how many a regression is searched (`members_of`); 1 for an advisory task.
    builds
        Candidates of one release, which share the policy's alpha: a design that has more than its part is held to it.
    doubts
        What there is to doubt in a prefix of the answers; asked where the scores alone would let it pass, and for the
        words where it is certain that too many answers are cut, refused or unread.

    Raises
    ------
    ValueError
        Where the items are not as many as the design's.
    """

    def __init__(
        self,
        design: Design,
        policy: TaskPolicy,
        items: Iterable[Item],
        bounds_of: Decider,
        *,
        strata_weigh: bool = True,
        members: int = 1,
        builds: int = 1,
        doubts: DoubtsOf = no_doubts,
    ) -> None:
        listed = tuple(items)
        if len(listed) != design.items:
            raise ValueError(f"{len(listed)} items, and the design has {design.items}")
        self.design, self.members = design, members
        strata = [item.stratum for item in listed] if strata_weigh and any(item.stratum for item in listed) else None
        weighing = 1 if strata is None else len({name or "" for name in strata})
        self.rule = Rule(design, policy.margin, policy.alpha / builds, policy.target, weighing)
        self._bounds_at: BoundsAt = lambda scores, level: bounds_of(scores, policy, level)
        self._policy, self._doubts = policy, doubts
        self.grid = Grid(design, listed, strata_weigh=strata_weigh)
        self._said = Said(design)
        planned = design.items * design.repeats
        allowed = {
            Status.TRUNCATED: policy.max_truncated,
            Status.REFUSED: policy.max_refused,
            Status.OK: policy.max_unparsed,
        }
        self._endings = {build: Endings(allowed, planned) for build in BUILDS}
        clustered = any(item.cluster is not None for item in listed)
        self._wagers = Wagers(policy.margin, design.repeats, strata) if self.rule.bets(clusters=clustered) else None
        # Between looks the outlook is taken where every answer so far is there, which whole passes have at looks only.
        self._places = frozenset() if design.repeats > 1 else {*places(design)} - {look.items for look in design.looks}
        self._walked = 0
        self._unlike = 0
        self._looks_done = 0
        self._shown = 0
        self._at_a_look = False
        self._only: int | None = None
        self._settled: State | None = None
        self._bounds: Bounds | None = None

    def answered(
        self,
        build: str,
        item_id: str,
        repeat: int,
        score: float | None,
        status: Status,
        *,
        unread: bool = False,
        prompt: frozenset[int] = frozenset(),
    ) -> None:
        """One answer of `baseline` or `candidate`, in any order; see `evals.contract.records.Sample`.

        One that the design does not ask counts for nothing, nor does a second one. What has no score, or the status
        `error` or `ungraded`, is still awaited. `unread` says that no result could be read from it, `prompt` how many
        tokens its prompt may have (`evals.checks.prompt_tokens.prompt_readings`).
        """
        if repeat == 0:
            self.grid.put_prompt(build, item_id, prompt)
        if self.grid.put(build, item_id, repeat, score, status, unread=unread) and self._settled is None:
            self._walk()

    def state(self) -> State:
        """Where it stands by what has been answered."""
        return self._settled or self._standing(Stage.OPEN, self._walked, self._passes, "")

    def conclusion(self) -> Following:
        """The same task if nothing more comes: what was asked in vain counts for the worst on either side.

        Then the largest look decides all of whose answers were asked for, if no earlier one has; the policy's
        `max_missing` says how many of them may be missing.
        """
        if self._settled is not None:
            return self
        ended = copy.copy(self)
        ended.grid, ended._wagers, ended._endings = copy.deepcopy((self.grid, self._wagers, self._endings))
        ended._only = ended.grid.conclude()
        ended._walk()
        return ended

    @property
    def bounds(self) -> Bounds | None:
        """The bounds that belong to the state; `None` before the first pair of answers."""
        return self._by_bets(self._walked) if self._bounds is None and self._walked else self._bounds

    @property
    def level(self) -> float | None:
        """The error probability at which the last look was held; `None` before it, or where the bets decided."""
        return self._bounds.alpha if self._looks_done and self._bounds is not None else None

    @property
    def at_a_look(self) -> bool:
        """Whether it is a look that settled it."""
        return self._at_a_look

    @property
    def shown(self) -> int:
        """Among how many members of a family a regression is shown; 0 for none."""
        return self._shown

    @property
    def _passes(self) -> int:
        """Whole passes over the items that the looks have taken in, 1 at least."""
        return self.design.looks[self._looks_done - 1].repeats if self._looks_done else 1

    def _walk(self) -> None:
        while self._settled is None and self._looks_done < len(self.design.looks):
            look = self.design.looks[self._looks_done]
            if self._walked < look.items:
                answers = self.grid.first_answers(self._walked)
                if answers is None:
                    return
                self._step(*answers)
            elif self._only is not None and self._looks_done < self._only and any(self.grid.missing(self._looks_done)):
                self._looks_done += 1
            elif self.grid.complete(self._looks_done):
                self._look(self._looks_done)
            else:
                return

    def _step(self, baseline: float, candidate: float) -> None:
        """The next item's first answers."""
        place = self._walked
        self._walked += 1
        if self._wagers is not None:
            self._wagers.add(baseline, candidate)
            self._shown = int(self._wagers.evidence * self.rule.regression_alpha)
            if self._shown >= self.members:
                self._settle(Stage.REGRESSED, self._walked, 1, self._said.regressed(self._walked))
                return
        if self._walked in self._places and self._bounds is not None:
            why = _why_hopeless(self.rule, self.grid.scores(self._walked, 1), 1)
            if why:
                self._settle(Stage.FUTILE, self._walked, 1, self._said.futile_between(self._walked, why))
                return
        for side, build in enumerate(BUILDS):
            status = self.grid.status[side, 0, place]
            if status is None:
                continue
            certain = self._endings[build].add(status, unread=bool(self.grid.unread[side, 0, place]))
            if certain:
                what = f"too many of the {build}'s answers are {' or '.join(sorted(certain))}"
                self._block(build, certain, what)
                return
        self._unlike += self.grid.prompts_unlike(place)
        if self._unlike and not self._policy.prompts_unlike and self._walked >= min(_FEW, self.design.items):
            what = f"the builds were not sent the same tokens on {self._unlike:,} of {self._walked:,} items"
            self._block(None, frozenset({FindingCode.PROMPTS_UNLIKE}), what)

    def _block(self, build: str | None, certain: frozenset[FindingCode], what: str) -> None:
        found = self._doubts(self._walked, 1, 0.0).findings
        told = next((one.message for one in found if one.code in certain and one.build == build), what)
        self._settle(Stage.BLOCKED, self._walked, 1, self._said.blocked(self._walked, told))

    def _look(self, place: int) -> None:
        look, last = self.design.looks[place], place + 1 == len(self.design.looks)
        if self._wagers is not None and self.design.repeats > 1 and look.items == self.design.items:
            self._wagers.add_pass(*self.grid.means(look.repeats))
        scores, doubts = self.grid.scores(look.items, look.repeats), None
        if any(each.repeated for each in scores.answers):
            doubts = self._doubts(look.items, look.repeats, self.rule.level(place, scores))
            scores = self.grid.scores(look.items, look.repeats, doubts.one)
        self._looks_done = place + 1
        self._bounds = bounds = self._bounds_of(place, scores, last=last)
        missing = self.grid.missing(place)
        if any(count > self._policy.max_missing * look.items * look.repeats for count in missing):
            self._settle_at(place, Stage.BLOCKED, self._said.blocked_at(place, _too_many_missing(*missing)))
        elif self._shown >= (1 if last else self.members):
            self._settle_at(place, Stage.REGRESSED, self._said.regressed_at(place))
        elif shows(bounds, self._policy.margin, self._policy.require):
            doubts = doubts or self._doubts(look.items, look.repeats, self.rule.level(place, scores))
            if not doubts.blocking:
                self._settle_at(place, Stage.PASSED, self._said.passed(place, sum(missing)))
            elif doubts.lasting or last or self.grid.silent(place):
                self._settle_at(place, Stage.BLOCKED, self._said.blocked_at(place, doubts.lasting or doubts.blocking))
        elif last:
            self._settle_at(place, Stage.ENDED, self._said.ended(sum(missing)))
        elif why := _why_hopeless(self.rule, scores, look.repeats):
            self._settle_at(place, Stage.FUTILE, self._said.futile(place, why))

    def _bounds_of(self, place: int, scores: ItemScores, *, last: bool) -> Bounds:
        """The look's bounds; where there are no bets they may show a regression, at the last look by itself as well."""
        if self._wagers is not None:
            self._shown = int(self._wagers.evidence * self.rule.regression_alpha)
            return bounds_of_look(self.rule, self._bounds_at, place, scores, bets=True)
        for members in sorted({self.members, 1 if last else self.members}, reverse=True):
            found = bounds_of_look(self.rule, self._bounds_at, place, scores, bets=False, members=members)
            if worse(found, self._policy.margin):
                self._shown = members
                break
        return found

    def _settle_at(self, place: int, stage: Stage, message: str) -> None:
        self._at_a_look = True
        look = self.design.looks[place]
        self._settle(stage, look.items, look.repeats, message, sum(self.grid.missing(place)))

    def _settle(self, stage: Stage, items: int, repeats: int, message: str, missing: int = 0) -> None:
        if self._bounds is None:
            self._bounds = self._by_bets(items)
        if self._wagers is not None and self._shown:
            self._bounds = regressed(self._bounds, self._policy.margin, self._wagers.bounds(self.rule.regression_alpha))
        self._bounds = around(self._bounds, self.grid.scores(items, repeats))
        self._settled = self._standing(stage, items, repeats, message, missing)

    def _by_bets(self, items: int) -> Bounds:
        """Bounds before any look: those of the bets, which show no pass; none where there are no bets."""
        bounds = unclaimed(self.rule, self.grid.scores(items, 1))
        if self._wagers is None:
            return bounds
        return by_bets(bounds, self._policy.margin, self._wagers.bounds(self.rule.regression_alpha))

    def _standing(self, stage: Stage, items: int, repeats: int, message: str, missing: int = 0) -> State:
        baseline, candidate = self.grid.accuracies(items, repeats) if items else (None, None)
        look = self.design.looks[self._looks_done] if self._looks_done < len(self.design.looks) else None
        upcoming = look if stage is Stage.OPEN else None
        return State(
            stage=stage,
            looks_done=self._looks_done,
            looks=len(self.design.looks),
            items=items,
            repeats=repeats,
            baseline=baseline,
            candidate=candidate,
            difference=None if baseline is None or candidate is None else candidate - baseline,
            lower=None if self._bounds is None else self._bounds.lower,
            upper=None if self._bounds is None else self._bounds.upper,
            evidence=1.0 if self._wagers is None else self._wagers.evidence,
            next_items=None if upcoming is None else upcoming.items,
            next_repeats=None if upcoming is None else upcoming.repeats,
            missing=missing,
            message=message,
        )


def _why_hopeless(rule: Rule, scores: ItemScores, repeats: int) -> str:
    """Why it is given up after these scores, in words; empty where it goes on. No error rests on it.

    By the outlook of the exact test where that decides, else by normal approximations, of points and of recovery apart:
    a pass must be shown in both, a regression in one.
    """
    least = rule.design.futility
    if not least:
        return ""
    found = list(_outlooks(rule, scores, repeats))
    passing = min(found, key=lambda one: one.pass_power)
    if passing.pass_power >= least or any(one.regression_power >= least for one in found):
        return ""
    if passing.out_of_reach:
        return "even without a further loss it could not pass"
    power = "less than 0.1%" if passing.pass_power < 0.001 else f"{100 * passing.pass_power:.1f}%"
    return (
        f"if the candidate is as good as the baseline from here on, it passes with a probability of {power}, and a "
        "regression is no likelier to show"
    )


def _outlooks(rule: Rule, scores: ItemScores, repeats: int) -> Iterator[Outlook]:
    design, margin, items = rule.design, rule.margin, len(scores.item_ids)
    if rule.exact_at(len(design.looks) - 1, scores):
        yield outlook(design, scores.losses, scores.gains, items)
        return
    sides = [] if margin.points is None else [(1.0, margin.points, 0.0)]
    if margin.recovery is not None:
        sides.append((margin.recovery, 0.0, (1 - margin.recovery) * scores.mean(scores.baseline)))
    for recovery, loss, equal in sides:
        between, within = variances(scores, recovery, repeats)
        if repeats == 1 and design.repeats > 1:
            between, within = 0.0, between
        elif rule.target is Target.BENCHMARK:
            between = 0.0
        estimate = scores.mean(scores.candidate - recovery * scores.baseline)
        spread = {"between": between, "within": within, "unseen": worst_item(scores)}
        yield outlook_of_means(design, estimate, items, repeats, **spread, margin=loss, equal=equal)


def _too_many_missing(baseline: int, candidate: int) -> str:
    counts = {"baseline": baseline, "candidate": candidate}
    told = " and ".join(f"{count:,} of the {build}'s" for build, count in counts.items() if count)
    return f"{told} answers are missing; give the same command again to ask them"
