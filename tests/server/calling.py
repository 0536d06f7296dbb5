"""A model that calls tools: for each question of a task it gives the reply that a test has written for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from quantgate.evals.contract.task import Task
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply
from tests.server.served import Reply, Rule


def answering(task: Task, reply_to: Callable[[str, str], ToolReply]) -> Rule:
    """A rule that finds the item that is asked by its messages and tools, and replies with `reply_to(model, item_id)`.

    What is no item of the task is answered with a call of the first tool that is offered, else with text.
    """
    known: dict[str, str] = {}
    for item in task.items():
        prompt = task.prompt(item, 0)
        known[_key({"messages": list(prompt.messages), **prompt.body})] = item.item_id

    def rule(body: dict[str, Any]) -> Reply:
        item_id = known.get(_key(body))
        if item_id is not None:
            return Reply(body=message(body, reply_to(body["model"], item_id)))
        if tools := body.get("tools"):
            return Reply(body=message(body, ToolReply("", (ToolCall(tools[0]["function"]["name"], "{}"),))))
        return Reply("I have no tools.")

    return rule


def message(body: Mapping[str, Any], reply: ToolReply) -> str:
    """A chat completion with these calls, as vLLM writes it."""
    calls = [
        {"id": f"call-{place}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for place, call in enumerate(reply.calls)
    ]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.content or None, "tool_calls": calls},
        "finish_reason": "tool_calls" if calls else "stop",
    }
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return json.dumps({"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage})


def _key(body: Mapping[str, Any]) -> str:
    return json.dumps([body["messages"], body.get("tools")], sort_keys=True)
