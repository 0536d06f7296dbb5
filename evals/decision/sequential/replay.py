"""Two finished or stopped runs of a task, walked through as they were while they were asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quantgate.evals.checks.prompt_tokens import readings_of
from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Item
from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.sequential.doubts import Doubts
from quantgate.evals.decision.sequential.following import Decider, Following, members_of
from quantgate.evals.decision.sequential.looked import UNASKED, DoubtsOfPairs, Looked
from quantgate.evals.decision.sequential.looks import Looks
from quantgate.evals.decision.sequential.prefix import prefix
from quantgate.evals.decision.sequential.rule import refusal
from quantgate.evals.decision.sequential.said import Said
from quantgate.evals.decision.sequential.state import State
from quantgate.evals.designs.futility import levels_of_means
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import Pairs, TaskPairs
from quantgate.evals.runs.draw import ORDER, ORDERS, in_drawn_order
from quantgate.evals.runs.planned import parsed
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.samples.columns import NO_TEXT, STATUSES
from quantgate.evals.settings.policy import Policy, TaskPolicy
from quantgate.evals.settings.requirements import SMALLEST_ALPHA, Tier

_ROUNDING = 1e-6
"""By such a part of itself a level may be another on the machine on which it was computed."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Looks at the tasks of a release whose candidate was asked by a design.

    `decide` gives the bounds, `builds` counts the candidates that share the policy's alpha.
    """

    policy: Policy
    decide: Decider
    builds: int = 1

    def look(self, pairs: TaskPairs, runs: Pairs, policy: TaskPolicy, doubts: DoubtsOfPairs) -> Looked | TaskPairs:
        """What the looks have come to; the pairs themselves where there is no design, with the problem if there is one.

        Raises
        ------
        UsageError
            Where the policy asks for a bound that cannot be held at looks.
        """
        record = pairs.builds["candidate"].record
        design = None if record is None else record.design
        if record is None or design is None or pairs.problems:
            return pairs
        if problem := _problem(pairs, record, design):
            return replace(pairs, problems=(problem,))
        if why := refusal(policy.method):
            raise UsageError(f"{pairs.task}: {why}")
        items = _drawn(pairs, record)
        names = [item.item_id for item in items]

        def doubts_of(count: int, repeats: int, level: float) -> Doubts:
            return doubts(prefix(pairs, names[:count], repeats), policy, level)

        required = policy.tier is Tier.REQUIRED
        following = Following(
            design,
            policy,
            items,
            self.decide,
            strata_weigh=pairs.strata_weigh,
            members=members_of(self.policy, [task.task for task in runs.tasks]) if required else 1,
            builds=self.builds,
            doubts=doubts_of,
        )
        replay(following, pairs)
        ended = following.conclusion()
        state = _of_a_look(ended)
        if ended.bounds is None:
            return replace(pairs, problems=(UNASKED,))
        return Looked(
            pairs=prefix(pairs, names[: state.items], state.repeats),
            bounds=ended.bounds,
            looks=_told(ended, state, pairs),
            decide=_at(ended, self.decide),
            wealth=ended.shown * self.builds,
            whole=ended.grid.scores(design.items, design.repeats) if ended.grid.whole else None,
        )


def replay(following: Following, pairs: TaskPairs) -> None:
    """Feed all answers of both builds."""
    for build, run in pairs.builds.items():
        columns = run.samples
        rows = zip(
            columns.item.tolist(),
            columns.repeat.tolist(),
            columns.score.tolist(),
            columns.status.tolist(),
            (columns.extracted == NO_TEXT).tolist(),
            strict=True,
        )
        prompt_of = readings_of(columns)
        for row, (item, repeat, score, status, unread) in enumerate(rows):
            prompt = prompt_of(row)
            following.answered(build, item or "", repeat, score, STATUSES[status], unread=unread, prompt=prompt)


def _of_a_look(ended: Following) -> State:
    """The state, told of what the last look was at while more is awaited: the bounds are of that."""
    state = ended.state()
    if state.settled or not state.looks_done:
        return state
    look = ended.design.looks[state.looks_done - 1]
    return replace(state, items=look.items, repeats=look.repeats)


def _problem(pairs: TaskPairs, record: TaskRecord, design: Design) -> str:
    """Why the runs cannot be decided at the looks of the candidate's design; empty where they can."""
    theirs = pairs.builds["baseline"].record
    if design.order not in ORDERS:
        return f"its items were asked in an order that this quantgate does not know ({design.order})"
    if not _can_be(record, design):
        return "run.json holds a design that cannot be: levels, alphas or the items of strata are beyond their bounds"
    if (design.items, design.repeats) != (record.items, record.repeats) or record.planned_items is None:
        return "its looks were planned for another number of items or repeats than run.json says were to be asked"
    if theirs is None or theirs.repeats < design.repeats:
        return f"the baseline was to be asked {theirs.repeats if theirs else 0} times each, the design {design.repeats}"
    if theirs.design not in (None, design) and pairs.validity["baseline"].unscored:
        return (
            "the builds were asked by different designs (margin, alpha or looks), and the baseline was not asked to "
            "the end: ask both by one design, or the baseline whole"
        )
    return ""


