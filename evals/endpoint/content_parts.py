"""Reads a message's text and thoughts, whether they come as text or as a list of typed parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_THOUGHT_TYPES = ("think", "thought", "reason", "summary")
"""Mistral's and Anthropic's `thinking`, OpenRouter's `reasoning.text`, the Responses API's `summary_text`."""

_TEXT_FIELDS = ("text", "thinking", "reasoning", "content", "summary", "value")

# Where thoughts have a field of their own, in this order; the first that holds any is taken, for some servers send the
# same thoughts in several: vLLM, SGLang, DeepSeek, Moonshot; newer vLLM, OpenRouter, Ollama, Groq; the Responses API;
# Anthropic's form in proxies; LiteLLM; OpenRouter and MiniMax; relays of Gemini.
_THOUGHT_FIELDS = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thinking_blocks",
    "reasoning_details",
    "thoughts",
)

_DEEPEST = 8


@dataclass(slots=True)
class Parts:
    """What a message's content holds: text for the reader, thoughts, and the words of a refusal, each in order."""

    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)


def read_content(content: object) -> Parts | None:
    """The parts of a message's `content`: text, a list of parts, or one part; `None` for what is none of these.

    Parts of other kinds (images, references, tool calls) hold no text and are left out.
    """
    parts = Parts()
    if content is None:
        return parts
    if isinstance(content, str):
        parts.text.append(content)
        return parts
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list) or not all(isinstance(part, Mapping | str) for part in content):
        return None
    for part in content:
        if isinstance(part, str):
            parts.text.append(part)
            continue
        kind = str(part.get("type") or "text").casefold()
        if "refus" in kind:
            parts.refusal.append("".join(_texts(part.get("refusal") or part.get("text"))))
        elif part.get("thought") is True or any(name in kind for name in _THOUGHT_TYPES):
            parts.thoughts.append("".join(_texts(part)))
        elif "text" in kind:
            parts.text.append("".join(_texts(part)))
    return parts


def read_thoughts(message: Mapping[str, Any]) -> str | None:
    """The thoughts that a message has in a field of their own."""
    for name in _THOUGHT_FIELDS:
        if thoughts := "".join(_texts(message.get(name))):
            return thoughts
    return None


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """The text of a value, however many lists and parts it is wrapped in."""
    if isinstance(value, str):
        yield value
    elif depth > _DEEPEST:
        return
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, Mapping):
        for name in _TEXT_FIELDS:
            if value.get(name):
                yield from _texts(value[name], depth + 1)
                return
