"""What changed between two runs, on the terminal: the list of flips, and two answers side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quantgate.evals.inspection.changed import Changes, Turn
from quantgate.evals.inspection.parting import parting, token_at
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.text import one_line, unbroken
from quantgate.reports.terminal.answers import (
    HIDDEN,
    NOTHING,
    answer,
    figures,
    heading,
    question,
    reference,
    result_in_text,
    result_text,
    section,
    thought,
    tokens_of,
)
from quantgate.reports.terminal.marked import PARTS, RESULT, Marks, clean, wrapped
from quantgate.reports.terminal.rows import Column, streamed

_SIDE_BY_SIDE = 80
"""Columns from which two texts stand beside each other."""
_BETWEEN = " │ "

Names = tuple[str, str]
Pair = tuple[Seen, Seen]
Parts = list[list[Text]]


def counts(changes: Changes, names: Names) -> Iterator[str]:
    """How many answers both runs have, and how many of them changed."""
    left, right = (one_line(name, 40) for name in names)
    losses, gains, other = (len(changes.turned(turn)) for turn in (Turn.LOSS, Turn.GAIN, Turn.BOTH_WRONG))
    lost = "loss" if losses == 1 else "losses"
    won = "gain" if gains == 1 else "gains"
    yield (
        f"{unbroken(changes.task)}, {left} -> {right}: {losses:,} {lost}, {gains:,} {won}, {other:,} wrong in both "
        f"with another result; {len(changes.ours):,} answers in both"
    )
    if changes.repeats > 1:
        fell, rose = changes.items_changed
        yield f"  by item, whose score is the mean of its repeats: {fell:,} fell, {rose:,} rose"


TITLES = {
    Turn.LOSS: "losses",
    Turn.GAIN: "gains",
    Turn.BOTH_WRONG: "wrong in both, with another result",
}


def flips_table(
    pairs: Iterable[Pair], items: Iterable[str], names: Names, width: int, changes: Changes
) -> Iterator[Text]:
    """A line for each pair: what the one and the other build's answer came to, and what is right.

    `items` are the ids of the items of all pairs.
    """
    repeats, scores = changes.repeats > 1, not changes.all_or_nothing
    left, right = (one_line(name, 20) for name in names)
    columns = [
        Column("item"),
        *([Column("repeat", right=True)] if repeats else []),
        Column(f"{left} -> {right}", 44),
        Column("reference", 20, spare=1),
        *([Column("scores", 16, spare=2)] if scores else []),
        Column("statuses", 24, spare=3),
        Column("tokens", 20, spare=4),
    ]
    yield from streamed(columns, (_cells(*pair, repeats=repeats, scores=scores) for pair in pairs), width, items)


def _cells(left: Seen, right: Seen, *, repeats: bool, scores: bool) -> list[Text]:
    one, other = left.sample, right.sample
    right_answer = left.reference if left.reference is not None else right.reference
    statuses = one.status.value if one.status == other.status else f"{one.status.value} -> {other.status.value}"
    return [
        Text(unbroken(one.item_id)),
        *([Text(str(one.repeat))] if repeats else []),
        Text.assemble(_result(left), " -> ", _result(right)),
        Text(NOTHING if right_answer is None else one_line(right_answer, 60)),
        *([Text(f"{one.score:.4g} -> {other.score:.4g}")] if scores else []),
        Text(statuses),
        Text(" -> ".join(tokens_of(each) or NOTHING for each in (one, other))),
    ]


def _result(seen: Seen) -> Text:
    text = result_text(seen, 20)
    text.stylize("" if seen.sample.score is None else "green" if seen.sample.score == 1 else "red")
    return text


def whole_pair(
    console: Console, left: Seen, right: Seen, names: Names, *, repeats: bool, thoughts: bool, prompt: bool
) -> Iterator[Text]:
    """The lines of one item: the question once, then both answers, and where they part."""
    yield heading(left, console.width, repeats=repeats)
    if left.hidden or right.hidden:
        yield from _both(console, *_columns(console, left, right, names, (Marks(), Marks()), thoughts=False))
        yield section("text", HIDDEN)
        yield Text()
        return
    yield from question(console, left if left.asked is not None else right, prompt=prompt)
    yield from reference(console, left if left.reference is not None else right)
    if left.sample.prompt_hash != right.sample.prompt_hash:
        yield Text(f"{names[1]} was asked this item with another prompt", style="yellow")
    place = _parting(left.answer, right.answer)
    marks = Marks(result_in_text(left), place), Marks(result_in_text(right), place)
    yield from _both(console, *_columns(console, left, right, names, marks, thoughts=thoughts))
    if not (left.choices or right.choices):
        for line in _said(console, left, right, place):
            yield from wrapped(console, line, console.width)
    yield Text()


def _columns(
    console: Console, left: Seen, right: Seen, names: Names, marks: tuple[Marks, Marks], *, thoughts: bool
) -> tuple[Parts, Parts]:
    """The lines of either side, part by part, in the width that each has."""
    width = console.width
    if width >= _SIDE_BY_SIDE:
        width = (width - len(_BETWEEN)) // 2
    place = _parting(left.sample.reasoning or "", right.sample.reasoning or "")
    ours, theirs = (
        [
            [Text(one_line(name, width), style="bold underline")],
            figures(console, seen, width),
            list(thought(console, seen, width, unfolded=thoughts, marks=Marks(None, place))),
            [] if seen.hidden else list(answer(console, seen, mark, width)),
        ]
        for name, seen, mark in zip(names, (left, right), marks, strict=True)
    )
    return ours, theirs


def _both(console: Console, left: Parts, right: Parts) -> Iterator[Text]:
    """Either side's parts beside each other, each beginning where the other's begins; else one side after the other."""
    if console.width < _SIDE_BY_SIDE:
        yield from chain.from_iterable((*left, *right))
        return
    width = (console.width - len(_BETWEEN)) // 2
    for ours, theirs in zip(left, right, strict=True):
        for one, other in zip_longest(ours, theirs, fillvalue=Text()):
            line = Text().append_text(one)
            line.append(" " * max(width - cell_len(line.plain), 0))
            yield line.append(_BETWEEN, style="dim").append_text(other)


def _parting(left: str, right: str) -> int | None:
    return parting(clean(left), clean(right))


def _said(console: Console, left: Seen, right: Seen, place: int | None) -> Iterator[Text]:
    """Where the texts part, in words, and what the marks mean."""
    one, other = clean(left.answer), clean(right.answer)
    if place is None:
        same = left.answer == right.answer
        yield Text("both answers are the same" if same else "the answers differ only in signs that are not shown")
        return
    words = [_quoted(token_at(text, place)) for text in (one, other)]
    yield Text(f"the answers part at character {place + 1:,}: {words[0]} here, {words[1]} there")
    if left.sample.reasoning and right.sample.reasoning:
        thoughts = _parting(left.sample.reasoning, right.sample.reasoning)
        told = "are the same" if thoughts is None else f"part at character {thoughts + 1:,}"
        yield Text(f"the thoughts {told}")
    if console.color_system is None:
        yield Text("▸ stands where the texts part, » « around what was read", style="dim")
    else:
        yield Text.assemble(("where the texts part", PARTS), " ", ("what was read", RESULT))


def _quoted(token: str) -> str:
    if not token:
        return "its end"
    return f"“{one_line(token, 40)}”" if token.strip() else "white space"
