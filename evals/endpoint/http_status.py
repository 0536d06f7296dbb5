"""Which HTTP answers another try may heal, and when to try. Only the standard library: tau2's workers use it, too."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime

OVERLOAD_STATUS = frozenset({429, 503, 529})
"""The server has too much to do."""

REFUSING_STATUS = frozenset({401, 403, 404, 405})
"""The server would refuse every request: wrong key, address or model."""

_RETRIED_STATUS = frozenset({408, 409, 425, 429})


def is_retried(status: int) -> bool:
    """Whether another try may heal an answer with this HTTP status."""
    return status in _RETRIED_STATUS or status >= 500


def retry_after_s(value: str | None) -> float | None:
    """Seconds asked for by a `Retry-After` header, a number or an HTTP date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return seconds if 0 <= seconds < float("inf") else None
