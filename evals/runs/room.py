"""How many tokens a task's long prompts have by the served tokenizer, and whether the context has room for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.lengthy import Lengthy
from quantgate.evals.contract.records import Item, Request, Sampling
from quantgate.evals.contract.task import Task
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.tokenizer import ServerTokenizer
from quantgate.evals.errors import RequestRefused, UsageError
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.runs.task_plan import TaskPlan

TOKENIZE, USAGE, NOTHING = "/tokenize", "usage", "nothing"
_FEW = 16

Open = Callable[[], AbstractAsyncContextManager[Endpoint]]


@dataclass(frozen=True, slots=True)
class Room:
    """The tokens of the longest prompt of each length, shortest first, `by` which they were counted.

    By `usage` those of the shortest are the server's count, and the others follow from their characters, sort by sort.
    There are none by `nothing`: the server counts no tokens.
    """

    task: str
    tokens: Mapping[str, int]
    by: str

    def told(self, *, has_window: bool = True) -> str:
        """What the user should know of it; without a window that the server tells, nobody looks whether all fits."""
        if self.by == NOTHING:
            return (
                f"{self.task}: the server counts no tokens, neither by /tokenize nor in its usage: look whether its "
                "context holds the longest prompts and an answer"
            )
        how = "by the server's /tokenize" if self.by == TOKENIZE else "estimated from the usage of first requests"
        counts = ", ".join(f"{count:,} at {_shown(name)}" for name, count in self.tokens.items())
        unknown = (
            "" if has_window else "; the server does not tell its context: look whether it holds them and an answer"
        )
        return f"{self.task}: the longest prompts have so many tokens: {counts} ({how}){unknown}"

    def lack(self, window: int | None, budget: int | None) -> str | None:
        """Why the context has no room for all prompts with the budget of an answer, with what to do; else `None`."""
        needed = {name: count + (budget or 1) for name, count in self.tokens.items()}
        beyond = [name for name, count in needed.items() if window is not None and count > window]
        if window is None or not beyond:
            return None
        name, prompt = beyond[-1], self.tokens[beyond[-1]]
        fitting = [_shown(other) for other in needed if other not in beyond]
        ways = [f"--option lengths={','.join(fitting)} fits" if fitting else "none of the lengths fits"]
        if budget is not None and window > prompt:
            ways.append(f"--max-tokens {window - prompt} fits all")
        return (
            f"{self.task} at {_shown(name)} has prompts of {prompt:,} tokens and a budget of {budget or 1:,} for "
            f"the answer, and the context that is served is {window:,}: {'; '.join(ways)}; or serve a longer context"
        )


def rooms_of(plans: Sequence[TaskPlan], opened: Open, window: int | None) -> list[Room]:
    """What the prompts of tasks that have lengths need, measured before anything is asked.

    Raises
    ------
    UsageError
        When the context that is served, of `window` tokens, is too short for them.
    """

    async def measured() -> list[Room]:
        async with opened() as endpoint:
            found = [await room_of(endpoint, plan.task, plan.sampling) for plan in plans]
        return [room for room in found if room is not None]

    if not any(isinstance(plan.task, Lengthy) for plan in plans):
        return []
    rooms = run_cancelled_by_ctrl_c(measured())
    budgets = {plan.task.identity.name: plan.sampling.max_tokens for plan in plans}
    if lacks := [lack for room in rooms if (lack := room.lack(window, budgets[room.task]))]:
        raise UsageError(lacks[0])
    return rooms


def with_rooms(record: RunRecord, rooms: Sequence[Room]) -> RunRecord:
    """The record with what was measured, in `asked.prompt_tokens` by task; the same where nothing was."""
    told = {room.task: {"by": room.by, **room.tokens} for room in rooms}
    return replace(record, asked={**record.asked, "prompt_tokens": told}) if told else record


async def room_of(endpoint: Endpoint, task: Task, sampling: Sampling) -> Room | None:
    """Measure the longest prompts; `None` where the task has no lengths."""
    if not isinstance(task, Lengthy):
        return None
    name, longest = task.identity.name, task.longest
    tokenizer = ServerTokenizer(endpoint)
    try:
        tokens = {
            length: max([len(await tokenizer.chat(task.prompt(item, 0).messages)) for item in items.values()])
            for length, items in longest.items()
        }
        return Room(name, tokens, TOKENIZE)
    except (RequestRefused, Fault):
        pass
    shortest = {sort: item for items in reversed(list(longest.values())) for sort, item in items.items()}
    ratios = {sort: await _tokens_per_character(endpoint, task, item, sampling) for sort, item in shortest.items()}
    estimated = {
        length: max(round(ratios[sort] * _characters(task, item)) for sort, item in items.items())
        for length, items in longest.items()
    }
    return Room(name, estimated, USAGE) if all(ratios.values()) else Room(name, {}, NOTHING)


async def _tokens_per_character(endpoint: Endpoint, task: Task, item: Item, sampling: Sampling) -> float:
    """By the usage of a short answer; 0 where the server tells none."""
    few = replace(sampling, max_tokens=_FEW)
    answer = await endpoint.ask(Request(task.identity.name, item, 0, task.prompt(item, 0), few))
    count = (answer.usage or {}).get("prompt_tokens")
    return count / _characters(task, item) if isinstance(count, int) and count > 0 else 0.0


def _characters(task: Task, item: Item) -> int:
    return sum(len(str(message.get("content"))) for message in task.prompt(item, 0).messages)


def _shown(length: str) -> str:
    """A length's name as it is given: `016k` is 16k, `000.5k` 512."""
    return "512" if length == "000.5k" else length.lstrip("0")
