"""One answer as it may be shown: with what was asked, or, of a private task, without a word of either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.loglikelihoods import parse_loglikelihoods
from quantgate.evals.contract.records import Sample
from quantgate.evals.errors import DataError
from quantgate.evals.inspection.conversation import Turn, conversation


@dataclass(frozen=True, slots=True)
class Choice:
    """One continuation: its text where it was kept, its log-likelihood in nats, and whether it was taken."""

    text: str | None
    total: float
    chosen: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer and what it answers; `asked` is `None` where that was not kept.

    Of log-likelihoods there are `choices`, of a conversation (tau2) there are `turns`. Where it is `hidden`, ids,
    statuses and numbers are all that there is.
    """

    sample: Sample
    asked: Asked | None = None
    choices: tuple[Choice, ...] = ()
    turns: tuple[Turn, ...] = ()
    hidden: bool = False

    @property
    def reference(self) -> str | None:
        """The right answer, where it was kept."""
        return None if self.asked is None else self.asked.reference

    @property
    def answer(self) -> str:
        """The text that the model gave: of a conversation all turns, each under its role; empty where there is none."""
        if self.turns:
            return "\n\n".join(f"{turn.role}:\n{turn.text}" for turn in self.turns)
        return self.sample.response or ""

    def texts(self) -> Iterator[str]:
        """Everything that can be searched: the id, what was asked, what was answered and read, and what went wrong."""
        sample, asked = self.sample, self.asked
        yield sample.item_id
        yield self.answer
        yield from (text for text in (sample.reasoning, sample.extracted, sample.error, self.reference) if text)
        if asked is not None:
            yield from (message["content"] for message in asked.messages if "content" in message)
            yield from (f"{each.context}{each.text}" for each in asked.continuations)


def seen(sample: Sample, asked: Asked | None, folder: Path, *, hidden: bool) -> Seen:
    """An answer out of a run directory as it may be shown."""
    if hidden:
        return concealed(sample)
    return Seen(sample, asked, _choices(sample, asked), conversation(folder, sample))


def concealed(sample: Sample) -> Seen:
    """An answer without a word of it."""
    return Seen(replace(sample, response=None, reasoning=None, extracted=None, vote=None, error=None), hidden=True)


def _choices(sample: Sample, asked: Asked | None) -> tuple[Choice, ...]:
    if not (sample.response or "").startswith('{"loglikelihoods"'):
        return ()
    try:
        values = parse_loglikelihoods(sample.response or "")
    except DataError:
        return ()  # an answer that only looks like it
    texts = [each.text for each in asked.continuations] if asked is not None else []
    if len(texts) != len(values):
        best = max(range(len(values)), key=lambda place: values[place].total)
        return tuple(Choice(None, value.total, place == best, False) for place, value in enumerate(values))
    reference = None if asked is None or asked.reference is None else asked.reference.strip()
    taken = None if sample.extracted is None else sample.extracted.strip()
    return tuple(
        Choice(text, value.total, text.strip() == taken, text.strip() == reference)
        for text, value in zip(texts, values, strict=True)
    )
