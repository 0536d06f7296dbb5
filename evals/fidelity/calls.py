"""Tool calls of a build in figures, by the names that the makers' verifiers use, each share with a bound.

Kimi's and MiniMax's verifiers publish a Trigger F1, from how often a call came and was due, and a schema accuracy, the
share of the replies with calls that all hold to the tools' schemas; OpenRouter counts what is wrong by classes.
"""

from __future__ import annotations

import numpy as np

from quantgate.evals.contract.call_figures import CallFigures, Ratio, Trigger
from quantgate.evals.contract.call_metrics import CallMetric, Mismatch
from quantgate.evals.samples.columns import NONE, Bools, Columns, Floats, Places
from quantgate.evals.stats.describe.agreement import Share, share

CONFIDENCE = 0.95
_CLASSES = (
    (Mismatch.INVALID_JSON, CallMetric.JSON_VALID),
    (Mismatch.UNKNOWN_NAME, CallMetric.NAME_KNOWN),
    (Mismatch.SCHEMA_MISMATCH, CallMetric.SCHEMA_VALID),
)
"""A reply is of the first class whose metric it fails."""
_RESAMPLES = 2000
_SEED = 20_241


def call_figures(samples: Columns, rows: Places) -> CallFigures | None:
    """The figures of some replies; `None` where they are none to requests with tools.

    Parameters
    ----------
    samples
        A task's samples.
    rows
        Their rows, shape (items, repeats), -1 where there is none. Bounds take the item as the unit.
    """
    if CallMetric.CALLED not in samples.metrics or CallMetric.SCHEMA_VALID not in samples.metrics:
        return None
    called = metric_at(samples, CallMetric.CALLED, rows)
    calls = called == 1
    valid = metric_at(samples, CallMetric.SCHEMA_VALID, rows) == 1
    left, mismatches = calls.copy(), {}
    for name, metric in _CLASSES:
        failed = left & (metric_at(samples, metric, rows) == 0)
        mismatches[str(name)] = int(failed.sum())
        left &= ~failed
    due = metric_at(samples, CallMetric.DUE, rows)
    streams = metric_at(samples, CallMetric.STREAM_EQUAL, rows)
    return CallFigures(
        answers=int((~np.isnan(called)).sum()),
        called=int(calls.sum()),
        schema_accuracy=ratio(calls & valid, calls),
        mismatches=mismatches,
        trigger=trigger(called, due) if not np.isnan(due).all() else None,
        only_reasoning=int((metric_at(samples, CallMetric.NOT_ONLY_REASONING, rows) == 0).sum()),
        leaked=int(_leaked(samples, rows).sum()),
        streams_unlike=int((streams == 0).sum()),
        streams_compared=int((~np.isnan(streams)).sum()),
    )


def metric_at(samples: Columns, metric: str, rows: Places) -> Floats:
    """A metric of some rows, of their shape; NaN where there is no row, no such metric, or no score."""
    values = samples.metrics.get(metric)
    found = np.full(rows.shape, np.nan)
    if values is None:
        return found
    there = rows != NONE
    found[there] = np.where(samples.scored[rows[there]], values[rows[there]], np.nan)
    return found


def trigger(called: Floats, due: Floats) -> Trigger:
    """How calling agrees with what was due, over the replies of which both are known; shapes (items, repeats).

    F1 is 2 TP / (2 TP + FP + FN), so that it grows with the share TP / (TP + FP + FN): the exact interval of that share
    gives the one of F1.
    """
    known = ~np.isnan(called) & ~np.isnan(due)
    calls, wanted = known & (called == 1), known & (due == 1)
    both, either = calls & wanted, calls | wanted
    agreed = ratio(both, either)
    f1 = (
        None
        if agreed is None
        else Ratio(*(2 * part / (1 + part) for part in (agreed.estimate, agreed.low, agreed.high)))
    )
    return Trigger(
        true_positive=int(both.sum()),
        false_positive=int((calls & ~wanted).sum()),
        false_negative=int((wanted & ~calls).sum()),
        true_negative=int((known & ~either).sum()),
        f1=f1,
    )


def ratio(counted: Bools, among: Bools) -> Ratio | None:
    """The share of `counted` in `among`, each of shape (items, repeats), with its interval; `None` of nothing.

    Of one reply for each item it is the exact one (Clopper and Pearson). Of repeats, items are resampled (a percentile
    bootstrap with a fixed seed); where all are alike, which that says nothing of, it is the exact one of as many items.
    """
    total = int(among.sum())
    if not total:
        return None
    if among.shape[1] == 1:
        found = share(int(counted.sum()), total, CONFIDENCE)
        return Ratio(found.estimate, found.low, found.high)
    parts, wholes = counted.sum(axis=1), among.sum(axis=1)
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    estimate, items = float(parts.sum() / wholes.sum()), len(wholes)
    draws = np.random.default_rng(_SEED).multinomial(items, np.full(items, 1 / items), size=_RESAMPLES)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile((draws @ parts) / (draws @ wholes), (tail, 1 - tail))
    if parts.sum() in (0, wholes.sum()):
        exact: Share = share(items if parts.sum() else 0, items, CONFIDENCE)
        low, high = exact.low, exact.high
    return Ratio(estimate, float(min(low, estimate)), float(max(high, estimate)))


def _leaked(samples: Columns, rows: Places) -> Bools:
    """Which replies hold a call in their text; what says nothing at all holds none."""
    said = metric_at(samples, CallMetric.NOT_ONLY_REASONING, rows) == 1
    return np.asarray(said & (metric_at(samples, CallMetric.NO_LEAK, rows) == 0))
