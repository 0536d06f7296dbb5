"""Grades a reply with tool calls as BFCL's runner does: decode, look at the form, hold against the possible answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.records import Grade
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply
from quantgate.tasks.bfcl.categories import has_right_call, is_for_no_call
from quantgate.tasks.bfcl.checker import Checker
from quantgate.tasks.bfcl.questions import Question
from quantgate.tasks.bfcl.tools import tool_name

METRICS = ("accuracy", "trigger", "parsed", "known_names")
"""Each 0 or 1: BFCL's own verdict; a call where one is due, and none where none is; all arguments are JSON objects; all
names are those of functions that were offered. Without a call the last two are 1 only where none is due: a build that
stops calling calls no better."""

NO_CALL = "no call"
_MOST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Decoded:
    """The calls of a reply as BFCL's handler decodes them; `error` says why they could not be."""

    calls: tuple[dict[str, Any], ...] = ()
    error: str | None = None


def decode(calls: Sequence[ToolCall]) -> Decoded:
    """Read each call's arguments by `json.loads`; one that is no JSON, or no object, spoils the reply."""
    decoded = []
    for call in calls:
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            return Decoded(error="decoder_failed")
        decoded.append({call.name: arguments})
    if not all(isinstance(arguments, dict) for call in decoded for arguments in call.values()):
        return Decoded(error="wrong_output_format")
    return Decoded(tuple(decoded))


def grade(question: Question, checker: Checker, reply: ToolReply, metric: str) -> Grade:
    """Judge a reply by BFCL's rules.

    Where a call is wanted or unwanted as such, only one whose arguments could be decoded is a call. `extracted` tells
    the class of what is wrong, then the calls.
    """
    decoded = decode(reply.calls)
    made = bool(decoded.calls)
    error = decoded.error
    if not has_right_call(question.category):
        right = made != is_for_no_call(question.category)
        error = None if right else error or ("needless_call" if made else "missing_call")
    elif error is None and not reply.calls:
        error = "missing_call"
    elif error is None:
        error = checker.error_of(question.category, question.functions, decoded.calls, question.possible)
    names = {tool_name(document["name"]) for document in question.functions}
    well = bool(reply.calls) or is_for_no_call(question.category)
    values = (
        error is None,
        bool(reply.calls) != is_for_no_call(question.category),
        well and decoded.error is None,
        well and all(call.name in names for call in reply.calls),
    )
    metrics = dict(zip(METRICS, map(float, values), strict=True))
    shown = _shown(reply.calls, error or decoded.error)
    return Grade(metrics[metric], shown, metrics, silence_counts=is_for_no_call(question.category))


def _shown(calls: Sequence[ToolCall], error: str | None) -> str:
    said = "; ".join(f"{call.name}({_plain(call.arguments)})" for call in calls) or NO_CALL
    cut = said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}…"
    return cut if error is None else f"[{error}] {cut}"


def _plain(arguments: str) -> str:
    """Arguments as JSON is written here, so that spaces and the order of keys make no other result; or as they came."""
    try:
        plain = json.dumps(json.loads(arguments), ensure_ascii=False, sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
    return plain.encode("utf-8", "backslashreplace").decode("utf-8")
