"""What the page of one item shows: the question with its long beginning folded, each answer cut into its parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import message_text, offered_tools
from quantgate.evals.contract.records import Sample, is_number
from quantgate.evals.contract.thoughts import split_thoughts
from quantgate.evals.inspection.seen import Seen
from quantgate.view.marks import Segment, segments, split
from quantgate.view.types import ItemView, RunRow

_FOLDED = 1_200
"""Characters of one text above which its beginning is folded away."""

_LINES = 20
"""Lines of a question above which its beginning is folded away."""

_KEPT = 400
"""Characters of the same text that stay in sight before the place where two answers part."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in two parts: `folded`, which a click shows, and the rest."""

    role: str
    folded: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One build's answer as a page shows it; `folded` is the beginning that both answers have in common."""

    run: RunRow
    seen: Seen | None
    thoughts: tuple[Segment, ...] = ()
    folded: tuple[Segment, ...] = ()
    parts: tuple[Segment, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """Whether there is a text that can be held against another's."""
        return self.seen is not None and bool(self.seen.answer) and not self.seen.choices

    @property
    def sample(self) -> Sample | None:
        """The answer as it is stored."""
        return None if self.seen is None else self.seen.sample


def asked_parts(asked: Asked | None) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """The messages before the user's last one; that one, with what was laid into the model's mouth after it.

    Of what was scored by log-likelihood there is the context alone; its choices stand with the answers.
    """
    if asked is None:
        return (), ()
    first = asked.continuations[0] if asked.continuations else None
    if first is not None and first.context:
        return (), (_passage("context", first.context),)
    said = [_passage(message.get("role", ""), message_text(message)) for message in asked.messages]
    if first is not None:
        # A text that is scored token by token stands for itself, or after the messages that it answers.
        said.append(_passage("text", first.text))
    users = [place for place, passage in enumerate(said) if passage.role == "user"]
    last = users[-1] if users else max(len(said) - 1, 0)
    return (*_sent_beside(asked), *said[:last]), tuple(said[last:])


def _sent_beside(asked: Asked) -> tuple[Passage, ...]:
    """What was sent beside the messages, folded under the names of the tools that it offers."""
    if not asked.body:
        return ()
    names = offered_tools(asked)
    role = f"tools ({len(names):,})" if names else "beside the messages"
    return (Passage(role, json.dumps(asked.body, ensure_ascii=False, indent=1) + "\n", ", ".join(names)),)


def answer_cards(view: ItemView) -> list[AnswerCard]:
    """One card for each run, in their order."""
    return [_card(run, seen, view.parting) for run, seen in zip(view.runs, view.answers, strict=True)]


def _card(run: RunRow, seen: Seen | None, parting: int | None) -> AnswerCard:
    if seen is None:
        return AnswerCard(run, None)
    sample, text = seen.sample, "" if seen.choices else seen.answer
    parts = segments(text, parting, sample.extracted) if text else ()
    thoughts, parts = split(parts, _length_of_thoughts(text))
    if sample.reasoning:
        thoughts = (Segment(sample.reasoning), *thoughts)
    folded, parts = split(parts, _length_in_common(parts))
    return AnswerCard(run, seen, thoughts, folded, parts, _facts(sample))


def _length_of_thoughts(text: str) -> int:
    """Characters of the thoughts that a text begins with, where whoever made the run has left them in."""
    thoughts, rest = split_thoughts(text)
    return len(text) - len(rest) if thoughts and text.endswith(rest) else 0


def _length_in_common(parts: tuple[Segment, ...]) -> int:
    """Characters of the beginning that both answers have in common and that is folded, where it is long."""
    if not parts or not parts[0].same or len(parts[0].text) <= _FOLDED:
        return 0
    return _edge(parts[0].text, len(parts[0].text) - _KEPT)


def _passage(role: str, text: str) -> Passage:
    lines = text.rsplit("\n", _LINES)
    begins = max(len(text) - _FOLDED, len(lines[0]) if len(lines) > _LINES else 0)
    if begins <= 0:
        return Passage(role, "", text)
    place = _edge(text, begins)
    return Passage(role, text[:place], text[place:])


def _edge(text: str, around: int) -> int:
    """The end of a paragraph, line or word after a place: where a text is best cut."""
    for mark in ("\n\n", "\n", " "):
        found = text.find(mark, around)
        if 0 <= found < around + _KEPT // 2:
            return found + len(mark)
    return around


def _facts(sample: Sample) -> dict[str, str]:
    usage = sample.usage or {}
    details = usage.get("completion_tokens_details")
    thought = details.get("reasoning_tokens") if isinstance(details, Mapping) else None
    told: dict[str, object] = {
        "status": sample.status.value if sample.ended is None else f"{sample.status}, ended {sample.ended}",
        "ended by": sample.finish_reason,
        "score": None if sample.score is None else f"{sample.score:g}",
        **{name: f"{value:g}" for name, value in sample.metrics.items() if is_number(value)},
        "tokens of the question": _count(usage.get("prompt_tokens")),
        "tokens of the answer": _count(usage.get("completion_tokens")),
        "of these thoughts": _count(thought),
        "characters": None if sample.response is None else _count(len(sample.response)),
        "latency": _number(sample.latency_s, " s"),
        "first token after": _number(sample.first_token_s, " s"),
        "speed": _number(sample.tokens_per_s, " tokens/s"),
        "margin of the choice": _number(sample.margin, " nats"),
        "part": sample.stratum,
        "attempts": str(sample.attempts),
        "seed": None if sample.seed is None else str(sample.seed),
        "time": _time(sample.time),
        "hash of the prompt": sample.prompt_hash[:16],
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


def _count(value: object) -> str | None:
    return f"{value:,.0f}" if is_number(value) else None


def _number(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:,.2f}{unit}"


def _time(text: str) -> str:
    """A time of a record as people read it, in UTC to the second."""
    return f"{text[:19].replace('T', ' ')} UTC" if text[10:11] == "T" else text
