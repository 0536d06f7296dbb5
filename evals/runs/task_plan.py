"""One task as it is to be run: which items, how often, sampled how; and what of that the record keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import compress, product
from operator import attrgetter
from pathlib import Path
from typing import Any

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.published import published_for
from quantgate.evals.contract.records import Item, Request, Sampling
from quantgate.evals.contract.shard import Shard
from quantgate.evals.contract.task import Guessable, Task, TaskInfo
from quantgate.evals.errors import TaskDeclarationError
from quantgate.evals.runs.draw import chosen, in_drawn_order
from quantgate.evals.runs.planned import in_order, written
from quantgate.evals.runs.record import Draw, TaskRecord


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task as it is to be run: how it samples, how many items, how often each.

    `info` is what it declares, of which the record keeps what comes after a run has to know; `model` who is asked.
    `of_strata` has the sampling of those strata that have one of their own; `data` and `data_dir` where local data lie.
    Of the task's items `limit` are asked, chosen by `draw`; all without one. With a `design` they are asked in the
    order in which they are drawn. Of all that, a `shard` asks its part.
    """

    task: Task
    sampling: Sampling
    repeats: int
    info: TaskInfo
    model: str
    of_strata: Mapping[str, Sampling] = field(default_factory=dict)
    data: Mapping[str, Path] = field(default_factory=dict)
    data_dir: Path | None = None
    limit: int | None = None
    draw: Draw = Draw.RANDOM
    design: Design | None = None
    shard: Shard | None = None

    def items(self) -> Sequence[Item]:
        """The items that are asked."""
        items = self.task.items()
        items = items if self.limit is None else chosen(items, self.limit, self.draw)
        return items if self.design is None else in_drawn_order(items, self.design.order)

    def requests(self, wanted: Sequence[int] | None = None) -> Iterator[Request]:
        """Every request, whole passes over the items first, so that an interrupted run has whole repeats.

        With `wanted`, one value for each, only those whose value is true. A request's prompt is built when it is
        reached.
        """
        name, prompt = self.task.identity.name, self.task.prompt
        asked = product(range(self.repeats), self.items())
        for repeat, item in asked if wanted is None else compress(asked, wanted):
            yield Request(name, item, repeat, prompt(item, repeat), self.sampling_of(item))

    def pairs(self) -> int:
        """How many pairs of item and repeat are asked: all, or those of the shard."""
        pairs = len(self.items()) * self.repeats
        return pairs if self.shard is None else len(self.shard.ordinals(pairs))

    def shard_items(self, shard: Shard) -> tuple[str, ...]:
        """The items of which a shard asks a repeat or more, as a record keeps them."""
        items = self.items()
        return in_order(items[place].item_id for place in shard.places(len(items), self.repeats))

    def _whole(self) -> int | None:
        """How many items the benchmark has; `None` where it makes as many as are asked for."""
        return len(self.task.items()) if self.info.fresh is None else None

    def sampling_of(self, item: Item) -> Sampling:
        return self.of_strata.get(item.stratum or "", self.sampling)

    def record(self) -> TaskRecord:
        identity, items, whole = self.task.identity, self.items(), self._whole()
        sampling = _recorded(self.sampling)
        if self.of_strata:
            sampling["of_strata"] = {name: _recorded(own) for name, own in self.of_strata.items()}
        return TaskRecord(
            data={split: str(file) for split, file in self.data.items()},
            data_dir=None if self.data_dir is None else str(self.data_dir),
            name=identity.name,
            version=identity.version,
            grader=identity.grader,
            metric=identity.metric,
            data_hash=identity.data_hash,
            provenance=dict(identity.provenance),
            settings=dict(identity.settings),
            items=len(items),
            item_ids=written(item.item_id for item in items),
            strata=dict(Counter(item.stratum for item in items if item.stratum is not None)),
            repeats=self.repeats,
            sampling=sampling,
            private=self.info.private,
            benchmark=self.info.benchmark,
            published=published_for(self.info.published, self.model),
            guess=self.task.guess if isinstance(self.task, Guessable) else self.info.guess,
            whole=whole,
            draw=self.draw if whole is not None and len(items) < whole else None,
            design=self.design,
            of_strata={} if self.design is None else _by(items, attrgetter("stratum")),
            of_clusters={} if self.design is None else _by(items, attrgetter("cluster")),
        )


def _by(items: Sequence[Item], name_of: Callable[[Item], str | None]) -> dict[str, tuple[str, ...]]:
    """The ids of the items of each stratum or cluster, as a record keeps them; of those that are of one."""
    found: dict[str, list[str]] = {}
    for item in items:
        if (name := name_of(item)) is not None:
            found.setdefault(name, []).append(item.item_id)
    return {name: written(ids) for name, ids in found.items()}


def _recorded(sampling: Sampling) -> dict[str, Any]:
    told = {**asdict(sampling), "stop": list(sampling.stop), "extra_body": dict(sampling.extra_body)}
    if sampling.draws:
        del told["max_length"]
    return told


def check_strata(plan: TaskPlan) -> None:
    """Raise TaskDeclarationError for strata that are not declared: no verb but this would know of them.

    Those that are only shown change no score, and need no declaration.
    """
    if plan.task.identity.settings.get("weights") == "items":
        return
    found = {item.stratum for item in plan.task.items()} - {None}
    if plan.info.items is not None and (unknown := sorted(map(str, found - plan.info.strata.keys()))):
        raise TaskDeclarationError(
            f"the task {plan.info.name} has items of a stratum {unknown[0]!r}, which its TaskInfo does not declare"
        )
