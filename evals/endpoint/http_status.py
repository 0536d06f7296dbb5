"""What HTTP statuses mean: which another try may heal, and when. Only the standard library: tau2's workers use it."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime

OVERLOAD_STATUS = frozenset({429, 503, 529})
"""The server has too much to do."""

REFUSING_STATUS = frozenset({401, 402, 403, 404, 405, 407, 410})
"""The server would refuse every request: wrong key, address or model, no credit, a proxy that wants a password."""

PRESERVING_REDIRECTS = frozenset({307, 308})
"""Redirects that keep method and body; the others turn a POST into a GET (RFC 9110, section 15.4)."""

_RETRIED_STATUS = frozenset({408, 409, 425, 429})


def is_retried(status: int) -> bool:
    """Whether another try may heal an answer with this HTTP status."""
    return status in _RETRIED_STATUS or status >= 500


def is_redirect(status: int) -> bool:
    """Whether the status says that what was asked for is at another address."""
    return 300 <= status < 400


def what_to_check(status: int, model: str) -> str:
    """What the user may do about a status that every request would meet."""
    if status in (401, 403):
        return "check the key (--api-key-env NAME names the variable that holds it; --header for one of another name)"
    if status == 402:
        return "payment is required: the account behind the key has no credit left"
    if status == 407:
        return (
            "the proxy wants a name and password: write them into HTTPS_PROXY or HTTP_PROXY as http://NAME:PASSWORD@"
            "HOST:PORT, or name this host in NO_PROXY"
        )
    if is_redirect(status):
        return "give the address that it points to as --base-url; a POST that is sent on would arrive as a GET"
    return f"check --model {model!r} and --base-url, which usually ends in /v1"


def retry_after_s(value: str | None, date: str | None = None) -> float | None:
    """Seconds asked for by a `Retry-After` header, a number or an HTTP date (RFC 9110, section 10.2.3).

    A date is held against the answer's own `Date`, where there is one: the server's clock is not this machine's.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = _moment(value)
        if moment is None:
            return None
        seconds = (moment - (_moment(date) or datetime.now(UTC))).total_seconds()
    return seconds if 0 <= seconds < float("inf") else None


def _moment(value: str | None) -> datetime | None:
    """An HTTP date; `None` for what is none."""
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
