"""What was asked, as one text for somebody who reads the answers to it."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.contract.asked import Asked


def question(asked: Asked) -> str | None:
    """The last thing that the user said, with what was laid into the model's mouth after it.

    Where continuations were scored, their context and each of them on a line of its own. `None` where the text was not
    kept.
    """
    if asked.continuations:
        first = asked.continuations[0].context
        contexts = {each.context for each in asked.continuations}
        choices = [each.text if len(contexts) == 1 else each.context + each.text for each in asked.continuations]
        return "\n".join([*([first] if len(contexts) == 1 else []), *(f"· {choice.strip()}" for choice in choices)])
    said = [place for place, message in enumerate(asked.messages) if message.get("role") == "user"]
    told = [message_text(message) for message in asked.messages[said[-1] if said else 0 :]]
    return "\n".join(told) if told else None


def message_text(message: Mapping[str, str]) -> str:
    """What a message says: its text, and the calls that it makes as they were sent."""
    return "\n".join(message[name] for name in ("content", "tool_calls", "function_call") if message.get(name))


def offered_tools(asked: Asked) -> tuple[str, ...]:
    """The names of the tools that the request offers, in its order; one that has none is `?`."""
    tools = asked.body.get("tools") or asked.body.get("functions")
    return tuple(map(_name, tools)) if isinstance(tools, list) else ()


def _name(tool: object) -> str:
    function = tool.get("function", tool) if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else "?"
