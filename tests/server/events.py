"""The server-sent events of a streamed chat completion."""

from __future__ import annotations

import json
import re
from typing import Any


def event(document: Any, end: bytes = b"\n\n") -> bytes:
    """One server-sent event."""
    text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
    return b"data: " + text.encode() + end


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **beside: Any) -> dict[str, Any]:
    """One chunk of a streamed chat completion, as vLLM writes it."""
    return {
        "id": "chatcmpl-8f14e45fceea167a5a36dedd4bea2543",
        "object": "chat.completion.chunk",
        "created": 1764208800,
        "model": "test-model",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
        **beside,
    }


def split_words(text: str | None) -> list[str]:
    """A text as tokens: its words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text or "")
