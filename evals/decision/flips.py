"""Which items changed between the builds: the list that somebody looks at who wants to know why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import question
from quantgate.evals.contract.records import Sample
from quantgate.evals.contract.tool_calls import shown_reply
from quantgate.evals.decision.described import Flip, FlipAnswer, FlipAnswers, FlipTable, FlipTexts
from quantgate.evals.inspection.excerpts import excerpts
from quantgate.evals.inspection.seen import seen
from quantgate.evals.pairing.item_scores import ItemScores
from quantgate.evals.pairing.matching import at_rows
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.samples.columns import LETTERS, NO_LETTER, NONE, Places, letter_code
from quantgate.evals.samples.held import Held
from quantgate.evals.text import natural_key, one_line

_MOST_TEXT = 2000
"""Characters of an answer that are shown."""
_MOST_RESULT = 200
"""Characters of a result that are shown; a whole answer may have been taken for one."""
_MOST_READ = 4000
"""Characters of a result in which the place is looked for where two of them part."""
_DIGITS = 9
"""To so many, differences of means are the same."""


def flip_table(scores: ItemScores) -> FlipTable:
    """Count losses, gains and what stayed."""
    losses, gains = scores.losses, scores.gains
    same = len(scores.item_ids) - losses - gains
    if not scores.single_answers:
        return FlipTable(losses, gains, same)
    return FlipTable(losses, gains, same, scores.both_right, same - scores.both_right)


def flips(pairs: TaskPairs, scores: ItemScores, *, texts: bool = False) -> tuple[Flip, ...]:
    """The items whose mean score differs: losses before gains, the largest first, those alike as people order them.

    `texts` adds what was asked and answered. Of a private task there is without it no more than letters.
    """
    order = _order(scores)
    reader = _Reader(pairs, texts=texts)
    ours, theirs, repeats = _shown(pairs, order)
    return tuple(
        Flip(
            item_id=scores.item_ids[place],
            stratum=None if scores.parts is None else scores.parts[place],
            baseline=float(scores.baseline[place]),
            candidate=float(scores.candidate[place]),
            prompt_hash=known.prompt_hash if (known := one or other) else "",
            repeat=repeat,
            **reader.told(one, other),
        )
        for place, repeat, one, other in zip(order.tolist(), repeats, ours, theirs, strict=True)
    )


def _order(scores: ItemScores) -> Places:
    changed = np.flatnonzero(scores.differences != 0)
    by = scores.differences.round(_DIGITS)
    return np.array(
        sorted(changed.tolist(), key=lambda at: (by[at] > 0, -abs(by[at]), natural_key(scores.item_ids[at]))),
        dtype=np.intp,
    )


class _Told(TypedDict):
    texts: FlipTexts | None
    answers: FlipAnswers
    reference: str | None


class _Reader:
    """Says of two samples of an item what a flip tells of them."""

    def __init__(self, pairs: TaskPairs, *, texts: bool) -> None:
        self._texts = texts
        self._builds = tuple(pairs.builds[build] for build in ("baseline", "candidate"))
        records = [run.record for run in self._builds if run.record is not None]
        self._private = any(record.asked_by_authors is not None for record in records) and not texts

    def told(self, one: Sample | None, other: Sample | None) -> _Told:
        asked = self._asked(one, other)
        reference = None if asked is None or asked.reference is None else one_line(asked.reference, _MOST_RESULT)
        return {
            "answers": self._answers(one, other),
            "reference": reference,
            "texts": self._flip_texts(one, other, asked) if self._texts else None,
        }

    def _asked(self, *samples: Sample | None) -> Asked | None:
        """What was asked, as either build's run has kept it."""
        if self._private:
            return None
        found = (
            run.prompts.of(sample.task, sample.item_id, sample.prompt_hash)
            for run, sample in zip(self._builds, samples, strict=True)
            if sample is not None and run.prompts is not None
        )
        return next((asked for asked in found if asked is not None and not asked.private), None)

    def _flip_texts(self, one: Sample | None, other: Sample | None, asked: Asked | None) -> FlipTexts:
        baseline, candidate = self._builds
        ours, theirs = _text(one, asked, baseline.folder), _text(other, asked, candidate.folder)
        asked_for, _ = excerpts(None if asked is None else question(asked), None, _MOST_TEXT)
        return FlipTexts(*excerpts(ours, theirs, _MOST_TEXT), asked_for)

    def _answers(self, one: Sample | None, other: Sample | None) -> FlipAnswers:
        results = excerpts(_result(one), _result(other), _MOST_RESULT, gap=" … ")
        return FlipAnswers(
            *(
                None if sample is None else self._answer(sample, result)
                for sample, result in zip((one, other), results, strict=True)
            )
        )

    def _answer(self, sample: Sample, result: str | None) -> FlipAnswer:
        if not self._private or sample.extracted is None:
            return FlipAnswer(sample.status, result)
        letter = letter_code(sample.extracted)
        return FlipAnswer(sample.status, *((LETTERS[letter], False) if letter != NO_LETTER else (None, True)))


def _result(sample: Sample | None) -> str | None:
    if sample is None or sample.extracted is None:
        return None
    return one_line(sample.extracted, _MOST_READ)


def _text(sample: Sample | None, asked: Asked | None, folder: Path | None) -> str | None:
    """What a model gave: of a conversation all turns, of log-likelihoods a line for each choice."""
    if sample is None or folder is None:
        return None if sample is None or sample.response is None else shown_reply(sample.response)
    told = seen(sample, asked, folder, hidden=False)
    if told.choices:
        return "\n".join(f"{'→' if each.chosen else ' '} {each.total:.2f} {each.text or ''}" for each in told.choices)
    return None if sample.response is None else told.answer


def _shown(pairs: TaskPairs, items: Places) -> tuple[Iterator[Sample | None], Iterator[Sample | None], list[int]]:
    """Of each item, by its place, both builds' samples of the first repeat that scores unlike, and that repeat."""
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
    return _samples(held[0], ours), _samples(held[1], theirs), repeat.tolist()


def _samples(held: Held, rows: Places) -> Iterator[Sample | None]:
    """The samples of rows, one at a time in memory; `None` where there is no row."""
    found = held.samples(rows[rows != NONE])
    return (None if row == NONE else next(found) for row in rows.tolist())
