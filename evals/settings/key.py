"""Keys: named by an environment variable, so that none stands in a file or on a command line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import learn, looks_like_key

OPEN_KEY = "a key would be recorded there: --api-key-env and --header send one from an environment variable"
"""What is said of a key where it does not belong; never with the key."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_NAME = re.compile(r"(?=.{1,40}$)(?:[A-Z]{1,12}|[A-Z0-9]*(?:_[A-Z0-9]*)+)")
_MOST_DIGITS = 4

_OF_KEYS = frozenset({
    "apikey", "xapikey", "apitoken", "accesstoken", "authtoken", "bearertoken", "idtoken", "auth",
    "authorization", "bearer", "password", "passwd", "secret", "clientsecret", "secretkey", "credentials",
})  # fmt: skip
"""Names of what holds a key, without their separators."""


def key_from_environment(option: str, variable: str | None) -> str | None:
    """The key that an environment variable holds, `None` when none is named; from now on no text shows it.

    Raises
    ------
    UsageError
        When the variable is not set, or holds what no HTTP header can carry. What may be a key where the variable's
        name belongs is not repeated.
    """
    if variable is None:
        return None
    check_variable(option, variable)
    key = _held_by(variable)
    if not key:
        raise UsageError(f"{option} {variable}: the environment variable {variable} is not set")
    learn(key, option)
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"{option} {variable}: the key in it has characters that no header can carry")
    return key


def check_variable(option: str, variable: str) -> None:
    """Raise UsageError for what is neither set nor plainly a variable's name, and so may be the key itself."""
    if not _held_by(variable) and not _is_plain_name(variable):
        raise UsageError(
            f"{option}: no environment variable is called so: give the name of the variable that holds the key, as "
            "MY_API_KEY, and never the key itself, which others could read"
        )


def _held_by(variable: str) -> str:
    return os.environ.get(variable, "").strip() if _VARIABLE.fullmatch(variable) else ""


def place_of_key(value: object, place: str = "") -> str | None:
    """Where in a JSON value there is a key: under a name that says so, or by its look; `None` where there is none."""
    for name, inner, above in _members(value, place):
        holds = bool(inner) and isinstance(inner, str)
        if holds and (names_a_key(name) or looks_like_key(str(inner))):
            return above or "its text"
    return None


def names_a_key(name: str) -> bool:
    """Whether what is called so holds a key, as `api_key` and `Authorization` do."""
    return re.sub(r"[^a-z]", "", name.lower()) in _OF_KEYS


def _members(value: object, place: str) -> Iterator[tuple[str, object, str]]:
    waiting: list[tuple[str, object, str]] = [("", value, place)]
    while waiting:
        name, inner, above = waiting.pop()
        yield name, inner, above
        if isinstance(inner, Mapping):
            # A name may be a key itself.
            waiting += [("", str(key), above) for key in inner]
            waiting += [(str(key), each, f"{above}.{key}" if above else str(key)) for key, each in inner.items()]
        elif isinstance(inner, list | tuple):
            waiting += [(name, each, above) for each in inner]


def _is_plain_name(variable: str) -> bool:
    """Whether a text is so plainly a variable's name that it may be repeated."""
    named = _PLAIN_NAME.fullmatch(variable) is not None
    return named and sum(map(str.isdigit, variable)) <= _MOST_DIGITS and not looks_like_key(variable)
