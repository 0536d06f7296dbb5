"""Keys: named by an environment variable, so that none stands in a file or on a command line."""

from __future__ import annotations

import os

from quantgate.evals.errors import UsageError


def key_from_environment(option: str, variable: str | None) -> str | None:
    """The key that an environment variable holds, `None` when none is named.

    Raises
    ------
    UsageError
        When the variable is not set, or holds what no HTTP header can carry.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(f"{option} {variable}: the environment variable {variable} is not set")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"{option} {variable}: the key in it has characters that no header can carry")
    return key
