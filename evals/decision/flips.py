"""Which items changed between the builds: the list that somebody looks at who wants to know why."""

from __future__ import annotations

import numpy as np

from quantgate.evals.contract.records import Sample
from quantgate.evals.decision.described import Flip, FlipTable, FlipTexts
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.pairs import TaskPairs

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
    ids = scores.item_ids
    return tuple(_flip(pairs, ids[place], scores, int(place), texts=texts) for place in order)


def _flip(pairs: TaskPairs, item: str, scores: ItemScores, place: int, *, texts: bool) -> Flip:
    repeats = [_both(pairs, item, repeat) for repeat in range(pairs.repeats)]
    ours, theirs = next((pair for pair in repeats if _score(pair[0]) != _score(pair[1])), repeats[0])
    known = ours or theirs
    return Flip(
        item_id=item,
        stratum=None if scores.parts is None else scores.parts[place],
        baseline=float(scores.baseline[place]),
        candidate=float(scores.candidate[place]),
        prompt_hash=known.prompt_hash if known else "",
        texts=FlipTexts(_end(ours), _end(theirs)) if texts else None,
    )


def _both(pairs: TaskPairs, item: str, repeat: int) -> tuple[Sample | None, Sample | None]:
    return pairs.builds["baseline"].samples.get((item, repeat)), pairs.builds["candidate"].samples.get((item, repeat))


def _score(sample: Sample | None) -> float | None:
    return sample.score if sample else None


def _end(sample: Sample | None) -> str | None:
    text = sample.response if sample else None
    return text if text is None or len(text) <= _MOST_TEXT else "…" + text[-_MOST_TEXT:]