def _can_be(record: TaskRecord, design: Design) -> bool:
    """Whether a record that somebody has written can be what was planned: nothing in it is beyond what holds.

    Exact levels are those of a Brownian motion or below (`evals.stats.sequential.boundary.exact_levels`).
    """
    levels = [(look.level, most) for look, most in zip(design.looks, levels_of_means(design), strict=True)]
    named = [sum(parsed(ids).count for ids in groups.values()) for groups in (record.of_strata, record.of_clusters)]
    return (
        0 < design.regression_alpha < 0.5
        and 0 <= design.futility <= 1
        and all(level is None or 0 <= level <= most * (1 + _ROUNDING) for level, most in levels)
        and max(named) <= record.items
    )


def _drawn(pairs: TaskPairs, record: TaskRecord) -> tuple[Item, ...]:
    """The items of the design in the drawn order, those that nobody has answered among them."""
    strata, clusters = ({**told, **_heard(pairs, name)} for name, told in _recorded(record).items())
    planned = record.planned_items or ()
    order = ORDER if record.design is None else record.design.order
    return in_drawn_order([Item(item, strata.get(item), clusters.get(item)) for item in planned], order)


def _recorded(record: TaskRecord) -> dict[str, dict[str, str]]:
    """The stratum and the cluster of each item, as the record has them."""
    kept = {"stratum": record.of_strata, "cluster": record.of_clusters}
    return {what: {item: name for name, ids in groups.items() for item in parsed(ids)} for what, groups in kept.items()}


def _heard(pairs: TaskPairs, what: str) -> dict[str, str]:
    """The same, as the samples have them."""
    names = pairs.table.strata if what == "stratum" else pairs.table.clusters
    return {item: name for item, name in zip(pairs.table.items, names, strict=True) if name is not None}


def _at(ended: Following, decide: Decider) -> Decider:
    """Bounds at the level of the last look, or at alpha where none was taken, whatever level is asked."""
    level = ended.level or ended.rule.alpha
    least = SMALLEST_ALPHA * (2 if ended.rule.margin.both else 1)

    def at(scores: ItemScores, policy: TaskPolicy, _alpha: float) -> Bounds:
        return decide(scores, policy, max(level, least))

    return at


def _told(ended: Following, state: State, pairs: TaskPairs) -> Looks:
    design, rule = ended.design, ended.rule
    scores = ended.grid.scores(state.items, state.repeats)
    asked = {
        build: counts.ok + counts.truncated + counts.empty + counts.refused for build, counts in pairs.validity.items()
    }
    return Looks(
        planned=design.looks,
        stage=state.stage,
        message=state.message or _open(state, design),
        done=state.looks_done,
        decided_at=state.looks_done if ended.at_a_look else None,
        level=ended.level,
        spent=design.looks[state.looks_done - 1].spent * rule.scale if state.looks_done else 0.0,
        alpha=rule.alpha,
        regression_alpha=rule.regression_alpha,
        evidence=state.evidence,
        items=state.items,
        repeats=state.repeats,
        asked=asked,
        missing=state.missing,
        why=rule.how(scores),
    )


def _open(state: State, design: Design) -> str:
    done = f"look {state.looks_done} of {state.looks} is the last that was taken" if state.looks_done else "no look yet"
    return f"{done}: the next one is after {Said(design).size(design.looks[state.looks_done])}"
