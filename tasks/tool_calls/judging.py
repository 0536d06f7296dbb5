"""Judges one reply to a request with tools: pure, from what is stored of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quantgate.evals.contract.call_metrics import CallMetric, Mismatch, call_mark
from quantgate.evals.contract.tool_calls import FormReply, ToolCall, ToolReply
from quantgate.evals.text import one_line
from quantgate.tasks.tool_calls.arguments import NotJson, as_calls, read_arguments, same_calls
from quantgate.tasks.tool_calls.case import Case, function_of
from quantgate.tasks.tool_calls.schemas import problem_of

_SHOWN = 400
_FENCE = re.compile(r"\s*```\w*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
_MOST_MATCHED = 64
"""Calls above which nothing is compared with what was expected: no request asks for so many."""


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """One call: what its arguments say (`None` where they are no JSON), and why it is not one that its tools allow."""

    call: ToolCall
    arguments: Any
    is_json: bool
    is_known: bool
    problem: str | None

    @property
    def mismatch(self) -> Mismatch | None:
        """The class of what is wrong with it."""
        if not self.is_json:
            return Mismatch.INVALID_JSON
        if not self.is_known:
            return Mismatch.UNKNOWN_NAME
        return None if self.problem is None else Mismatch.SCHEMA_MISMATCH

    @property
    def shown(self) -> str:
        """The call, with the class of what is wrong with it and why."""
        told = f"{self.call.name}({self.call.arguments})"
        if self.mismatch is None:
            return told
        return f"{self.mismatch}: {told}" + (f" [{self.problem}]" if self.problem else "")


class Judge:
    """Judges the replies to one request."""

    def __init__(self, case: Case) -> None:
        self._case = case

    @cached_property
    def _schemas(self) -> dict[str, object]:
        functions = [function_of(tool) for tool in self._case.tools]
        # Of two tools of one name the first is the one that verifiers look at.
        return {str(each.get("name")): each.get("parameters") for each in reversed(functions)}

    def metrics(self, reply: ToolReply) -> dict[str, float]:
        """Every metric that is known of a reply, 0 or 1."""
        calls, due = self.calls(reply), self._case.due
        told: dict[str, bool] = {CallMetric.CALLED: bool(calls)}
        said = bool(calls) or bool(reply.content.strip())
        # No call is right only where it is known that none is due.
        well = said and (bool(calls) or due is False)
        told[CallMetric.SCHEMA_VALID] = well and all(call.mismatch is None for call in calls)
        told[CallMetric.JSON_VALID] = well and all(call.is_json for call in calls)
        told[CallMetric.NAME_KNOWN] = well and all(call.is_known for call in calls)
        if due is not None:
            told[CallMetric.DUE] = due
            told[CallMetric.TRIGGER] = said and due == bool(calls)
        if self._case.expected is not None:
            told[CallMetric.ARGUMENTS_EQUAL] = said and self._is_expected(calls)
        told[CallMetric.NOT_ONLY_REASONING] = said
        told[CallMetric.NO_LEAK] = said and self.leak(reply.content) is None
        if {each.streamed for each in reply.forms} == {True, False}:
            told[CallMetric.STREAM_EQUAL] = self._forms_agree(reply.forms)
        return {str(name): float(value) for name, value in told.items()}

    def calls(self, reply: ToolReply) -> list[JudgedCall]:
        """The calls of a reply, each judged."""
        return [self._judged(call) for call in reply.calls]

    def leak(self, content: str) -> str | None:
        """What in a reply's text is a call that no parser has read; `None` where nothing is."""
        if (mark := call_mark(content)) is not None:
            return mark
        fenced = _FENCE.fullmatch(content)
        bare = (fenced[1] if fenced else content).strip()
        if not bare.startswith(("{", "[")):
            return None
        try:
            told = json.loads(bare)
        except (ValueError, RecursionError):
            return None
        calls = told if isinstance(told, list) else [told]
        named = bool(calls) and all(isinstance(each, Mapping) and self._is_call(each) for each in calls)
        return "a call as JSON" if named else None

    def extracted(self, reply: ToolReply) -> str | None:
        """What was read out of a reply, for a line: its calls, that there is none, or the mark of one in its text."""
        if reply.calls:
            return one_line("; ".join(call.shown for call in self.calls(reply)), _SHOWN)
        if not reply.content.strip():
            return None
        leak = self.leak(reply.content)
        return "no call" if leak is None else f"no call, but {leak} in the text"

    def _is_call(self, told: Mapping[str, Any]) -> bool:
        function = function_of(told)
        return function.get("name") in self._schemas and bool({"arguments", "parameters"} & function.keys())

    def _judged(self, call: ToolCall) -> JudgedCall:
        known = call.name in self._schemas
        try:
            arguments = read_arguments(call.arguments)
        except NotJson as error:
            return JudgedCall(call, None, False, known, str(error))
        if not known:
            return JudgedCall(call, arguments, True, False, None)
        return JudgedCall(call, arguments, True, True, problem_of(self._schemas[call.name], arguments))

    def _is_expected(self, calls: Sequence[JudgedCall]) -> bool:
        expected = self._case.expected or ()
        if len(calls) != len(expected) or len(calls) > _MOST_MATCHED:
            return False
        made = as_calls((call.call.name, call.arguments) for call in calls)
        return made is not None and same_calls(made, expected, self._schemas)

    def _forms_agree(self, forms: Sequence[FormReply]) -> bool:
        """Whether nothing shows that a stream differs from what is not streamed.

        The first two replies are compared, as JSON means them. Where they differ, both were asked again: if each form
        repeats itself, the form is what differs. If one does not, the server answers anew each time, and only this is
        looked at: whether one form's replies hold together and the other's do not, both times.
        """
        streamed, plain = ([each.reply for each in forms if each.streamed is form] for form in (True, False))
        if self._same_reply(streamed[0], plain[0]):
            return True
        if all(self._same_reply(replies[0], again) for replies in (streamed, plain) for again in replies[1:]):
            return False
        broken = [[self._is_broken(reply) for reply in replies] for replies in (streamed, plain)]
        return not any(all(one) and not any(other) for one, other in (broken, broken[::-1]))

    def _same_reply(self, one: ToolReply, other: ToolReply) -> bool:
        if one.said == other.said:
            return True
        if one.content.strip() != other.content.strip() or len(one.calls) != len(other.calls):
            return False
        return all(map(self._same_call, self.calls(one), self.calls(other)))

    def _same_call(self, one: JudgedCall, other: JudgedCall) -> bool:
        if one.call == other.call:
            return True
        if one.call.name != other.call.name or not (one.is_json and other.is_json):
            return False
        return json.dumps(one.arguments, sort_keys=True) == json.dumps(other.arguments, sort_keys=True)

    def _is_broken(self, reply: ToolReply) -> bool:
        """Whether a reply is none, has a call that its tools do not allow, or one in its text."""
        nothing = not reply.calls and not reply.content.strip()
        return nothing or self.leak(reply.content) is not None or any(call.mismatch for call in self.calls(reply))
