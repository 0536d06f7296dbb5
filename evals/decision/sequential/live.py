"""Follows a task while it is asked, as the gate decides it afterwards from the two run directories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Item
from quantgate.evals.decision.deciding import bounds_of
from quantgate.evals.decision.evidence import doubts_of
from quantgate.evals.decision.sequential.doubts import Doubts
from quantgate.evals.decision.sequential.following import Following, members_of
from quantgate.evals.decision.sequential.prefix import prefix
from quantgate.evals.decision.sequential.rule import refusal
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.requirements import Tier


@dataclass(frozen=True, slots=True)
class Live:
    """Makes who follows a task of a release (`evals.release.session.Follow`).

    `tasks` are those of the release, `baseline` and the `candidates` by their labels the run directories in which
    answers are stored before they are told of. `unweighed` names the tasks whose strata are shown only
    (`settings["weights"]` of their identity is `items`).
    """

    policy: Policy
    tasks: Sequence[str]
    baseline: Path
    candidates: Mapping[str, Path]
    unweighed: frozenset[str] = frozenset()

    def follow(self, task: str, candidate: str, design: Design, items: Iterable[Item]) -> Following:
        """Who follows a task of a candidate; `items` are all of the design's, in the drawn order.

        Raises
        ------
        UsageError
            Where the policy decides by what cannot be held at looks, or by a metric that answers are not scored by
            while they are asked.
        """
        own, listed = self.policy.for_task(task), tuple(items)
        if why := refusal(own.method):
            raise UsageError(f"{task}: {why}")
        if own.metric is not None:
            raise UsageError(
                f"{task}: metric: {own.metric} and looks on the way: answers are scored by the run's own metric while "
                "they are asked; take stop: never, or leave the metric out"
            )
        names = [item.item_id for item in listed]

        def doubts(count: int, repeats: int, level: float) -> Doubts:
            return self._doubts(task, candidate, names[:count], repeats, level)

        return Following(
            design,
            own,
            listed,
            bounds_of,
            strata_weigh=task not in self.unweighed,
            members=members_of(self.policy, self.tasks) if own.tier is Tier.REQUIRED else 1,
            builds=len(self.candidates),
            doubts=doubts,
        )

    def _doubts(self, task: str, candidate: str, names: Sequence[str], repeats: int, level: float) -> Doubts:
        """Those that the directories give now, in which more may be stored by now than the prefix."""
        runs = pair_runs(Run.load(self.baseline), Run.load(self.candidates[candidate]))
        pairs = next(each for each in runs.tasks if each.task == task)
        if pairs.problems:
            return Doubts(reason=f"not comparable: {'; '.join(pairs.problems)}")
        return doubts_of(prefix(pairs, names, repeats), runs, self.policy.for_task(task), bounds_of, level)
