"""BFCL's questions out of its wheel: what is asked, the functions that may be called, the answers that are right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantgate.evals.errors import DataError
from quantgate.tasks.bfcl.categories import has_right_call
from quantgate.tasks.data.wheel import WheelFiles

_DATA = "bfcl_eval/data"


@dataclass(frozen=True, slots=True)
class Question:
    """One question under BFCL's own id.

    `functions` are its documents as published; `possible` the right calls, each `{name: {parameter: [values]}}` with
    an empty text among the values of what may be left out, and empty where the category has no right call.
    """

    item_id: str
    category: str
    messages: tuple[Mapping[str, Any], ...]
    functions: Sequence[Mapping[str, Any]]
    possible: Sequence[Mapping[str, Mapping[str, Sequence[Any]]]]


def read_questions(package: WheelFiles, categories: Iterable[str]) -> list[Question]:
    """The questions of some categories in the published order.

    Raises
    ------
    DataError
        When questions and possible answers do not belong together.
    """
    return [question for category in categories for question in _of(package, category)]


def _of(package: WheelFiles, category: str) -> list[Question]:
    file = f"BFCL_v4_{category}.json"
    rows = package.rows(f"{_DATA}/{file}")
    answers: list[Mapping[str, Any]] = [{"id": row["id"], "ground_truth": ()} for row in rows]
    if has_right_call(category):
        answers = package.rows(f"{_DATA}/possible_answer/{file}")
    if [row["id"] for row in rows] != [answer["id"] for answer in answers]:
        raise DataError(f"the possible answers of BFCL's {category} are to other questions than those that it holds")
    return [
        Question(row["id"], category, tuple(row["question"][0]), row["function"], answer["ground_truth"])
        for row, answer in zip(rows, answers, strict=True)
    ]
