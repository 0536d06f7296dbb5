"""Holds arguments against the JSON Schema of a tool, with `jsonschema`; nothing that a schema names is ever fetched.

A schema is somebody else's: a pattern may take for ever, which the graders' time limit ends, and one that is none, or
points to what is not in it, allows nothing, as in the verifiers of Kimi and MiniMax.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from quantgate.evals.text import excerpt

_MOST_KEPT = 4096
_SHOWN = 120

Check = Callable[[object], str | None]
"""Says in a line why a value is not what a schema allows; `None` where it is."""


def problem_of(schema: object, value: object) -> str | None:
    """Why a schema does not allow a value, in a line; `None` where it does.

    Without a schema any object is allowed. Formats are notes to the reader and not checked, as JSON Schema has it by
    default; a number without a fraction is an integer, however it is written.

    Examples
    --------
    >>> problem_of({"type": "object", "required": ["city"]}, {})
    "'city' is a required property"
    """
    if not isinstance(value, dict):
        return "arguments are no JSON object"
    return None if schema is None else _check(json.dumps(schema, sort_keys=True))(value)


@lru_cache(_MOST_KEPT)
def _check(schema_text: str) -> Check:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    schema: Any = json.loads(schema_text)
    try:
        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
        # An empty registry: the default one would fetch what a reference names.
        validator = kind(schema, registry=Registry())
    except (SchemaError, RecursionError, TypeError, ValueError) as error:
        return _never(f"the tool's schema is none: {excerpt(getattr(error, 'message', None) or str(error), _SHOWN)}")

    def check(value: object) -> str | None:
        try:
            error = next(iter(validator.iter_errors(value)), None)
        except Exception as failure:  # noqa: BLE001
            # A reference to what is not there, one that leads back to itself, a pattern that Python does not read.
            return f"the tool's schema cannot be used: {excerpt(f'{type(failure).__name__}: {failure}', _SHOWN)}"
        if error is None:
            return None
        where = "".join(f"[{part!r}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        return excerpt(f"{where.lstrip('.')}: {error.message}" if where else error.message, _SHOWN)

    return check


def _never(why: str) -> Check:
    return lambda _: why
