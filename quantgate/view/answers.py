"""What the page of one item shows: the question with its long beginning folded, each answer cut into its parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, is_number
from quantgate.evals.contract.thoughts import split_thoughts
from quantgate.view.marks import Segment, segments
from quantgate.view.types import ItemView, RunRow

_FOLDED = 1_200
"""Characters of one text above which its beginning is folded away."""

_KEPT = 400
"""Characters of the same text that stay in sight before the place where two answers part."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in two parts: `folded`, which a click shows, and the rest."""

    role: str
    folded: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One continuation that was scored: its log-likelihood in nats, whether it was the likeliest."""

    text: str
    loglikelihood: float | None
    chosen: bool
    right: bool


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One build's answer as a page shows it; `folded` is the beginning that both answers have in common."""

    run: RunRow
    sample: Sample | None
    thoughts: str | None
    folded: str
    parts: tuple[Segment, ...]
    choices: tuple[Choice, ...]
    facts: Mapping[str, str]


def asked_parts(asked: Asked | None) -> tuple[tuple[Passage, ...], Passage | None]:
    """The messages before the last one, and the last one, which asks; what was scored, of log-likelihoods."""
    if asked is None:
        return (), None
    if asked.messages:
        said = [_passage(str(message.get("role", "")), _content(message)) for message in asked.messages]
        return tuple(said[:-1]), said[-1]
    if asked.continuations:
        return (), _passage("context", asked.continuations[0].context)
    return (), None


def answer_cards(view: ItemView) -> list[AnswerCard]:
    """One card for each run, in their order."""
    return [_card(run, sample, view) for run, sample in zip(view.runs, view.answers, strict=True)]


def _card(run: RunRow, sample: Sample | None, view: ItemView) -> AnswerCard:
    if sample is None:
        return AnswerCard(run, None, None, "", (), (), {})
    choices = _choices(sample, view.asked)
    text = "" if choices or sample.response is None else sample.response
    inside, _ = split_thoughts(text) if text and not sample.reasoning else (None, text)
    parts = segments(text, view.parting, sample.extracted) if text else ()
    folded, parts = _fold(parts)
    return AnswerCard(run, sample, sample.reasoning or inside, folded, parts, choices, _facts(sample))


def _fold(parts: tuple[Segment, ...]) -> tuple[str, tuple[Segment, ...]]:
    """Folds the beginning that both have in common, where it is long."""
    if not parts or not parts[0].same or len(parts[0].text) <= _FOLDED:
        return "", parts
    first = parts[0].text
    place = _edge(first, len(first) - _KEPT)
    return first[:place], (Segment(first[place:], same=True, read=parts[0].read), *parts[1:])


def _passage(role: str, text: str) -> Passage:
    if len(text) <= _FOLDED:
        return Passage(role, "", text)
    place = _edge(text, len(text) - _FOLDED)
    return Passage(role, text[:place], text[place:])


def _edge(text: str, around: int) -> int:
    """The end of a paragraph, line or word after a place: where a text is best cut."""
    for mark in ("\n\n", "\n", " "):
        found = text.find(mark, around)
        if 0 <= found < around + _KEPT // 2:
            return found + len(mark)
    return around


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)


def _choices(sample: Sample, asked: Asked | None) -> tuple[Choice, ...]:
    if asked is None or not asked.continuations or sample.response is None:
        return ()
    try:
        found = json.loads(sample.response)["loglikelihoods"]
        sums = [pair[0] if is_number(pair[0]) else None for pair in found]
    except (ValueError, TypeError, KeyError, IndexError):
        return ()
    read, right = (sample.extracted or "").strip(), (asked.reference or "").strip()
    return tuple(
        Choice(one.text, value, one.text.strip() == read, one.text.strip() == right)
        for one, value in zip(asked.continuations, sums, strict=False)
    )


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
        "characters": _count(len(sample.response or "")),
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
