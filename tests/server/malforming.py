"""A served model that answers the generated requests with tools rightly, but for a known number of each kind of fault.

Which requests get which fault follows from a seed, so that two builds are as alike as their seeds say. As a process:
`python -m tests.server.malforming --port 8000 --fault InvalidJson=12 --fault lost=5 --seed 1`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from quantgate.tasks.tool_calls.case import Case
from quantgate.tasks.tool_calls.generated import generated
from tests.server.events import chunk, event
from tests.server.served import Reply, Rule, ServedModel

Message = dict[str, Any]
_PIECE = 5
"""Characters of arguments that one event of a stream brings."""


def _calls(case: Case) -> list[tuple[str, str]]:
    return [(call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in case.expected or ()]


def _message(calls: Sequence[tuple[str, str]], content: str | None = None, **more: str) -> Message:
    told = [
        {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for place, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": content, **({"tool_calls": told} if told else {}), **more}


def _right(case: Case) -> Message:
    return _message(_calls(case)) if case.due else _message((), "Gladly: it is Paris.")


def _last(case: Case, change: Callable[[str, str], tuple[str, str]]) -> Message:
    *before, (name, arguments) = _calls(case)
    return _message([*before, change(name, arguments)])


def _leaked(case: Case) -> str:
    name, arguments = _calls(case)[0]
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


FAULTS: Mapping[str, Callable[[Case], Message]] = {
    "InvalidJson": lambda case: _last(case, lambda name, arguments: (name, arguments[:-1])),
    "UnknownName": lambda case: _last(case, lambda name, arguments: (f"functions.{name}", arguments)),
    "SchemaMismatch": lambda case: _last(case, lambda name, arguments: (name, '{"unasked": 1}')),
    "lost": lambda case: _message((), "I have done so."),
    "leaked": lambda case: _message((), _leaked(case)),
    "reasoning": lambda case: _message((), None, reasoning_content="I should call it."),
    "wrong": lambda case: _last(case, lambda name, arguments: (name, _otherwise(arguments))),
    "needless": lambda case: _message([(case.tools[0]["function"]["name"], "{}")]),
    "streamed": lambda case: _last(case, lambda name, arguments: (name, arguments[:-1])),
}
"""What can be wrong with a reply; `needless` where no call is due, `streamed` in streams alone."""


def _otherwise(arguments: str) -> str:
    """Arguments that are as valid and not those that were asked for."""
    told = json.loads(arguments)
    if "query" in told:
        told["query"] += "!"
    elif "contact" in told:
        told["contact"]["name"] += "!"
    else:
        told["id"] = "ZZ-0000"
    return json.dumps(told)


def key_of(body: Mapping[str, Any]) -> str:
    """What a request is known by."""
    return json.dumps([body["messages"], body["tools"]], sort_keys=True)


def chosen_faults(cases: Sequence[Case], counts: Mapping[str, int], seed: int = 0) -> dict[str, str]:
    """The fault of each item that gets one, by its id."""
    draw = random.Random(seed)
    due, others = ([case.item_id for case in cases if bool(case.due) is wanted] for wanted in (True, False))
    draw.shuffle(due)
    draw.shuffle(others)
    chosen: dict[str, str] = {}
    for fault, count in counts.items():
        left = others if fault == "needless" else due
        chosen |= {left.pop(): fault for _ in range(count)}
    return chosen


def malforming(cases: Sequence[Case], faults: Mapping[str, str], unsteady: bool = False) -> Rule:
    """Answers by the cases, with the fault of each item that has one; `unsteady` says something else in each reply."""
    known = {key_of({"messages": list(case.messages), "tools": list(case.tools)}): case for case in cases}
    asked = iter(range(10**9))

    def rule(body: dict[str, Any]) -> Reply:
        if "tools" not in body:
            return Reply("The answer is 5.")
        case = known.get(key_of(body))
        if case is None:
            return _sent(body, _message([("get_weather", '{"city": "Paris"}')]))
        fault = faults.get(case.item_id)
        if fault is None or (fault == "streamed" and not body.get("stream")):
            message = _right(case)
            if unsteady:
                message["content"] = f"{message['content'] or 'So be it'} ({next(asked)})"
            return _sent(body, message)
        return _sent(body, FAULTS[fault](case))

    return rule


def _sent(body: Mapping[str, Any], message: Message) -> Reply:
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return Reply(body=json.dumps({"model": body["model"], "choices": [choice], "usage": usage}))
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{name: message[name]} for name in ("reasoning_content", "content") if message.get(name)]
    for place, call in enumerate(message.get("tool_calls", ())):
        name, text = call["function"]["name"], call["function"]["arguments"]
        begun = {"index": place, "id": call["id"], "type": "function", "function": {"name": name, "arguments": ""}}
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        deltas += [{"tool_calls": [begun]}]
        deltas += [{"tool_calls": [{"index": place, "function": {"arguments": piece}}]} for piece in pieces]
    model = {"model": body["model"]}
    events = [event({**chunk(delta), **model}) for delta in deltas]
    events += [event({**chunk({}, reason), **model}), event({"choices": [], "usage": usage, **model}), event("[DONE]")]
    return Reply(stream=[b"".join(events)])


def main() -> None:
    """Serve the generated requests of a seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fault", action="append", default=[], help="NAME=COUNT")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unsteady", action="store_true")
    options = parser.parse_args()
    counts = {name: int(count) for name, _, count in (each.partition("=") for each in options.fault)}
    cases = generated()
    rule = malforming(cases, chosen_faults(cases, counts, options.seed), options.unsteady)
    web.run_app(ServedModel(rule).app(), host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
