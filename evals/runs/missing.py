"""Which requests of a plan a run directory still lacks: known by a byte each, and made one by one as they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from quantgate.evals.contract.records import AGENT_CONTEXT_EXCEEDED, Item, Request, Sample, SampleKey, Status
from quantgate.evals.endpoint.overflow import has_outgrown, was_clamped
from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.task_plan import TaskPlan


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
        self._plans = [(plan, _missing(plan, held, window)) for plan in plans]
        self._count = sum(sum(missing) for _, missing in self._plans)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Request]:
        for plan, missing in self._plans:
            yield from plan.requests(missing)


class UngradedAnswers:
    """The requests whose answer is there and not graded yet, each with its answer, made when it is reached.

    Those of an orchestrated task are not among them: they are asked of its asker.
    """

    def __init__(self, plans: Sequence[TaskPlan], held: Mapping[SampleKey, Sample]) -> None:
        self._held = {key: sample for key, sample in held.items() if sample.status is Status.UNGRADED}
        self._plans = [plan for plan in plans if not plan.info.orchestrated]

    def __len__(self) -> int:
        return sum(sum(self._ungraded(plan)) for plan in self._plans)

    def __iter__(self) -> Iterator[tuple[Request, Sample]]:
        for plan in self._plans if self._held else ():
            for request in plan.requests(self._ungraded(plan)):
                yield request, self._held[request.key]

    def _ungraded(self, plan: TaskPlan) -> bytearray:
        name = plan.task.identity.name
        asked = product(range(plan.repeats), plan.items())
        return bytearray((name, item.item_id, repeat) in self._held for repeat, item in asked)


def _missing(plan: TaskPlan, held: Mapping[SampleKey, Sample], window: int | None) -> bytearray:
    """For each of the plan's requests whether it is missing. Raises ResumeMismatch."""
    name, items = plan.task.identity.name, plan.items()
    missing = bytearray(b"\1") * (plan.repeats * len(items))
    checked = set()
    for place, (repeat, item) in enumerate(product(range(plan.repeats), items) if held else ()):
        sample = held.get((name, item.item_id, repeat))
        if sample is None:
            continue
        # An item's repeats have one prompt in nearly every task, and to build it takes longer than all the rest.
        if (seen := (item.item_id, sample.prompt_hash)) not in checked:
            checked.add(seen)
            _check_prompt(plan, item, repeat, sample.prompt_hash)
        again = plan.info.orchestrated and sample.status is Status.UNGRADED
        missing[place] = again or _is_open(sample, plan.sampling_of(item).max_tokens, window)
    return missing


def _check_prompt(plan: TaskPlan, item: Item, repeat: int, held: str) -> None:
    asked = plan.task.prompt(item, repeat).prompt_hash
    if held != asked:
        raise ResumeMismatch(
            f"the directory holds an answer of {plan.task.identity.name} item {item.item_id} (repeat {repeat}) to "
            f"another prompt: hash {held[:12]} there, {asked[:12]} here. Use another --out"
        )


def _is_open(sample: Sample, max_tokens: int | None, window: int | None) -> bool:
    if sample.status is Status.ERROR or sample.turned_away or sample.finish_reason == AGENT_CONTEXT_EXCEEDED:
        return True
    cut_short = sample.status is Status.TRUNCATED and was_clamped(sample.usage, max_tokens)
    return cut_short and window is not None and has_outgrown(sample.usage, window)
