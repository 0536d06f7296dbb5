"""Items of a list with what was answered, and one item whole, no longer than a page can bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import question
from quantgate.evals.contract.records import Sample
from quantgate.evals.inspection.conversation import Turn
from quantgate.evals.inspection.parting import parting
from quantgate.evals.inspection.seen import Seen, seen
from quantgate.evals.text import one_line
from quantgate.view.places import Listed, Place
from quantgate.view.runs import ViewedRun
from quantgate.view.types import AnswerRow, ItemRow

_SHORT = 200
MOST_TEXT = 400_000
"""Characters of one text that a page shows; what is more stands in the run directory."""


def item_rows(
    runs: Sequence[ViewedRun], listed: Sequence[Listed], offset: int, *, references: bool = True
) -> tuple[ItemRow, ...]:
    """Rows of a list, the first of them of number `offset`, with or without questions and right answers."""
    answers = [run.samples([row.places[side] for row in listed]) for side, run in enumerate(runs)]
    rows = []
    for place, row in enumerate(listed):
        samples = [of_run[place] for of_run in answers]
        hidden = _hidden(runs, row.key[0]) is not None
        left, *right = (
            _answer(sample, where, hidden=hidden) for sample, where in zip(samples, row.places, strict=True)
        )
        asked = _asked(runs, samples) if references and not hidden else None
        reference = None if asked is None or asked.reference is None else one_line(asked.reference, _SHORT)
        number = offset + place
        said = None if asked is None else question(asked)
        told = None if said is None else one_line(said, _SHORT)
        rows.append(ItemRow(number, *row.key, row.subject, reference, left, right[0] if right else None, told))
    return tuple(rows)


def item_whole(
    runs: Sequence[ViewedRun], listed: Listed
) -> tuple[Asked | None, tuple[Seen | None, ...], int | None, str | None]:
    """What was asked and answered, where the answers part, and why the texts are hidden, if they are."""
    samples = [run.samples([place])[0] for run, place in zip(runs, listed.places, strict=True)]
    hidden = _hidden(runs, listed.key[0])
    asked = None if hidden is not None else _asked(runs, samples)
    answers = tuple(
        None
        if sample is None
        else _bounded(seen(sample, asked and _shortened(asked), run.folder, hidden=hidden is not None))
        for run, sample in zip(runs, samples, strict=True)
    )
    told = [answer for answer in answers if answer is not None and not answer.choices]
    part = parting(told[0].answer, told[1].answer) if len(told) == 2 and hidden is None else None
    return asked and _shortened(asked), answers, part, hidden


def neighbour(listed: Listed | None, number: int) -> ItemRow | None:
    """The row of a neighbour, as far as a link to it needs it."""
    if listed is None:
        return None
    left, *right = (None if place is None else _of_place(place) for place in listed.places)
    return ItemRow(number, *listed.key, listed.subject, None, left, right[0] if right else None)


def _hidden(runs: Sequence[ViewedRun], task: str) -> str | None:
    return next((reason for run in runs if (reason := run.hides(task)) is not None), None)


def _asked(runs: Sequence[ViewedRun], samples: Sequence[Sample | None]) -> Asked | None:
    """What was asked, from the first of the runs that has kept it."""
    for run, sample in zip(runs, samples, strict=True):
        if sample is not None and (asked := run.asked(sample)) is not None:
            return asked
    return None


def _of_place(place: Place) -> AnswerRow:
    return AnswerRow(place.status.value, place.score, None, place.unparsed, None, None)


def _answer(sample: Sample | None, place: Place | None, *, hidden: bool) -> AnswerRow | None:
    if sample is None or place is None:
        return None
    tokens = (sample.usage or {}).get("completion_tokens")
    return replace(
        _of_place(place),
        extracted=None if hidden or sample.extracted is None else one_line(sample.extracted, _SHORT),
        tokens=tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None,
        latency_s=sample.latency_s,
    )


def _bounded(answer: Seen) -> Seen:
    """An answer whose texts have an end."""
    sample = answer.sample
    sample = replace(sample, response=_cut(sample.response), reasoning=_cut(sample.reasoning), error=_cut(sample.error))
    left, turns = MOST_TEXT, []
    for turn in answer.turns:
        text = _cut(turn.text, max(left, 0)) or ""
        turns.append(Turn(turn.role[:_SHORT], text))
        left -= len(turn.text)
        if left <= 0:
            break
    return replace(answer, sample=sample, turns=tuple(turns))


def _shortened(asked: Asked) -> Asked:
    messages = tuple({name: _cut(text) or "" for name, text in message.items()} for message in asked.messages)
    return replace(asked, messages=messages, reference=_cut(asked.reference))


def _cut(text: str | None, most: int = MOST_TEXT) -> str | None:
    if text is None or len(text) <= most:
        return text
    return f"{text[:most]}\n… and {len(text) - most:,} more characters, which stand in the run directory"
