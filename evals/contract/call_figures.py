"""Tool calls in figures, as frozen types: of one build, of a stratum, of both builds beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure in [0, 1] with its two-sided 95% interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trigger:
    """Whether calls came where they should: the four counts, and their F1; `None` where no call came or was due."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    f1: Ratio | None


@dataclass(frozen=True, slots=True)
class CallFigures:
    """One build's replies to requests with tools, or those of a stratum.

    Of `answers` replies `called` hold calls, of which `schema_accuracy` are valid in all their calls; `mismatches`
    counts the others by class. `trigger` is there where it is known when a call was due, `stream` (the share of which
    the forms differ) where replies were asked streamed and not.
    """

    answers: int
    called: int
    schema_accuracy: Ratio | None
    mismatches: Mapping[str, int]
    trigger: Trigger | None
    only_reasoning: int
    leaked: int
    streams_unlike: int
    streams_compared: int


@dataclass(frozen=True, slots=True)
class CallStratum:
    """Both builds' tool calls in one stratum."""

    name: str
    baseline: CallFigures
    candidate: CallFigures


@dataclass(frozen=True, slots=True)
class CallComparison:
    """Both builds' tool calls (`evals.fidelity.calls`).

    `against_baseline` takes the baseline's calling for what is due, as verifiers take that of a model's own maker.
    """

    baseline: CallFigures
    candidate: CallFigures
    against_baseline: Trigger
    strata: tuple[CallStratum, ...] = ()
