"""One-step sums with numbers from 1 to 9: what a model of 135 million parameters can do, and rounding can spoil."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from quantgate.evals.contract.options import TaskOption, whole_number
from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity, TaskInfo, TaskOptions
from quantgate.evals.hashing import canonical_hash

DEFAULT_COUNT = 100
METRIC = "exact_match"
_SAMPLING = Sampling(temperature=0.0, max_tokens=64)
_SEED = 1
_EXAMPLES = 3
_MOST = 2000
_NAMES = ("Tom", "Mia", "Sam", "Lily", "Ben", "Anna", "Jack", "Emma")
_THINGS = ("apples", "books", "pens", "coins", "stamps", "marbles", "cards", "shells")
_TEMPLATES = (
    "{name} has {a} {things}. {name} gets {b} more {things}. How many {things} does {name} have now?",
    "{name} has {a} {things} and finds {b} more. How many {things} does {name} have in total?",
    "There are {a} {things} in one box and {b} {things} in another box. How many {things} are there altogether?",
    "{name} buys {a} {things} on Monday and {b} {things} on Tuesday. How many {things} does {name} buy in all?",
)
_ANSWER = re.compile(r"answer is\s*\$?(-?\d+)")
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Sum:
    """One question, with the two numbers that it adds."""

    question: str
    a: int
    b: int

    @property
    def worked(self) -> str:
        return f"{self.a} + {self.b} = {self.a + self.b}. The answer is {self.a + self.b}."


class Arithmetic:
    """Templated sums from a fixed seed, asked after three worked examples, graded by `The answer is N`.

    `count` items of the same sequence: the first 10 of 100 are the 10 of `Arithmetic(10)`. Raises ValueError unless it
    lies between 1 and 2,000.
    """

    def __init__(self, count: int = DEFAULT_COUNT) -> None:
        if not 1 <= count <= _MOST:
            raise ValueError(f"the number of sums must lie between 1 and {_MOST}, not {count}")
        self._count = count

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name="arithmetic",
            version="1",
            grader="arithmetic 1",
            metric=METRIC,
            data_hash=canonical_hash(["arithmetic", "1", _SEED, _TEMPLATES, _NAMES, _THINGS]),
            provenance={"source": "generated", "seed": str(_SEED)},
        )

    @property
    def sampling(self) -> Sampling:
        return _SAMPLING

    @property
    def at_once(self) -> int:
        return 8000

    @property
    def repeats(self) -> int:
        return 1

    def items(self) -> Sequence[Item]:
        return [Item(str(number)) for number in range(self._count)]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        messages = []
        for example in self._sums[:_EXAMPLES]:
            messages.append({"role": "user", "content": example.question})
            messages.append({"role": "assistant", "content": example.worked})
        messages.append({"role": "user", "content": self._sum(item).question})
        return Prompt(tuple(messages), canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        task = self._sum(item)
        return str(task.a + task.b)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Right when the number after the first `answer is`, or else the last number, is the sum."""
        stated = _ANSWER.search(response)
        numbers = re.findall(r"-?\d+", response)
        found = stated.group(1) if stated else numbers[-1] if numbers else None
        task = self._sum(item)
        score = float(found is not None and len(found) <= _MOST_DIGITS and int(found) == task.a + task.b)
        return Grade(score, found, {METRIC: score})

    def _sum(self, item: Item) -> Sum:
        return self._sums[_EXAMPLES + int(item.item_id)]

    @cached_property
    def _sums(self) -> list[Sum]:
        draw = random.Random(_SEED)
        made: dict[str, Sum] = {}
        while len(made) < _EXAMPLES + self._count:
            a, b = draw.randint(1, 9), draw.randint(1, 9)
            template, name, things = draw.choice(_TEMPLATES), draw.choice(_NAMES), draw.choice(_THINGS)
            question = template.format(name=name, things=things, a=a, b=b)
            made.setdefault(question, Sum(question, a, b))
        return list(made.values())


def _load(options: TaskOptions) -> Arithmetic:
    count: int = options.own.get("sums", DEFAULT_COUNT)
    return Arithmetic(min(options.limit or count, count))


INFO = TaskInfo(
    name="arithmetic",
    summary="100 one-step sums that a very small model can do; what `quantgate demo` asks",
    load=_load,
    data=None,
    items=DEFAULT_COUNT,
    metrics=(METRIC,),
    sampling=_SAMPLING,
    repeats=1,
    options=(TaskOption("sums", f"How many sums; default {DEFAULT_COUNT}.", whole_number(1, _MOST)),),
)
