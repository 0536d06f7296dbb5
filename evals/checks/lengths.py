"""What is told of the lengths of two builds' answers, in completion tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lengths:
    """Completion tokens of one build's answers, thoughts included: how many were told, quantiles, and a histogram.

    `counts[i]` answers have from `edges[i]` up to, but not, `edges[i + 1]` tokens (`LengthComparison.edges`).
    """

    answers: int
    mean: float
    median: float
    p95: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quantile of the candidate's lengths over the baseline's, with its 95% interval (bootstrap over items)."""

    estimate: float
    low: float
    high: float

    @property
    def spread(self) -> bool:
        """Whether the interval is more than a point."""
        return self.high > self.low

    @property
    def differs(self) -> bool:
        """Whether the interval leaves 1 out."""
        return self.low > 1 or self.high < 1


@dataclass(frozen=True, slots=True)
class LengthComparison:
    """Both builds' lengths, on the items of which both have told them, and the ratios of their quantiles."""

    edges: tuple[float, ...]
    baseline: Lengths
    candidate: Lengths
    median_ratio: Ratio
    p95_ratio: Ratio

    @property
    def vary(self) -> bool:
        """Whether any two answers of them are of unlike length: those of log-likelihoods are not."""
        return len(self.edges) > 1 and round(self.edges[-1]) - round(self.edges[0]) > 1
