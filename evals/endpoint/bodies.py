"""The bodies of HTTP answers as text without our own keys, and what of an error's body is for people."""

from __future__ import annotations

import json

from quantgate.evals.secrets import redacted


def decoded(body: bytes) -> str:
    """A body as text, without a byte-order mark and the keys that it repeats; JSON is UTF-8 (RFC 8259, section 8.1)."""
    return redacted(body.decode("utf-8-sig", "replace"))


def words_of(body: str) -> str:
    """What of an error's body is for people; the body itself where it is no JSON."""
    try:
        return error_text(json.loads(body))
    except (ValueError, RecursionError):
        return body


def error_text(error: object) -> str:
    """The human part of an error object as servers send it: OpenAI's `{"message": ...}`, a string, or anything else."""
    if isinstance(error, dict):
        inner = error.get("error")
        if isinstance(inner, dict | str):
            return error_text(inner)
        # OpenRouter says what its provider said beside a message that says nothing.
        metadata = error.get("metadata")
        raw = metadata.get("raw") if isinstance(metadata, dict) else None
        for key in ("message", "detail", "status_msg"):
            if error.get(key):
                return f"{error[key]}: {raw}" if isinstance(raw, str) and raw else str(error[key])
    return error if isinstance(error, str) else json.dumps(error, default=str)
