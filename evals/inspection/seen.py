"""One answer as it may be shown: with what was asked, or, of a private task, without a word of either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.loglikelihoods import LogLikelihood, parse_loglikelihoods
from quantgate.evals.contract.question import message_text
from quantgate.evals.contract.records import Sample
from quantgate.evals.contract.tool_calls import shown_reply
from quantgate.evals.errors import DataError
from quantgate.evals.inspection.conversation import Turn, conversation
from quantgate.evals.inspection.token_text import token_text


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
    statuses and numbers are all that there is. `results` says whether the run tells what was read from its answers.
    """

    sample: Sample
    asked: Asked | None = None
    choices: tuple[Choice, ...] = ()
    turns: tuple[Turn, ...] = ()
    hidden: bool = False
    results: bool = True

    @property
    def reference(self) -> str | None:
        """The right answer, where it was kept."""
        return None if self.asked is None else self.asked.reference

    @property
    def answer(self) -> str:
        """The text that the model gave: calls as `name(arguments)`, of a conversation all turns, each under its role.

        Of log-probabilities of a text's tokens, what they show. Empty where there is none.
        """
        if self.turns:
            return "\n\n".join(f"{turn.role}:\n{turn.text}" for turn in self.turns)
        response = self.sample.response or ""
        return token_text(response) or shown_reply(response)

    def texts(self) -> Iterator[str]:
        """Everything that can be searched: the id, what was asked, what was answered and read, and what went wrong."""
        sample, asked = self.sample, self.asked
        yield sample.item_id
        yield self.answer
        yield from (text for text in (sample.reasoning, sample.extracted, sample.error, self.reference) if text)
        if asked is not None:
            yield from map(message_text, asked.messages)
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
    asked_for = () if asked is None else asked.continuations
    if len(asked_for) != len(values):
        best = _best(values)
        return tuple(Choice(None, value.total, place == best, False) for place, value in enumerate(values))
    # Mutual information asks for every choice once more without its question.
    scored = [pair for pair in zip(asked_for, values, strict=True) if pair[0].context or not asked_for[0].context]
    reference = ((asked.reference if asked is not None else None) or "").strip()
    right = {reference, *reference.split(" or ")} - {""}
    taken = (sample.extracted or "").strip()
    if len({each.text for each, _ in scored}) == len(scored):
        told = ((each.text, value.total, each.text.strip()) for each, value in scored)
        return tuple(Choice(text, total, bare == taken, bare in right) for text, total, bare in told)
    # The choices stand in the question's gap, and the same words follow each of them.
    best = _best([value for _, value in scored])
    return tuple(
        Choice(f"{each.context}{each.text}", value.total, place == best, each.context.rstrip().endswith(tuple(right)))
        for place, (each, value) in enumerate(scored)
    )


def _best(values: Sequence[LogLikelihood]) -> int:
    return max(range(len(values)), key=lambda place: values[place].total)
