"""How long the answers of two builds are, in completion tokens: a build that rambles is cut first and costs more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.checks.lengths import LengthComparison, Lengths, Ratio
from quantgate.evals.samples.columns import Columns

_BINS = 24
_QUANTILES = (0.5, 0.95)
_SEED = 20_261
_MOST_TOKENS = 10**9
_MOST_DRAWS, _LEAST_DRAWS = 1000, 100
_WORK = 5_000_000
"""So many token counts are resampled in all; what is larger has narrow intervals with fewer draws."""


def compare_lengths(baseline: Columns, candidate: Columns) -> LengthComparison | None:
    """Compare the lengths of two builds' answers; `None` where fewer than two items have them on both sides.

    A number of tokens that no answer has is taken for untold. Items are resampled with all their answers, for both
    builds alike (percentile bootstrap, seeded).
    """
    ours, theirs = _told(baseline), _told(candidate)
    shared = sorted({*ours.item.present()} & {*theirs.item.present()})
    if len(shared) < 2:
        return None
    left, right = (_Resampled(samples, shared) for samples in (ours, theirs))
    shortest, longest = min(left.tokens[0], right.tokens[0]), max(left.tokens[-1], right.tokens[-1])
    edges = np.geomspace(shortest, longest + 1, _BINS + 1)
    medians, tails = _ratios(left, right, len(shared))
    return LengthComparison(
        edges=tuple(float(edge) for edge in edges),
        baseline=_lengths(left.tokens, edges),
        candidate=_lengths(right.tokens, edges),
        median_ratio=medians,
        p95_ratio=tails,
    )


def _told(samples: Columns) -> Columns:
    tokens = samples.completion_tokens
    return samples.take((tokens > 0) & (tokens < _MOST_TOKENS))


def _lengths(tokens: NDArray[np.int64], edges: NDArray[np.float64]) -> Lengths:
    median, p95 = np.quantile(tokens, _QUANTILES, method="inverted_cdf")
    return Lengths(
        answers=len(tokens),
        mean=float(tokens.mean()),
        median=float(median),
        p95=float(p95),
        counts=tuple(int(count) for count in np.histogram(tokens, edges)[0]),
    )


class _Resampled:
    """One build's lengths, sorted once: a resample of items only weighs them anew."""

    def __init__(self, samples: Columns, items: Sequence[str]) -> None:
        place_of = {name: place for place, name in enumerate(items)}
        place = np.array([place_of.get(name, -1) for name in samples.item.names], dtype=np.intp)[samples.item.codes]
        tokens, place = samples.completion_tokens[place >= 0], place[place >= 0]
        order = np.lexsort((place, tokens))
        self.tokens = tokens[order]
        self._item = place[order]

    def quantiles(self, times: NDArray[np.intp]) -> NDArray[np.float64]:
        """Median and 95th percentile (the inverse of the distribution function) with item i taken `times[i]` times."""
        reached = np.cumsum(times[self._item])
        wanted = np.searchsorted(reached, np.array(_QUANTILES) * reached[-1])
        return np.asarray(self.tokens[wanted], dtype=np.float64)


def _ratios(left: _Resampled, right: _Resampled, items: int) -> tuple[Ratio, Ratio]:
    draws = int(np.clip(_WORK / (len(left.tokens) + len(right.tokens)), _LEAST_DRAWS, _MOST_DRAWS))
    generator = np.random.default_rng(_SEED)

    def ratios(times: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.asarray(right.quantiles(times) / left.quantiles(times))

    seen = ratios(np.ones(items, dtype=np.intp))
    drawn = np.array(
        [ratios(np.bincount(generator.integers(items, size=items), minlength=items)) for _ in range(draws)]
    )
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return Ratio(float(seen[0]), float(low[0]), float(high[0])), Ratio(float(seen[1]), float(low[1]), float(high[1]))
