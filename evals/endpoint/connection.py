"""How an endpoint is asked, beside its address, the model and the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STALL_S = 300.0
"""Seconds without a token after which a stream is taken to hang."""

MAX_IN_FLIGHT = 1000
"""The most requests that are ever in flight at once: the size of the connection pool of `openai`'s client."""

MOST_MB = 64
"""How long one answer may be, unless said otherwise."""

OMITTABLE = ("seed", "max_tokens", "temperature", "top_p", "stop")
"""Parameters that can be left out of every request."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How an endpoint is asked.

    `stream` says whether answers are streamed; `None` leaves it to what the server does well. `headers` are sent with
    every request and never written down, `omit` names the parameters that are left out, `max_tokens_field` is the name
    of the token budget, `None` to take the one that the server asks for. `ca_bundle` holds certificates to trust,
    `most_bytes` says how long an answer may be.
    """

    stream: bool | None = None
    stall_s: float = STALL_S
    omit: frozenset[str] = frozenset()
    max_tokens_field: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: Path | None = None
    most_bytes: int = MOST_MB << 20
