"""How long the answers of two builds are, in completion tokens: a build that rambles is cut first and costs more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.checks.lengths import LengthComparison, Lengths, Ratio
from quantgate.evals.contract.records import Sample

_BINS = 24
_QUANTILES = (0.5, 0.95)
_SEED = 20_261
_MOST_DRAWS, _LEAST_DRAWS = 1000, 100
_WORK = 5_000_000
"""So many token counts are resampled in all; what is larger has narrow intervals with fewer draws."""


def completion_tokens(sample: Sample) -> int | None:
    """The completion tokens that the server told, `None` where it told none or nonsense."""
    told = (sample.usage or {}).get("completion_tokens")
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < 10**9 else None


def compare_lengths(baseline: Iterable[Sample], candidate: Iterable[Sample]) -> LengthComparison | None:
    """Compare the lengths of two builds' answers; `None` where fewer than two items have them on both sides.

    Items are resampled with all their answers, for both builds alike (percentile bootstrap, seeded).
    """
    ours, theirs = _by_item(baseline), _by_item(candidate)
    shared = sorted(ours.keys() & theirs.keys())
    if len(shared) < 2:
        return None
    left, right = (_Resampled([lengths[item] for item in shared]) for lengths in (ours, theirs))
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


def _by_item(samples: Iterable[Sample]) -> dict[str, list[int]]:
    lengths: dict[str, list[int]] = {}
    for sample in samples:
        tokens = completion_tokens(sample)
        if tokens is not None:
            lengths.setdefault(sample.item_id, []).append(tokens)
    return {item: sorted(tokens) for item, tokens in lengths.items()}


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

    def __init__(self, by_item: Sequence[Sequence[int]]) -> None:
        tokens = np.array([count for counts in by_item for count in counts])
        order = np.argsort(tokens, kind="stable")
        self.tokens = tokens[order]
        self._item = np.repeat(np.arange(len(by_item)), [len(counts) for counts in by_item])[order]

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
