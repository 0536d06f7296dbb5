"""lm-eval's groups and tags as one task: its members are strata, averaged as lm-eval averages them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.errors import UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.lm_eval.loading import Loaded
from quantgate.tasks.lm_eval.single import SingleTask, choose_metric
from quantgate.tasks.lm_eval.source import LmEvalSource

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Average:
    """How a group's score is made: the metric, and whether each item weighs alike, or each member.

    `by` says whose rule that is.
    """

    metric: str
    items_alike: bool
    by: str


class LmEvalGroup:
    """Several tasks of lm-eval as strata of one; an item's id is `MEMBER/DOCUMENT`. `limit` was that of each member.

    The score is lm-eval's for the group, to the digit: the mean over all items where its `aggregate_metric_list` weighs
    by size, else that of the members' means, of nested groups those of all single tasks below. lm-eval gives no score
    to a tag, nor to a group without that list: there the members weigh alike.

    Raises
    ------
    UsageError
        When the members have no metric in common, or differ in repeats.
    """

    def __init__(self, source: LmEvalSource, loaded: Loaded, members: Mapping[str, SingleTask]) -> None:
        self._source = source
        self._loaded = loaded
        self._members = members
        self._average = choose_average(source, loaded, members)
        for member in members.values():
            member.metric = self._average.metric
        if len({member.repeats for member in members.values()}) > 1:
            raise UsageError(f"{source.name}: its members are not asked equally often; run them one by one")

    @cached_property
    def identity(self) -> TaskIdentity:
        of_members = {name: member.identity for name, member in self._members.items()}
        first = next(iter(of_members.values()))
        group = self._loaded.group
        return TaskIdentity(
            name=self._source.name,
            version=first.version if group is None else str(group.version),
            grader=first.grader,
            metric=self._average.metric,
            data_hash=canonical_hash([[name, identity.data_hash] for name, identity in of_members.items()]),
            settings={
                "weights": "items" if self._average.items_alike else "strata",
                "members": {name: identity.version for name, identity in of_members.items()},
            },
            provenance={
                "lm_eval_task": self._source.lm_eval_name,
                "num_fewshot": _in_common(identity.provenance["num_fewshot"] for identity in of_members.values()),
                "aggregation": self._average.by,
                **_shared([identity.provenance for identity in of_members.values()]),
                **(self._source.origin or {}),
            },
            notes=tuple(dict.fromkeys(note for identity in of_members.values() for note in identity.notes)),
        )

    @property
    def sampling(self) -> Sampling:
        return next(iter(self._members.values())).sampling

    @property
    def sampling_of_strata(self) -> Mapping[str, Sampling]:
        own = {name: member.sampling for name, member in self._members.items()}
        return own if any(sampling != self.sampling for sampling in own.values()) else {}

    @property
    def repeats(self) -> int:
        return next(iter(self._members.values())).repeats

    def items(self) -> Sequence[Item]:
        return [
            Item(f"{name}/{item.item_id}", stratum=name)
            for name, member in self._members.items()
            for item in member.items()
        ]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        member, own = self._member_of(item)
        return member.prompt(own, repeat)

    def reference(self, item: Item, repeat: int) -> str | None:
        member, own = self._member_of(item)
        return member.reference(own, repeat)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        member, own = self._member_of(item)
        return member.grade(own, repeat, response)

    @property
    def at_once(self) -> int:
        return min(member.at_once for member in self._members.values())

    def check_scores(self) -> None:
        """As of each member."""
        for member in self._members.values():
            member.check_scores()

    def splits(self) -> dict[str, Any]:
        """The members' splits, each as `MEMBER.SPLIT`."""
        return {
            f"{name}.{split}": documents
            for name, member in self._members.items()
            for split, documents in member.splits().items()
        }

    def files(self) -> dict[str, Path]:
        """The local files that the members were loaded from, each as `MEMBER.SPLIT`; empty where it was the hub."""
        return {
            f"{name}.{split}": file for name, member in self._members.items() for split, file in member.files().items()
        }

    def source(self) -> dict[str, str]:
        """What the members' datasets have in common of dataset, configuration and commit."""
        return _shared([member.source() for member in self._members.values()])

    def _member_of(self, item: Item) -> tuple[SingleTask, Item]:
        name, _, own = item.item_id.rpartition("/")
        return self._members[name], Item(own)


def choose_average(source: LmEvalSource, loaded: Loaded, members: Mapping[str, SingleTask]) -> Average:
    """The group's metric and weights, from lm-eval's `aggregate_metric_list`.

    Raises
    ------
    UsageError
        When there is none of the wanted name, or a member cannot be scored by it.
    """
    first = next(iter(members.values()))
    listed = (loaded.group.aggregate_metric_list or []) if loaded.group is not None else []
    if listed:
        offered = {
            metric: bool(rule.weight_by_size)
            for rule in listed
            for metric in first.metrics
            if metric.partition(",")[0] == rule.metric
            and (rule.filter_list is None or metric.partition(",")[2] in rule.filter_list)
        }
        if not offered:
            wanted = ", ".join(str(rule.metric) for rule in listed)
            raise UsageError(
                f"{source.name}: lm-eval averages {wanted} over the group, and {next(iter(members))} has no such "
                f"metric that is a mean over its answers; name the members instead: {_shown(members)}"
            )
        metric = choose_metric(source.name, list(offered), source.metric)
        alike = offered[metric]
        by = "lm-eval's, weighted by size" if alike else "lm-eval's, members alike"
    else:
        metric = choose_metric(source.name, first.metrics, source.metric)
        alike, by = False, f"lm-eval gives this {loaded.kind} no score of its own: members alike"
    without = [name for name, member in members.items() if metric not in member.metrics]
    if without:
        raise UsageError(
            f"{source.name}: {_shown(without)} of its {len(members)} members cannot be scored by {metric}, as "
            f"{next(iter(members))} is; name the members instead"
        )
    return Average(metric, alike, by)


def _shared(of_members: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The entries that all have alike."""
    first, *others = of_members
    return {
        name: value
        for name, value in first.items()
        if name != "lm_eval_task" and all(other.get(name) == value for other in others)
    }


def _in_common(values: Any) -> str:
    return ", ".join(sorted(set(values)))


def _shown(names: Any) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
