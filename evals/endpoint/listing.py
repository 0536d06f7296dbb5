"""What `/models` lists: information about an endpoint, which may be wrong or missing where chat works."""

from __future__ import annotations

import json
from typing import Any

from quantgate.evals.errors import RequestRefused


class NoListing(RequestRefused):
    """`/models` answers, but with no list of models; `reason` says with what."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_listing(body: str) -> list[dict[str, Any]]:
    """The entries of a list of models: under `data`, bare, or with nothing but names.

    Raises
    ------
    ValueError
        When the body is no such list.
    """
    try:
        document = json.loads(body, parse_constant=str)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    bare = isinstance(document, list)
    listed = document if bare else document.get("data") if isinstance(document, dict) else None
    if not isinstance(listed, list) or (bare and not listed):
        raise ValueError("no list of models")
    entries = [{"id": entry} if isinstance(entry, str) else entry for entry in listed]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("entries that describe no model")
    return [{str(name): value for name, value in entry.items()} for entry in entries]
