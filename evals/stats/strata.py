"""The units of a mean over items: single items or clusters of them, in one pool or in the strata of a macro average."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Differences closer than this are one value: 1/3 - 2/3 and -1/3 are not the same number in floating point.
_DECIMALS = 12


@dataclass(frozen=True, eq=False)
class Stratum:
    """The units of one stratum and its share of the macro average; 1 for the only one.

    `values`, shape (units,), ascending, are the units' mean differences, `sizes` their numbers of items. Where `times`
    is given each of them stands for so many units, which need not be a whole number.
    """

    weight: float
    values: FloatArray
    sizes: FloatArray
    times: FloatArray | None = None

    @property
    def units(self) -> float:
        """How many units there are."""
        return float(len(self.values)) if self.times is None else float(self.times.sum())

    @property
    def items(self) -> float:
        """How many items the units have."""
        return float((self.sizes if self.times is None else self.sizes * self.times).sum())

    @property
    def mean(self) -> float:
        """The mean over items; fsum rounds once, at the end, so that their order cannot show."""
        return math.fsum(self.values * self.sizes) / float(self.sizes.sum())

    @property
    def single(self) -> bool:
        """Whether all units are single items, or clusters of the same size."""
        return bool((self.sizes == self.sizes[0]).all())

    @property
    def key(self) -> tuple[float, ...]:
        """What the stratum holds, for an order of strata that does not rest on their names."""
        return (self.units, self.weight, *self.values, *self.sizes, *(() if self.times is None else self.times))

    def with_unseen(self, most: int) -> tuple[FloatArray, FloatArray | None, FloatArray]:
        """As `counted`, with one unit more, as large as the largest and lost; sizes are None where all are alike."""
        values, sizes, masses = self.counted(most)
        values = np.concatenate([[-1.0], values])
        masses = np.concatenate([[1.0], masses])
        if not self.single:
            return values, np.concatenate([[sizes.max()], sizes]), masses
        if values[1] == -1.0:
            values, masses = values[1:], np.concatenate([[masses[1] + 1.0], masses[2:]])
        return values, None, masses

    def counted(self, most: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The distinct (value, size) pairs, ascending in value, with their numbers: values, sizes, masses.

        Where values of units of one size are more than `most`, they are put on a grid of that many. A value between two
        of its points is shared by both in the proportion that keeps its mean. That spreads the weighted mean a little
        (in the convex order), so bounds move outwards: with 4,001 points by no more than .00025/sqrt(n) of standard
        deviation, added in quadrature, would make them.
        """
        rounded = np.round(self.values, _DECIMALS) + 0.0
        if not self.single:
            pairs, place_of = np.unique(np.column_stack([rounded, self.sizes]), axis=0, return_inverse=True)
            return pairs[:, 0], pairs[:, 1], np.bincount(place_of.ravel(), self.times).astype(np.float64)
        # By the values alone: that sorts them some ten times as fast as pairs.
        if self.times is None:
            values, numbers = np.unique(rounded, return_counts=True)
        else:
            values, place_of = np.unique(rounded, return_inverse=True)
            numbers = np.bincount(place_of, self.times)
        sizes, masses = np.full(len(values), self.sizes[0]), numbers.astype(np.float64)
        if len(values) <= most:
            return values, sizes, masses
        place = (values + 1) * ((most - 1) / 2)
        left = np.minimum(np.floor(place).astype(np.intp), most - 2)
        spread: FloatArray = np.bincount(left, masses * (1 - (place - left)), most).astype(np.float64)
        spread += np.bincount(left + 1, masses * (place - left), most)
        used = spread > 0
        return np.linspace(-1.0, 1.0, most)[used], np.full(int(used.sum()), sizes[0]), spread[used]


def split_strata(
    values: FloatArray,
    strata: Sequence[str] | None,
    weights: Mapping[str, float] | None,
    clusters: Sequence[str] | None = None,
) -> tuple[Stratum, ...]:
    """The strata that have a weight, in an order that does not depend on their names; one where none are named.

    Parameters
    ----------
    values
        Shape (n,), the differences of single items.
    strata
        Shape (n,), the stratum of each.
    weights
        Weight of each stratum, scaled to sum to 1; equal when omitted.
    clusters
        Shape (n,), the cluster of each; items of one name in two strata are two clusters. Single items when omitted.

    Raises
    ------
    ValueError
        Lengths or weights that do not fit.
    """
    groups = None if clusters is None else _names("clusters", clusters, len(values))
    if strata is None:
        if weights is not None:
            raise ValueError("weights were given without strata: say to which stratum each item belongs")
        return (_stratum(1.0, values, groups),)
    names = _names("strata", strata, len(values))
    known, index = np.unique(names, return_inverse=True)
    shares = _checked_weights([str(name) for name in known], weights)
    found = [
        _stratum(share, values[index == place], None if groups is None else groups[index == place])
        for place, share in enumerate(shares)
        if share > 0
    ]
    return tuple(sorted(found, key=lambda stratum: stratum.key))


def _names(what: str, names: Sequence[str], n: int) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    if len(names) != n:
        raise ValueError(f"{what} names {len(names)} items, but there are {n} differences")
    return np.asarray([str(name) for name in names], dtype=str)


def _stratum(weight: float, values: FloatArray, groups: np.ndarray[tuple[int], np.dtype[np.str_]] | None) -> Stratum:
    if groups is None:
        return Stratum(weight, np.sort(values), np.ones(len(values)))
    order = np.lexsort((values, groups))
    _, starts, counts = np.unique(groups[order], return_index=True, return_counts=True)
    sizes = counts.astype(np.float64)
    means = np.add.reduceat(values[order], starts) / sizes
    place = np.lexsort((sizes, means))
    return Stratum(weight, means[place], sizes[place])


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
