"""Which model of a source is read: there has to be one, or one is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.text import one_line

_SHOWN = 8
_LONGEST = 80


def chosen_model(path: Path, found: Iterable[str], wanted: str | None) -> str:
    """The model that is wanted, or the only one that a source holds results of; there is at least one.

    Raises
    ------
    UsageError
        When the one that is wanted is not there.
    DataError
        When there are several and none is named.
    """
    models = list(dict.fromkeys(found))
    if wanted is not None and wanted not in models:
        raise UsageError(f"--model {wanted}: {path} holds no such model; it holds {listed(models)}")
    if wanted is None and len(models) > 1:
        raise DataError(
            f"{path} holds results of {len(models):,} models, {listed(models)}: name the files of one of them, or one "
            "with `quantgate import --model`"
        )
    return wanted or models[0]


def listed(names: Sequence[str]) -> str:
    """The first few names, cut where they are long, and how many more there are."""
    shown = ", ".join(one_line(name, _LONGEST) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")
