"""Which model a reply says that it is of: any type, any length, made fit to be stored and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from quantgate.evals.contract.records import Origin
from quantgate.evals.text import excerpt

_LONGEST = 200


def origin_of(document: Mapping[str, object]) -> Origin:
    """The `model` and the `system_fingerprint` of a completion; null, empty and absent alike tell nothing.

    What is no text is taken as its JSON. What is too long or cannot be printed is shortened, with a hash of the whole,
    so that different ones stay different.
    """
    return Origin(_told(document.get("model")), _told(document.get("system_fingerprint")))


def _told(value: object) -> str | None:
    if value is None or value in ("", False, [], {}):
        return None
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    text = text.strip()
    if len(text) <= _LONGEST and text.isprintable():
        return text or None
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{excerpt(text, _LONGEST // 2)} (sha256 {digest})"
