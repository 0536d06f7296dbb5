"""How far a candidate agrees with the baseline, as frozen types that need no numbers library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with two bounds, each one-sided at the same error probability."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class KlBounds:
    """The mean divergence KL(baseline || candidate) in nats, documents being the unit, with bounds that hold.

    Documents count for `KL_CLIP` at most: `clipped` is the share of them that had more, and where there are any
    `lower` and `upper` are those of the clipped mean, `estimate` of the mean itself. `lower` holds for both. `missing`
    is the part of `upper` - `lower` that is there because answers are missing; they count for `KL_CLIP` in the upper
    and for nothing in the lower bound.
    """

    estimate: float
    lower: float
    upper: float
    clipped: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class PartFigures:
    """One part of the documents, by where its tokens stand: from position `first` to `last`, `None` for the end.

    `documents` reach into it, with `positions` in all. `top1` is the agreement, `kl` in nats; means over documents.
    `logprob` is the mean log-probability of the same tokens, candidate less baseline, in nats.
    """

    first: int
    last: int | None
    documents: int
    positions: int
    top1: Interval
    kl: Interval
    logprob: float | None


@dataclass(frozen=True, slots=True)
class Floor:
    """What serving alone makes of it: the baseline held against itself, by a second run or by its repeats."""

    source: str
    documents: int
    top1: float
    kl: float
    logprob: float | None


@dataclass(frozen=True, slots=True)
class PartedDocument:
    """A document on which the builds are the furthest apart.

    `first` is the first position where their likeliest tokens differ, which are `baseline` and `candidate` there;
    `widest` the position of the largest divergence, `widest_kl` nats. `None` where there is none.
    """

    item_id: str
    top1: float
    kl: float
    first: int | None = None
    baseline: int | str | None = None
    candidate: int | str | None = None
    widest: int | None = None
    widest_kl: float | None = None


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a candidate agrees with the baseline on the same tokens: means over documents, each the mean of its own.

    `top1` is the share of positions where both have the same likeliest token, `kl` the truncated divergence in nats,
    clipped as `KlBounds` says, `logprob` the candidate's mean log-probability less the baseline's, per token in nats.
    `worst` has the documents that are furthest apart, the worst first.
    """

    documents: int
    positions: int
    top1: Interval
    kl: KlBounds
    logprob: Interval | None
    parts: tuple[PartFigures, ...]
    worst: tuple[PartedDocument, ...] = ()
    floor: Floor | None = None
