"""The forms in which a run can be written; the module of one is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from quantgate.evals.errors import UsageError
from quantgate.evals.foreign.export.types import Target

_PLACES = {
    "lm-eval": "lm_eval:LM_EVAL",
    "csv": "table:CSV",
    "jsonl": "table:JSONL",
    "parquet": "table:PARQUET",
    "inspect": "inspect_log:INSPECT",
    "every-eval-ever": "every_eval_ever:EVERY_EVAL_EVER",
}
"""For each target its module here, and its `Target` there."""

NAMES = tuple(_PLACES)


def target_of(name: str) -> Target:
    """A target by its name. Raises UsageError for one that there is not."""
    if name not in _PLACES:
        raise UsageError(f"--to {name}: there is no such target; there are {', '.join(NAMES)}")
    module, _, attribute = _PLACES[name].partition(":")
    found = getattr(import_module(f"quantgate.evals.foreign.export.{module}"), attribute)
    assert isinstance(found, Target)
    return found
