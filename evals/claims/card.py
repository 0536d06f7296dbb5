"""Claims out of a model card: every row of both builds, or why it cannot be judged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from quantgate.evals.claims.benchmarks import Benchmark, known_benchmark, normalised, repeats_said
from quantgate.evals.claims.columns import Row, find_rows
from quantgate.evals.claims.figures import SIZES_AND_SPEEDS, Figure, items_said, read_figure
from quantgate.evals.claims.reading import MOST_ANSWERS, Claim, explained_briefly
from quantgate.evals.claims.tables import read_tables
from quantgate.evals.claims.types import Unjudged
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.margin import Written
from quantgate.evals.stats.published.pairings import fitting_counts
from quantgate.evals.text import one_line

_MOST_ROWS = 200
_MEAN = re.compile(
    r"((macro|micro|overall|total) )?(average|avg|mean|overall|geomean|total)( (score|accuracy|over|of|all)\b.*)?"
)
# Names that say only how it was graded: what was asked stands in the heading.
_METRIC = re.compile(r"(accuracy|acc|score|exact match|em|pass 1|(flex|flexible|strict)( extract| match)?)")
_NO_ACCURACY = re.compile(
    r"\b(size|memory|vram|disk|throughput|latency|speed|ttft|tpot|itl|parameters|params|recovery|date)\b"
)
_LESS_IS_BETTER = re.compile(
    r"↓|\b(lower|smaller|less) is better|\b(perplexity|ppl|wer|cer|bits per byte|kld?|error rate)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller says of rows: by a row's name, or "" for all."""

    items: Mapping[str, tuple[int, ...]]
    repeats: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Card:
    """The claims of a card in its order, and the rows that give none."""

    claims: tuple[Claim, ...]
    unjudged: tuple[Unjudged, ...]


def said_of(items: Sequence[str], repeats: Sequence[str]) -> Said:
    """What `--items NAME=N` and `--repeats NAME=K` say. Raises UsageError naming the option."""
    sizes: dict[str, tuple[int, ...]] = {}
    for option in items:
        name, _, number = option.rpartition("=")
        parts = [part.strip() for part in number.split(",")]
        if not normalised(name) or not all(part.isascii() and part.isdigit() and int(part) for part in parts):
            raise UsageError(
                f"--items {one_line(option, 60)}: write NAME=N, such as GSM8K=1319; NAME=50,114 of two parts"
            )
        sizes[normalised(name)] = tuple(map(int, parts))
    counts: dict[str, int] = {}
    for option in repeats:
        name, _, number = option.rpartition("=")
        if not (number.strip().isascii() and number.strip().isdigit() and int(number)):
            raise UsageError(
                f"--repeats {one_line(option, 60)}: write NAME=K, such as AIME25=16, or a number for all rows"
            )
        counts[normalised(name)] = int(number)
    return Said(sizes, counts)


def read_card(
    text: str, baseline: str, candidate: str, said: Said, margin: Written | None = None, alpha: float | None = None
) -> Card:
    """The claims of a card's tables, with what is known of the benchmarks filled in.

    Parameters
    ----------
    text
        The card, Markdown or HTML.
    baseline, candidate
        The builds' columns (or rows), by name, by a part of it that one alone has, or by number from 1.
    said
        Items and repeats of rows that are not known, or are asked otherwise than usual.
    margin, alpha
        As of every claim; their defaults where None.

    Raises
    ------
    UsageError
        When the builds are not found, a name of `said` is no row, or no row can be judged.
    """
    rows, unclear = find_rows(read_tables(text), baseline, candidate)
    if len(rows) > _MOST_ROWS:
        raise UsageError(f"{len(rows):,} rows in these columns; at most {_MOST_ROWS} are judged: cut the card down")
    rows = list(dict.fromkeys(rows))
    _check_named(rows, said)
    names = _names(rows)
    percents = _percent_tables(rows)
    forced = {name: value for name, value in (("margin", margin), ("alpha", alpha)) if value is not None}
    claims, unjudged = [], [Unjudged(one.partition(":")[0], one.partition(": ")[2]) for one in unclear]
    for name, row in zip(names, rows, strict=True):
        made = _claim(name, row, said, row.table in percents, forced)
        if isinstance(made, Claim):
            claims.append(made)
        else:
            unjudged.append(made)
    if not claims:
        raise UsageError("no row can be judged. " + "; ".join(f"{one.task}: {one.why}" for one in unjudged[:6]))
    return Card(tuple(claims), tuple(unjudged))


