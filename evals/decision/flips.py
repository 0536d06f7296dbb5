"""Which items changed between the builds: the list that somebody looks at who wants to know why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantgate.evals.contract.records import Sample
from quantgate.evals.decision.described import Flip, FlipTable, FlipTexts
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.matching import at_rows
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.samples.columns import NONE, Places
from quantgate.evals.samples.held import Held

_MOST_TEXT = 2000
"""Characters of an answer that are shown: its end, where the result is."""


def flip_table(scores: ItemScores) -> FlipTable:
    """Count losses, gains and what stayed."""
    losses, gains = scores.losses, scores.gains
    same = len(scores.item_ids) - losses - gains
    if not scores.single_answers:
        return FlipTable(losses, gains, same)
    return FlipTable(losses, gains, same, scores.both_right, same - scores.both_right)


def flips(pairs: TaskPairs, scores: ItemScores, *, texts: bool = False) -> tuple[Flip, ...]:
    """The items whose mean score differs, losses before gains, the largest first; `texts` adds what was answered."""
    changed = np.flatnonzero(scores.differences != 0)
    order = changed[np.argsort(scores.differences[changed], kind="stable")]
    ours, theirs = _shown(pairs, order)
    return tuple(
        Flip(
            item_id=scores.item_ids[place],
            stratum=None if scores.parts is None else scores.parts[place],
            baseline=float(scores.baseline[place]),
            candidate=float(scores.candidate[place]),
            prompt_hash=known.prompt_hash if (known := one or other) else "",
            texts=FlipTexts(_end(one), _end(other)) if texts else None,
        )
        for place, one, other in zip(order.tolist(), ours, theirs, strict=True)
    )


def _shown(pairs: TaskPairs, items: Places) -> tuple[Iterator[Sample | None], Iterator[Sample | None]]:
    """Of each item, by its place, the baseline's and the candidate's sample of the first repeat that scores unlike."""
    # Where only one build was asked so often, its answer stands beside the other's last one.
    every = np.arange(pairs.most_repeats)
    rows = [
        pairs.rows(build)[items][:, np.minimum(every, pairs.asked[build] - 1)] for build in ("baseline", "candidate")
    ]
    held = [pairs.builds[build].held for build in ("baseline", "candidate")]
    left, right = (
        at_rows(each.columns.score, own.ravel(), np.nan).reshape(own.shape)
        for each, own in zip(held, rows, strict=True)
    )
    unlike = ~((left == right) | (np.isnan(left) & np.isnan(right)))
    repeat = unlike.argmax(axis=1)
    ours, theirs = (own[np.arange(len(items)), repeat] for own in rows)
    return _samples(held[0], ours), _samples(held[1], theirs)


def _samples(held: Held, rows: Places) -> Iterator[Sample | None]:
    """The samples of rows, one at a time in memory; `None` where there is no row."""
    found = held.samples(rows[rows != NONE])
    return (None if row == NONE else next(found) for row in rows.tolist())


def _end(sample: Sample | None) -> str | None:
    text = sample.response if sample else None
    return text if text is None or len(text) <= _MOST_TEXT else "…" + text[-_MOST_TEXT:]
