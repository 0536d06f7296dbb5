"""A value that settings cannot have, in one line: where it stands, what was given, what is allowed."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from quantgate.evals.endpoint.connection import MAX_IN_FLIGHT
from quantgate.evals.secrets import without_keys

UNSHOWN = re.compile(r"key|header|base_url|extra_body")
"""Options whose values may hold a key: a message about them does not repeat them."""


def explain(
    error: ValidationError,
    model: type[BaseModel],
    file: Path | Traversable | None,
    from_file: frozenset[str],
    more_names: Collection[str] = (),
) -> str:
    """A validation error as one line: where, what was given, what is allowed, and the nearest name of an unknown key.

    `from_file` names the keys that come from the file; the others are the command line's. `more_names` are known keys
    besides the model's own.
    """
    first = error.errors()[0]
    place = place_of(first)
    name = str(first["loc"][0]) if first["loc"] else ""
    where = f"{file}: {place}" if name in from_file else option_of(place)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), [*model.model_fields, *more_names], n=1)
        return f"{where} is not known" + (f"; did you mean {near[0]}?" if near else "")
    if first["type"] == "missing":
        return f"{option_of(place)} is missing: give it on the command line or as {place}: in --config"
    if not first["loc"]:
        said = first["msg"].removeprefix("Value error, ")
        return said if file is None else f"{file}: {said}"
    return wrong_value(first, place, where)


def wrong_value(first: ErrorDetails, place: str, where: str) -> str:
    """What is wrong with the value of `place`, whose name in full is `where`; what may be a key is not repeated."""
    said = first["msg"].removeprefix("Value error, ")
    if place.rpartition(".")[2] == "concurrency":
        said = f"give a number from 1 to {MAX_IN_FLIGHT}, or auto"
    given = "" if UNSHOWN.search(place) else f" {shown(first['input'])}"
    return f"{where}{given}: {said[:1].lower()}{said[1:]}"


def place_of(first: ErrorDetails) -> str:
    """The names that lead to a value, with dots between them."""
    return ".".join(str(part) for part in first["loc"] if not str(part).startswith(("literal", "constrained", "int")))


def option_of(place: str) -> str:
    """The command line's name of what is called so in a file."""
    return "--" + place.partition(".")[0].replace("_", "-")


def shown(value: object) -> str:
    """A value that was given, on a short line, without what looks like a key."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return f"({type(value).__name__})"
    text = without_keys(text)
    return text if len(text) <= 60 else text[:57] + '..."'