def _names(rows: list[Row]) -> list[str]:
    """A name for each row; where two share one, with the heading of their table, else with its number."""
    names = [row.name or "(no name)" for row in rows]
    for more in (lambda row: row.heading, lambda row: f"table {row.table}"):
        often = Counter(names)
        names = [
            f"{name} ({more(row)})" if often[name] > 1 and more(row) else name
            for name, row in zip(names, rows, strict=True)
        ]
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return told


def _check_named(rows: list[Row], said: Said) -> None:
    for option, given in (("--items", said.items), ("--repeats", said.repeats)):
        for name in given:
            if name and not any(_is_called(row, name) for row in rows):
                known = ", ".join(dict.fromkeys(row.name for row in rows[:12]))
                raise UsageError(f"{option} {one_line(name, 60)}: no row is called so; there are {known}")


def _is_called(row: Row, name: str) -> bool:
    if name in {normalised(row.name), *map(normalised, row.labels)}:
        return True
    known = _known(row)
    return known is not None and name == normalised(known.name)


def _known(row: Row) -> Benchmark | None:
    """The benchmark of a row: by the label that names one, the innermost first, else by all of them together."""
    parts = [*reversed(row.labels), row.name]
    if _METRIC.fullmatch(normalised(row.name)):
        parts.append(row.heading)
    return next((found for part in parts if (found := known_benchmark(part)) is not None), None)


def _percent_tables(rows: list[Row]) -> frozenset[int]:
    """The tables with a figure that can only be a percentage."""
    return frozenset(
        row.table
        for row in rows
        for figure in map(read_figure, (row.baseline, row.candidate))
        if not figure.why and (figure.percent or figure.value > 1)
    )


def _claim(name: str, row: Row, said: Said, percents: bool, forced: Mapping[str, Any]) -> Claim | Unjudged:
    figures = read_figure(row.baseline), read_figure(row.candidate)
    short = normalised(name)
    known = _known(row)
    items = next((said.items[one] for one in said.items if _is_called(row, one)), None)
    if items is None and known is None and _MEAN.fullmatch(normalised(row.labels[-1]) or short):
        return Unjudged(name, "a mean over other rows, which are judged by themselves", counts=False)
    if (_NO_ACCURACY.search(short) and known is None) or any(SIZES_AND_SPEEDS.fullmatch(one.unit) for one in figures):
        return Unjudged(name, "no accuracy", counts=False)
    if _LESS_IS_BETTER.search(f"{short} {row.name.lower()}"):
        return Unjudged(name, "no accuracy: less is better")
    if problem := _scale_problem(row, figures, percents):
        return Unjudged(name, problem)
    percent = _in_percent(row, figures)
    shares = [figure.share(percent) for figure in figures]
    try:
        sizes, repeats, remarks = _asked(name, row, known, items, said, shares, figures)
        size = {"n": sizes[0]} if len(sizes) == 1 else {"strata": sizes}
        return Claim.model_validate(
            {
                "task": name,
                **size,
                "repeats": repeats,
                "baseline": shares[0],
                "candidate": shares[1],
                **forced,
                "remarks": remarks,
            }
        )
    except ValidationError as error:
        return Unjudged(name, explained_briefly(error))
    except _Unknown as error:
        return Unjudged(name, str(error))


