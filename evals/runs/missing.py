"""Which requests of a plan a run directory still lacks: known by a byte each, and made one by one as they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from quantgate.evals.contract.records import AGENT_CONTEXT_EXCEEDED, Request, Sample, SampleKey, Status
from quantgate.evals.contract.shard import Shard
from quantgate.evals.endpoint.overflow import has_outgrown, was_clamped
from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.samples.columns import NONE, Bools, Columns, Places, digest
from quantgate.evals.samples.held import Held
from quantgate.evals.samples.memory import as_held


class MissingRequests:
    """The requests that a run directory holds no answer to yet, in the plans' order; each is made when it is reached.

    Faults are asked again, and so is what the server would not take, for it may have been mended since. So are answers
    that an earlier, shorter context window has cut, where the endpoint tells a longer one now, `window` in tokens.

    Raises
    ------
    ResumeMismatch
        When the directory holds an answer to another prompt under the same item and repeat.
    """

    def __init__(self, plans: Sequence[TaskPlan], held: Mapping[SampleKey, Sample], window: int | None = None) -> None:
        samples = as_held(held)
        self._plans = [(plan, _missing(plan, samples.of_task(plan.task.identity.name), window)) for plan in plans]
        self._count = sum(sum(missing) for _, missing in self._plans)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Request]:
        for plan, missing in self._plans:
            yield from plan.requests(missing)

    def of_tasks(self) -> dict[str, tuple[TaskPlan, bytes]]:
        """Each task's plan, and for each of its requests whether it is missing."""
        return {plan.task.identity.name: (plan, missing) for plan, missing in self._plans}


class UngradedAnswers:
    """The requests whose answer is there and not graded yet, each with its answer; both are read when they are reached.

    Those of an orchestrated task are not among them: they are asked of its asker.
    """

    def __init__(self, plans: Sequence[TaskPlan], held: Mapping[SampleKey, Sample]) -> None:
        samples = as_held(held)
        ungraded = samples.chosen(samples.columns.is_status(Status.UNGRADED))
        self._source = samples.source
        self._plans: list[tuple[TaskPlan, Columns, Places]] = []
        for plan in plans:
            own = ungraded.of_task(plan.task.identity.name)
            if len(own) and not plan.info.orchestrated:
                self._plans.append((plan, own.columns, _rows(plan, own)))

    def __len__(self) -> int:
        return sum(int((rows != NONE).sum()) for _, _, rows in self._plans)

    def tasks(self) -> frozenset[str]:
        """The tasks that have any."""
        return frozenset(plan.task.identity.name for plan, _, rows in self._plans if (rows != NONE).any())

    def __iter__(self) -> Iterator[tuple[Request, Sample]]:
        for plan, columns, rows in self._plans:
            there = rows != NONE
            samples = self._source.samples(columns.start[rows[there]], columns.length[rows[there]])
            yield from zip(plan.requests(bytes(there)), samples, strict=True)


def _rows(plan: TaskPlan, held: Held) -> Places:
    """The row of `held` for each of the plan's requests, in their order; -1 where there is none."""
    return held.columns.rows_of([item.item_id for item in plan.items()], plan.repeats).T.ravel()


def _missing(plan: TaskPlan, held: Held, window: int | None) -> bytes:
    """For each of the plan's requests whether it is missing. Raises ResumeMismatch."""
    rows = _rows(plan, held)
    there = rows != NONE
    if (other := other_prompt(plan, held)) is not None:
        item, repeat, asked, today = other
        raise ResumeMismatch(
            f"the directory holds an answer of {plan.task.identity.name} item {item} (repeat {repeat}) to "
            f"another prompt: hash {asked[:12]} there, {today[:12]} here. Use another --out"
        )
    missing = ~there
    missing[there] = _is_open(plan, held, window)[rows[there]]
    if plan.shard is not None:
        missing &= _of_shard(plan.shard, len(plan.items()), plan.repeats)
    return bytes(missing)


def _of_shard(shard: Shard, items: int, repeats: int) -> Bools:
    """Which requests of a plan a shard asks, in the order of `TaskPlan.requests`: whole passes over the items."""
    own = shard.ordinals(items * repeats)
    numbers = np.arange(items * repeats).reshape(items, repeats).T.ravel()
    return np.asarray((own.start <= numbers) & (numbers < own.stop))


def other_prompt(plan: TaskPlan, held: Held) -> tuple[str, int, str, str] | None:
    """The first answer that is there to another prompt than today's: item, repeat, and the hashes, there and today.

    An item's repeats have one prompt in nearly every task, and to build it takes longer than all the rest: so it is
    built for the first of them, and for those that were asked otherwise than the first.
    """
    rows = _rows(plan, held).reshape(plan.repeats, -1)
    there = rows != NONE
    hashes = np.where(there, held.columns.prompt[rows], 0) if len(held) else np.zeros(rows.shape, dtype=np.uint64)
    first = there.argmax(axis=0)
    otherwise = there & (hashes != hashes[first, np.arange(rows.shape[1])])
    otherwise[first, np.arange(rows.shape[1])] = there.any(axis=0)
    items = plan.items()
    for repeat, place in np.argwhere(otherwise).tolist():
        item, row = items[place], int(rows[repeat, place])
        asked = plan.task.prompt(item, repeat).prompt_hash
        if digest(asked) != int(hashes[repeat, place]):
            return item.item_id, repeat, held.sample(row).prompt_hash, asked
    return None


def _is_open(plan: TaskPlan, held: Held, window: int | None) -> Bools:
    """Which of the samples that are there are asked again."""
    columns = held.columns
    again = columns.is_status(Status.ERROR) | columns.turned_away
    if (outgrown := columns.finish_reason.code(AGENT_CONTEXT_EXCEEDED)) != NONE:
        again |= columns.finish_reason.codes == outgrown
    if plan.info.orchestrated:
        again |= columns.is_status(Status.UNGRADED)
    if window is not None:
        budgets = {item.item_id: plan.sampling_of(item).max_tokens for item in plan.items()}
        for row in np.flatnonzero(columns.is_status(Status.TRUNCATED) & ~again).tolist():
            usage = columns.usage(row)
            clamped = was_clamped(usage, budgets.get(columns.item[row] or ""))
            again[row] = clamped and has_outgrown(usage, window)
    return again
