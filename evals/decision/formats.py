"""What several formats are called, and what each costs: names are unique, and nothing is given twice."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from quantgate.evals.errors import UsageError


def folder_names(baseline: Path, runs: Sequence[Path]) -> list[str]:
    """The runs' folder names. Raises UsageError for a folder given twice: a run against itself would always pass."""
    seen = {baseline.resolve(): "the baseline"}
    for run in runs:
        if before := seen.get(run.resolve()):
            raise UsageError(f"{run} is given twice: it is {before} already")
        seen[run.resolve()] = "one of the formats"
    return [run.resolve().name for run in runs]


def format_names(labels: Sequence[str], folders: Sequence[str]) -> list[str]:
    """What each run is called: its label; with its folder where others share the label; with a number if need be."""
    shared = Counter(labels)
    names = [f"{a} ({b})" if shared[a] > 1 else a for a, b in zip(labels, folders, strict=True)]
    repeated = Counter(names)
    return [f"{name} #{i + 1}" if repeated[name] > 1 else name for i, name in enumerate(names)]


def format_costs(
    given: Iterable[tuple[str, float]], names: Sequence[str], labels: Sequence[str], folders: Sequence[str]
) -> dict[str, float]:
    """The formats' costs by their names.

    Parameters
    ----------
    given
        What a format is called (its name, label or folder) with its cost, in any unit.
    names, labels, folders
        Those of the formats, in one order.

    Raises
    ------
    UsageError
        For a name that is none, a cost below 0 or given twice, or when some formats have a cost and others none.
    """
    costs: dict[str, float] = {}
    for called, cost in given:
        if not 0 <= cost < math.inf:
            raise UsageError(f"--cost {called}={cost:g}: a cost is a number of 0 or more")
        name = _called(called, names, labels, folders)
        if name in costs:
            raise UsageError(f"--cost {called}={cost:g}: the cost of {name} is given twice")
        costs[name] = cost
    missing = [name for name in names if name not in costs]
    if costs and missing:
        raise UsageError(f"--cost: {', '.join(missing)} has none; give a cost for every format, or for none")
    return costs


def _called(called: str, names: Sequence[str], labels: Sequence[str], folders: Sequence[str]) -> str:
    for kind in (names, labels, folders):
        found = [name for name, key in zip(names, kind, strict=True) if key == called]
        if len(found) == 1:
            return found[0]
    known = list(dict.fromkeys([*names, *folders]))
    if called in labels or called in folders:
        raise UsageError(f"--cost {called}: several formats are called so; they are told apart as {', '.join(names)}")
    near = difflib.get_close_matches(called, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise UsageError(f"--cost {called}: no format is called so{hint} The formats are {', '.join(names)}")
