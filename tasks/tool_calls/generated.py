"""The generated set: requests whose one right reply is known, from a seed, the same bytes on every machine.

Each names all that a call needs, so that there is nothing to guess: what differs between two builds is whether they can
still write it down. Items differ by the number of tools that are offered (1, 8, 32, 128) and by what is asked: nested
objects, enums, optional and defaulted arguments, text of many scripts with quotes and line breaks, numbers, several
calls at once, and, in a quarter of them, nothing that a tool is needed for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from quantgate.tasks.tool_calls.case import Case, ExpectedCall
from quantgate.tasks.tool_calls.catalogue import REASONS, THINGS, Action, Thing, tool

VERSION = "1"
"""Another one makes other requests."""

COUNT = 480
OFFERED = (1, 8, 32, 128)

_SYSTEM = (
    "You carry out what the user asks for by calling the tools, with exactly the values that the user gives; leave out "
    "optional arguments that the user does not speak of. Where several things are asked for, call a tool for each of "
    "them in the same reply. Where no tool is needed, answer in words and call none."
)
_NAMES = (
    "Zoë Müller",
    "Łukasz Żak",
    "田中 花子",
    "Amélie O’Connor",
    "Иван Петров",
    "José Núñez",
    "Anna Smith",
    "Bo Li",
)
_STREETS = ("Hauptstraße 5", "ul. Długa 12/3", "Rue de l’Église 8", "High Street 221B", "桜通り 3-1", "Плошча 7")
_CITIES = (("Köln", "50667"), ("Kraków", "31-147"), ("Orléans", "45000"), ("東京", "100-0001"), ("Leeds", "LS1 4AP"))
_WORDS = (
    "blue harbour", "déjà vu", "naïve café ☕", "第三四半期", "North & South", "50% off", "план «Б»", "smörgåsbord",
    "C++ / C#", "it's late", "final draft", "Ωmega-3",
)  # fmt: skip
_COMMENTS = (
    'She said "not today" and left.', "Stored under C:\\temp\\new\\table.", "First line\nsecond line\n\tindented",
    '{"not": "an argument"}', "5 € ≠ 5 $ — 👍🏽", "<b>bold</b> & 'quoted'", "終わり。", "null",
)  # fmt: skip
_TAGS = ("red", "Q3", "größer", "急ぎ", "a b", "x/y")
_NUMBERS = (0.5, 12.75, 1234567.89, -40.5, 3, 1e-05, 250, 99.999)
_WHOLE = (0, 1, 7, 42, 250, 100_000)
_NOTHING = (
    "What is the capital of {place}? Answer in one short sentence; nothing has to be looked up.",
    "Thank you, that was all for today. Say goodbye in one sentence.",
    "Explain in one sentence what a {thing} is. Do not touch any records.",
)
_PLACES = ("France", "Japan", "Peru", "Kenya", "Norway")

_T = TypeVar("_T")
_Call = tuple[str, Thing, ExpectedCall]
"""What the user says of a call, the thing that it is about, and the call."""


class _Draw:
    """Draws by SHA-256, for Python promises the same numbers of the same seed only for some of its functions."""

    def __init__(self, *seed: object) -> None:
        self._seed = "\n".join(map(str, seed))
        self._drawn = 0

    def below(self, most: int) -> int:
        self._drawn += 1
        digest = hashlib.sha256(f"{self._seed}\n{self._drawn}".encode()).digest()
        return int.from_bytes(digest) % most

    def one(self, values: Sequence[_T]) -> _T:
        return values[self.below(len(values))]

    def some(self, values: Sequence[_T], count: int) -> list[_T]:
        left = list(values)
        return [left.pop(self.below(len(left))) for _ in range(count)]

    def record(self) -> str:
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        return f"{self.one(letters)}{self.one(letters)}-{self.below(9000) + 1000}"


def generated(seed: int = 0) -> list[Case]:
    """The requests of a seed: the numbers of tools take turns, so that any first part of them has all alike."""
    return [_case(seed, place) for place in range(COUNT)]


def _case(seed: int, place: int) -> Case:
    draw = _Draw("tool_calls", VERSION, seed, place)
    offered = OFFERED[place % len(OFFERED)]
    kind = place // len(OFFERED) % (len(_KINDS) + len(_NOTHING))
    item_id = f"{offered}-{place // len(OFFERED):03}"
    first = draw.one(THINGS)
    if kind >= len(_KINDS):
        said = _NOTHING[kind - len(_KINDS)].format(place=draw.one(_PLACES), thing=first.name.replace("_", " "))
        return _made(item_id, said, (), _offer(draw, [(first, draw.one(tuple(Action)))], offered))
    calls = _KINDS[kind](draw, first, offered > 1)
    wanted = [(thing, Action(call.name.partition("_")[0])) for _, thing, call in calls]
    said = calls[0][0] if len(calls) == 1 else "Do all of this:\n" + "\n".join(f"- {text}" for text, _, _ in calls)
    return _made(item_id, said, tuple(call for _, _, call in calls), _offer(draw, wanted, offered))


def _made(item_id: str, said: str, expected: tuple[ExpectedCall, ...], tools: list[dict[str, Any]]) -> Case:
    messages = ({"role": "system", "content": _SYSTEM}, {"role": "user", "content": said})
    return Case(item_id, messages, tuple(tools), bool(expected), expected)


def _offer(draw: _Draw, wanted: Sequence[tuple[Thing, Action]], count: int) -> list[dict[str, Any]]:
    """So many tools in a drawn order: those that are wanted, those most like them, and any others."""
    chosen = list(dict.fromkeys(wanted))
    alike = [(chosen[0][0], action) for action in Action]
    every = [(thing, action) for thing in THINGS for action in Action]
    others = [each for each in dict.fromkeys([*alike, *draw.some(every, len(every))]) if each not in chosen]
    offered = [*chosen, *others][:count]
    return [tool(thing, action) for thing, action in draw.some(offered, len(offered))]


def _find(draw: _Draw, thing: Thing, *, narrowed: bool) -> _Call:
    query = draw.one(_WORDS)
    arguments: dict[str, Any] = {"query": query}
    said = f'Search the records of the kind {thing.name} for the text "{query}".'
    if narrowed:
        choice, limit = draw.one(thing.choices), draw.below(20) + 1
        arguments |= {thing.choice: choice, "limit": limit, "newest_first": True}
        said += f' Only those whose {thing.choice} is "{choice}", at most {limit} of them, the newest first.'
    return said, thing, ExpectedCall(thing.tool(Action.FIND), arguments)


def _create(draw: _Draw, thing: Thing, *, tagged: bool) -> _Call:
    text, choice, number = draw.one(_WORDS), draw.one(thing.choices), _number(draw, thing)
    name, street, (city, postcode) = draw.one(_NAMES), draw.one(_STREETS), draw.one(_CITIES)
    email = f"{draw.one('abcdefgh')}{draw.below(90) + 10}@example.org"
    contact = {"name": name, "email": email, "address": {"street": street, "city": city, "postcode": postcode}}
    arguments: dict[str, Any] = {thing.text: text, thing.choice: choice, thing.number: number, "contact": contact}
    said = (
        f'Create a record of the kind {thing.name}: {thing.text} "{text}", {thing.choice} "{choice}", {thing.number} '
        f'{_written(number)}. The contact has the name "{name}" and the email "{email}"; the address is: street '
        f'"{street}", city "{city}", postcode "{postcode}".'
    )
    if tagged:
        arguments["tags"] = tags = draw.some(_TAGS, 2 + draw.below(2))
        said += " The tags, in this order: " + ", ".join(f'"{tag}"' for tag in tags) + "."
    return said, thing, ExpectedCall(thing.tool(Action.CREATE), arguments)


def _update(draw: _Draw, thing: Thing, *, noted: bool) -> _Call:
    record, number = draw.record(), _number(draw, thing)
    changes: dict[str, Any] = {thing.number: number}
    said = f"Change the record {record} of the kind {thing.name}: set {thing.number} to {_written(number)}"
    arguments: dict[str, Any] = {"id": record, "changes": changes}
    if noted:
        changes["note"] = note = draw.one(_WORDS)
        arguments["notify"] = False
        said += f' and the note to "{note}"; notify nobody'
    return f"{said}.", thing, ExpectedCall(thing.tool(Action.UPDATE), arguments)


def _cancel(draw: _Draw, thing: Thing, *, commented: bool) -> _Call:
    record, reason = draw.record(), draw.one(REASONS)
    arguments = {"id": record, "reason": reason}
    said = f'Cancel the record {record} of the kind {thing.name}; the reason is "{reason}".'
    if commented:
        arguments["comment"] = comment = draw.one(_COMMENTS)
        said += f' The comment is, word for word, what stands between the lines of three quotes:\n"""\n{comment}\n"""'
    return said, thing, ExpectedCall(thing.tool(Action.CANCEL), arguments)


def _twice(draw: _Draw, thing: Thing, several: bool) -> list[_Call]:
    """One tool called twice, with other arguments each time."""
    return [_update(draw, thing, noted=noted) for noted in (False, True)]


def _thrice(draw: _Draw, thing: Thing, several: bool) -> list[_Call]:
    """Three calls of several tools; of one, where there is no other."""
    others = draw.some([each for each in THINGS if each != thing], 2) if several else [thing, thing]
    if not several:
        return [_cancel(draw, each, commented=False) for each in (thing, *others)]
    return [
        _find(draw, thing, narrowed=True),
        _cancel(draw, others[0], commented=False),
        _update(draw, others[1], noted=False),
    ]


_KINDS: tuple[Callable[[_Draw, Thing, bool], list[_Call]], ...] = (
    lambda draw, thing, _: [_find(draw, thing, narrowed=True)],
    lambda draw, thing, _: [_create(draw, thing, tagged=True)],
    _twice,
    lambda draw, thing, _: [_cancel(draw, thing, commented=True)],
    lambda draw, thing, _: [_update(draw, thing, noted=True)],
    lambda draw, thing, _: [_find(draw, thing, narrowed=False)],
    lambda draw, thing, _: [_create(draw, thing, tagged=False)],
    _thrice,
    lambda draw, thing, _: [_cancel(draw, thing, commented=False)],
)
"""What can be asked for, in the order in which it takes turns."""


def _number(draw: _Draw, thing: Thing) -> float:
    return draw.one(_WHOLE) if thing.whole else draw.one(_NUMBERS)


def _written(number: float) -> str:
    """A number as people write it."""
    return f"{number:.5f}" if 0 < abs(number) < 1e-4 else str(number)