def _scale_problem(row: Row, figures: tuple[Figure, Figure], percents: bool) -> str:
    """Why two cells are no two accuracies of one scale, or ""."""
    for build, figure in zip(("baseline", "candidate"), figures, strict=True):
        if figure.why:
            return f"{build}: {figure.why}"
        if figure.value > 100:
            return f"{build}: {figure.number} is no accuracy"
    if all(figure.percent for figure in figures):
        return ""
    named = row.percent or "%" in row.name
    over = [figure.percent or figure.value > 1 for figure in figures]
    if over[0] != over[1] and not named:
        return f"{figures[0].number} and {figures[1].number}: one reads as a share and one as a percentage"
    if not any(over) and (percents or named) and any(figure.value for figure in figures):
        return f"{figures[0].number} and {figures[1].number} stand among percentages: shares or percentages?"
    return ""


def _in_percent(row: Row, figures: tuple[Figure, Figure]) -> bool:
    return row.percent or "%" in row.name or any(one.percent or one.value > 1 for one in figures)


class _Unknown(Exception):
    """What has to be said before a row can be judged."""


def _asked(
    name: str,
    row: Row,
    known: Benchmark | None,
    items: tuple[int, ...] | None,
    said: Said,
    shares: Sequence[str],
    figures: tuple[Figure, Figure],
) -> tuple[tuple[int, ...], int, tuple[str, ...]]:
    """Items (of each part), answers to each, and what was assumed.

    Where the card leaves several open, the fewest items and then the fewest repeats are taken with which both printed
    numbers are counts of right answers: fewer answers make the bounds wider, so that nothing passes by this.
    """
    written = {one for one in (items_said(row.name), *(figure.items for figure in figures)) if one is not None}
    if items is None and len(written) > 1:
        raise _Unknown("the builds were asked different numbers of items")
    sizes: list[tuple[int, ...]]
    if items is not None:
        sizes = [items]
    elif written:
        (only,) = written
        if known is not None and known.sizes and only > known.sizes[-1]:
            most = f"the {known.sizes[-1]:,} items of {known.name}"
            raise _Unknown(f"n={only} is more than {most}: say --items, --repeats")
        sizes = [(only,)]
    elif known is not None and not known.why:
        sizes = [known.strata] if known.strata else [(size,) for size in known.sizes]
    else:
        why = known.why if known is not None else "how many items it has is not known"
        raise _Unknown(f'{why}; say it: --items "{_shortest(row)}=N"')
    repeats = next((said.repeats[one] for one in said.repeats if one and _is_called(row, one)), said.repeats.get(""))
    repeats = repeats_said(row.name) if repeats is None else repeats
    often = (repeats,) if repeats is not None else known.repeats if known is not None and known.repeats else (1,)
    options = [(size, count) for size in sizes for count in often if sum(size) * count <= MOST_ANSWERS]
    digits = max(1, *(-int(Decimal(share).as_tuple().exponent) for share in shares))
    fitting = [one for one in options if len(one[0]) > 1 or all(_fits(share, digits, *one) for share in shares)]
    size, count = (fitting or options or [(sizes[0], often[0])])[0]
    return size, count, _remarks(known, items is None and not items_said(row.name), len(sizes), repeats, size, count)


def _fits(share: str, digits: int, size: tuple[int, ...], repeats: int) -> bool:
    return bool(0 <= Decimal(share) <= 1 and fitting_counts(share, digits, size[0], repeats))


def _remarks(
    known: Benchmark | None, filled: bool, sizes: int, repeats: int | None, size: tuple[int, ...], count: int
) -> tuple[str, ...]:
    if known is None or not filled:
        return ()
    told = f"read as {known.name}: {sum(size):,} items ({known.source})"
    if sizes > 1:
        told += "; of the sizes that are in use the smallest that fits the digits, --items says another"
    if repeats is None and count > 1:
        told += (
            f"; {count} answers to each are the fewest that makers use and the digits allow, --repeats says how many"
        )
    return (told,)


def _shortest(row: Row) -> str:
    return one_line(row.labels[-1] or row.name, 60).replace('"', "")
