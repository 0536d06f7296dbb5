"""A long text of unrelated sentences in which facts are hidden, and the questions about them.

References
----------
The kinds are those of RULER (Hsieh et al. 2024, https://arxiv.org/abs/2404.06654, section 3): one needle; one of four
keys that are alike; all four values of one key; the five variables of a chain of assignments. The needles of all
kinds stand in one text, so that its questions share a prefix; each kind has a form of its own, and so distracts none.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from quantgate.tasks.needles import words
from quantgate.tasks.needles.drawing import Drawing
from quantgate.tasks.needles.measure import size

_KEYS = _VALUES = 4
_VARIABLES = 5
_DIGITS = 7
_CODE = r"\d{7,}"
_OPENING = (
    "The text between the two lines of dashes is made of sentences that have nothing to do with one another. A few "
    "facts stand among them. Read it whole; a question about one of these facts follows it.\n\n-----\n"
)
_CLOSING = "\n-----\n\n"
_SENTENCES = (
    "The {adjective} {trade} {verb} a {other} {thing} near the {place}.",
    "In the {time}, {person} {verb} the {adjective} {thing} behind the {place}.",
    "{person} and the {trade} {verb} every {thing} in the {adjective} {place}.",
    "Nobody knew why the {trade} {verb} that {adjective} {thing} before {time}.",
    "A {adjective} {thing} stood beside the {other} {place} all {time}.",
    "After the {time}, the {trade} of the {place} {verb} a {adjective} {thing}.",
    "{person} said that the {other} {trade} {verb} the {thing} at the {place}.",
    "There was a {adjective} {place} where {person} {verb} a {thing} each {time}.",
    "When the {place} was {adjective}, the {trade} {verb} some {other} {thing}.",
    "The {thing} from the {place} was {adjective}, but {person} {verb} it.",
    "Every {time} the {trade} {verb} one {thing} and {person} {verb2} another.",
    "It was the {adjective} {trade} who {verb} the {thing}, not {person}.",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A question, the sentences that hold its answer, and the answers.

    What a reply names that is like an answer is found by the pattern `alike`, and is one of `pool` where there is one.
    """

    sentences: tuple[str, ...]
    question: str
    answers: tuple[str, ...]
    alike: str = ""
    pool: frozenset[str] = frozenset()

    @property
    def answer(self) -> str:
        return ", ".join(self.answers)


def facts(*seed: object) -> dict[str, Fact]:
    """The facts of one text, by kind."""
    drawing = Drawing("facts", *seed)
    codes = _codes(drawing, 1 + _KEYS + _VALUES)
    return {
        "single": _single(drawing, codes[0]),
        "multi_key": _multi_key(drawing, codes[1 : 1 + _KEYS]),
        "multi_value": _multi_value(drawing, codes[1 + _KEYS :]),
        "variables": _variables(drawing),
    }


def text(budget: int, *seed: object) -> str:
    """What comes before the question: the sentences of `facts` at drawn places among others, of `budget` in all."""
    drawing = Drawing("prose", *seed)
    chains = [fact.sentences for fact in facts(*seed).values()]
    left = budget - size(_OPENING + _CLOSING) - sum(size(sentence) for chain in chains for sentence in chain)
    others: list[str] = []
    while True:
        sentence = _sentence(drawing)
        if (left := left - size(sentence)) < 0:
            break
        others.append(sentence)
    # Each sentence that holds a fact goes before one of the others, or after the last; those of a chain in their order.
    before: dict[int, list[str]] = {}
    for chain in chains:
        places = sorted(drawing.below(len(others) + 1) for _ in chain)
        for place, sentence in zip(places, chain, strict=True):
            before.setdefault(place, []).append(sentence)
    whole = [part for place, other in enumerate([*others, ""]) for part in (*before.get(place, ()), other) if part]
    return _OPENING + " ".join(whole) + _CLOSING


def _sentence(drawing: Drawing) -> str:
    return drawing.one(_SENTENCES).format(
        adjective=drawing.one(words.ADJECTIVES),
        other=drawing.one(words.ADJECTIVES),
        trade=drawing.one(words.TRADES),
        person=drawing.one(words.PEOPLE),
        thing=drawing.one(words.THINGS),
        place=drawing.one(words.PLACES),
        verb=drawing.one(words.VERBS),
        verb2=drawing.one(words.VERBS),
        time=drawing.one(words.TIMES),
    )


def _codes(drawing: Drawing, count: int) -> list[str]:
    """Different numbers of seven digits, none of which begins with 0."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[drawing.text(string.digits[1:], 1) + drawing.text(string.digits, _DIGITS - 1)] = None
    return list(found)


def _single(drawing: Drawing, code: str) -> Fact:
    of = f"{drawing.one(words.ADJECTIVES)} {drawing.one(words.PLACES)}"
    return Fact(
        (f"The secret password of the {of} is {code}.",),
        f"What is the secret password of the {of}? Answer with the password alone.",
        (code,),
        _CODE,
    )


def _multi_key(drawing: Drawing, codes: list[str]) -> Fact:
    keys = [f"{drawing.one(words.ADJECTIVES)} {thing}" for thing in drawing.some(words.THINGS, _KEYS)]
    asked = drawing.below(_KEYS)
    return Fact(
        tuple(f"The serial number of the {key} is {code}." for key, code in zip(keys, codes, strict=True)),
        f"What is the serial number of the {keys[asked]}? Answer with the serial number alone.",
        (codes[asked],),
        _CODE,
    )


def _multi_value(drawing: Drawing, codes: list[str]) -> Fact:
    person = drawing.one(words.PEOPLE)
    return Fact(
        tuple(f"One of the account numbers of {person} is {code}." for code in codes),
        f"What are all the account numbers of {person}? There are {_VALUES}. Answer with the numbers alone, "
        "separated by commas.",
        tuple(codes),
        _CODE,
    )


def _variables(drawing: Drawing) -> Fact:
    names: dict[str, None] = {}
    while len(names) < _VARIABLES:
        names[drawing.text(string.ascii_uppercase, 5)] = None
    value = str(10_000 + drawing.below(90_000))
    chain = [value, *(f"VAR {name}" for name in names)]
    return Fact(
        tuple(f"VAR {name} = {earlier}." for name, earlier in zip(names, chain, strict=False)),
        f"Which variables have been assigned the value {value}, directly or by way of other variables? There are "
        f"{_VARIABLES}. Answer with their names alone, separated by commas.",
        tuple(names),
    )
