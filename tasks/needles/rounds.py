"""A long conversation of small texts, some asked for again and again: what was the third poem about rivers.

References
----------
Multi-round co-reference resolution: Vodrahalli et al. 2024, https://arxiv.org/abs/2409.12640, section 3, with 2, 4 and
8 needles, the prefix and the measure of OpenAI's data set, https://huggingface.co/datasets/openai/mrcr. Where that has
one number of needles to a conversation, here each has a request that comes 2, one that comes 4 and one that comes 8
times, so that the three questions share a prefix.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

from quantgate.evals.contract.records import Message
from quantgate.tasks.needles import words
from quantgate.tasks.needles.drawing import Drawing
from quantgate.tasks.needles.measure import MESSAGE, size

COUNTS = (2, 4, 8)
_PREFIX = 10
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_FORMS = ("poem", "letter", "story", "speech", "song", "riddle", "report", "recipe")
_LINES = 5
_LINE = (
    "{topic} and the {adjective} {thing} near the {place}",
    "the {trade} who {verb} a {thing} for {topic}",
    "no {adjective} {thing} without {topic}, said {person}",
    "all {time} long {topic} by the {adjective} {place}",
    "{person} {verb} the {thing} and spoke of {topic}",
    "one {adjective} {time}, {topic}, and a {thing}",
    "where {topic} {verb} the {trade} of the {place}",
    "how {adjective} the {place}, how {other} the {thing}",
)


@dataclass(frozen=True, slots=True)
class Recall:
    """A question about one text of a conversation: the answer begins with `prefix`, and right after it has `text`."""

    question: str
    prefix: str
    text: str

    @property
    def answer(self) -> str:
        return self.prefix + self.text


def recall(count: int, *seed: object) -> Recall:
    """The question about the request that comes `count` times."""
    form, topic = _needles(*seed)[count]
    drawing = Drawing("recall", count, *seed)
    which = drawing.below(count)
    prefix = drawing.text(string.ascii_letters + string.digits, _PREFIX)
    return Recall(
        f"Above, I have asked you {count} times to write a {form} about {topic}. Reply with {prefix} and, right after "
        f"it without a space, the {_ORDINALS[which]} {form} about {topic} that you wrote, word for word. Write nothing "
        "else.",
        prefix,
        _written(form, topic, which, *seed),
    )


def conversation(budget: int, *seed: object) -> list[Message]:
    """The turns before the question, of `budget` in all."""
    drawing = Drawing("rounds", *seed)
    needles = _needles(*seed)
    asked = [request for count, request in needles.items() for _ in range(count)]
    left = budget - sum(map(_size_of_turn, asked))
    others = _others(drawing, set(needles.values()))
    while (left := left - _size_of_turn(other := next(others))) >= 0:
        asked.append(other)
    turns: list[Message] = []
    so_far: dict[tuple[str, str], int] = {}
    for form, topic in drawing.shuffled(asked):
        which = so_far.get((form, topic), 0)
        so_far[form, topic] = which + 1
        turns.append({"role": "user", "content": _request(form, topic)})
        turns.append({"role": "assistant", "content": _written(form, topic, which, *seed)})
    return turns


def least_size() -> int:
    """The size of a conversation that has the requests that are asked about, and half as many others."""
    return 3 * sum(COUNTS) // 2 * _size_of_turn((_FORMS[0], words.TOPICS[0]))


def _needles(*seed: object) -> dict[int, tuple[str, str]]:
    """The request that comes so many times, by that number: different in form and in topic."""
    drawing = Drawing("needles", *seed)
    forms, topics = drawing.some(_FORMS, len(COUNTS)), drawing.some(words.TOPICS, len(COUNTS))
    return dict(zip(COUNTS, zip(forms, topics, strict=True), strict=True))


def _others(drawing: Drawing, taken: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Requests for other texts; those of the same form or topic as one that is asked about are among them."""
    while True:
        request = drawing.one(_FORMS), drawing.one(words.TOPICS)
        if request not in taken:
            yield request


def _request(form: str, topic: str) -> str:
    return f"Write a {form} about {topic}."


def _size_of_turn(request: tuple[str, str]) -> int:
    """About; texts differ by a few words."""
    return 2 * MESSAGE + size(_request(*request)) + _SIZE


def _written(form: str, topic: str, which: int, *seed: object) -> str:
    """The text that answers the request for the time `which`, counted from 0."""
    drawing = Drawing("written", form, topic, which, *seed)
    lines = []
    for line in drawing.some(_LINE, _LINES):
        told = line.format(
            topic=topic,
            adjective=drawing.one(words.ADJECTIVES),
            other=drawing.one(words.ADJECTIVES),
            thing=drawing.one(words.THINGS),
            place=drawing.one(words.PLACES),
            trade=drawing.one(words.TRADES),
            person=drawing.one(words.PEOPLE),
            verb=drawing.one(words.VERBS),
            time=drawing.one(words.TIMES),
        )
        lines.append(told[0].upper() + told[1:])
    return "\n".join(lines)


_SIZE = sum(size(re.sub(r"{\w+}", "word", line)) for line in _LINE) * _LINES // len(_LINE) + _LINES - 1
