"""One hash of values that is the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable


def canonical_hash(values: Iterable[object]) -> str:
    """SHA-256 over the values' JSON, keys sorted, one line each: the same on every machine and Python."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode())
        digest.update(b"\n")
    return digest.hexdigest()
