"""The sorts of texts, what can be asked about each, and for contexts of which lengths it can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quantgate.evals.contract.records import Message
from quantgate.tasks.needles import lists, prose, rounds
from quantgate.tasks.needles.grading import Question
from quantgate.tasks.needles.measure import K, prompt_size

_QUESTION_SIZE = 64
"""What a question has at most, but for those of the lists, whose texts leave room for their own."""

Begins = Callable[[int, tuple[object, ...]], tuple[Message, ...]]
Asks = Callable[[tuple[object, ...]], Question]


@dataclass(frozen=True, slots=True)
class Source:
    """A sort of text.

    Parameters
    ----------
    name
        What it is called in the ids of clusters.
    begins
        The messages up to where the question begins, from a context's length in tokens and a seed; the question goes on
        with the last one where that is the user's.
    asks
        The question of each kind about the text of a seed, which does not depend on the length.
    fits
        Whether a context of a length has room for such a text, and the words suffice to fill it.
    """

    name: str
    begins: Begins
    asks: dict[str, Asks]
    fits: Callable[[int], bool] = lambda length: True


def _user(text: str) -> tuple[Message, ...]:
    return ({"role": "user", "content": text},)


def _fact(kind: str) -> Asks:
    return lambda seed: prose.facts(*seed)[kind]


def _recall(count: int) -> Asks:
    return lambda seed: rounds.recall(count, *seed)


def _least(length: int) -> bool:
    return prompt_size(length) >= rounds.least_size()


SOURCES = (
    Source(
        "prose",
        lambda length, seed: _user(prose.text(prompt_size(length) - _QUESTION_SIZE, *seed)),
        {kind: _fact(kind) for kind in ("single", "multi_key", "multi_value", "variables")},
    ),
    Source(
        "common",
        lambda length, seed: _user(lists.common_text(prompt_size(length), length, *seed)),
        {"common_words": lambda seed: lists.common_fact(*seed)},
        lambda length: length <= 128 * K,
    ),
    Source(
        "frequent",
        lambda length, seed: _user(lists.frequent_text(prompt_size(length), *seed)),
        {"frequent_words": lambda seed: lists.frequent_fact(*seed)},
    ),
    Source(
        "rounds",
        lambda length, seed: tuple(rounds.conversation(prompt_size(length) - _QUESTION_SIZE, *seed)),
        {f"rounds_{count}": _recall(count) for count in rounds.COUNTS},
        _least,
    ),
)

KINDS = tuple(kind for source in SOURCES for kind in source.asks)


def source_of(kind: str) -> Source:
    """The sort of text that questions of a kind are about."""
    return next(source for source in SOURCES if kind in source.asks)
