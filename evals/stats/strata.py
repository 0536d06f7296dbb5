"""The strata of a macro average: which item belongs to which, and what share each has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantgate.evals.stats.checks import FloatArray


@dataclass(frozen=True)
class Stratum:
    """The items of one stratum: its name ("" for all items), share of the macro average, and sorted differences."""

    name: str
    weight: float
    values: FloatArray


def split_strata(
    values: FloatArray, strata: Sequence[str] | None, weights: Mapping[str, float] | None
) -> tuple[Stratum, ...]:
    """The strata in the order of their names, without those of weight 0; one stratum where none are named.

    Raises
    ------
    ValueError
        Lengths or weights that do not fit.
    """
    if strata is None:
        if weights is not None:
            raise ValueError("weights were given without strata: say to which stratum each item belongs")
        return (Stratum("", 1.0, np.sort(values)),)
    names = [str(name) for name in strata]
    if len(names) != len(values):
        raise ValueError(f"strata names {len(names)} items, but there are {len(values)} differences")
    known, index = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    present = [str(name) for name in known]
    shares = _checked_weights(present, weights)
    return tuple(
        Stratum(name, share, np.sort(values[index == i]))
        for i, (name, share) in enumerate(zip(present, shares, strict=True))
        if share > 0
    )


def _checked_weights(present: list[str], weights: Mapping[str, float] | None) -> list[float]:
    if weights is None:
        return [1 / len(present)] * len(present)
    if unknown := sorted(set(weights) - set(present)):
        raise ValueError(f"weights names strata without items: {', '.join(unknown)}; known are {', '.join(present)}")
    if missing := [name for name in present if name not in weights]:
        raise ValueError(f"weights says nothing about the strata {', '.join(missing)}")
    for name in present:
        if not 0 <= weights[name] < math.inf:
            raise ValueError(f"weights[{name!r}] is {weights[name]}, not a finite number of 0 or more")
    total = math.fsum(weights.values())
    if total <= 0:
        raise ValueError("weights are all 0: there is nothing to average")
    return [weights[name] / total for name in present]
