"""The formats that can be read; the module of one is imported when it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.types import ForeignRun, Format
from quantgate.evals.runs.record import RUN_FILE

AUTO = "auto"
_PLACES = {
    "inspect": "inspect_logs:INSPECT",
    "lm-eval": "lm_eval:LM_EVAL",
    "evalscope": "evalscope:EVALSCOPE",
    "nemo": "nemo:NEMO",
    "tau2": "tau2:TAU2",
    "every-eval-ever": "every_eval_ever:EVERY_EVAL_EVER",
    "mlflow": "mlflow:MLFLOW",
    "simple-evals": "simple_evals:SIMPLE_EVALS",
    "lighteval": "lighteval:LIGHTEVAL",
    "csv": "table:CSV",
    "jsonl": "table:JSONL",
    "parquet": "table:PARQUET",
}
"""For each format its module here, and its `Format` there; the more particular ones stand first."""

NAMES = tuple(_PLACES)
_PACKED = frozenset({".gz", ".tgz", ".zst", ".zip", ".xz", ".bz2", ".lz4", ".7z", ".tar"})


def format_of(name: str) -> Format:
    """A format by its name. Raises UsageError for one that there is not."""
    if name not in _PLACES:
        raise UsageError(f"no format is called {name!r}; there are {AUTO}, {', '.join(NAMES)}")
    module, _, attribute = _PLACES[name].partition(":")
    found = getattr(import_module(f"quantgate.evals.foreign.{module}"), attribute)
    assert isinstance(found, Format)
    return found


def recognised(path: Path) -> Format | None:
    """The format that a path is of, `None` where it is of none."""
    return next((each for each in _formats() if each.recognises(path)), None)


def found_format(name: str, path: Path) -> Format:
    """The format that is named, or that a path is of where the name is `auto`.

    Raises
    ------
    UsageError
        When there is no such format.
    DataError
        When the path is missing, or of no format: in one line.
    """
    if not path.exists():
        raise DataError(f"{path}: there is nothing of that name")
    if (path / RUN_FILE).is_file():
        raise DataError(f"{path} is a run directory already, which `gate` and all else take as it is")
    found = format_of(name) if name != AUTO else recognised(path)
    if found is None:
        raise DataError(_of_none(path))
    return found


def read_source(name: str, path: Path) -> ForeignRun:
    """What a source holds. Raises as `found_format`, and DataError for what is broken."""
    return found_format(name, path).read(path)


def _of_none(path: Path) -> str:
    """Why a path is of no format, as far as its name tells."""
    packed = path if path.suffix.lower() in _PACKED else None
    if path.is_dir():
        packed = next((each for each in sorted(path.glob("*")) if each.suffix.lower() in _PACKED), None)
    if packed is not None:
        return f"{packed}: it is compressed: unpack it, and name what comes out"
    why = "it holds nothing of" if path.is_dir() else "it is none of"
    ask = f"`quantgate import FORMAT {path}` says what is missing for one of them"
    return f"{path}: {why} the formats {', '.join(NAMES)}; {ask}"


def _formats() -> Iterator[Format]:
    return map(format_of, NAMES)
