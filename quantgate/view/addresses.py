"""The addresses of the pages: what is shown, and by which filter, can be told from each of them, and read back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote, urlencode

from quantgate.evals.contract.records import SampleKey
from quantgate.view.types import Filter, Flipped

PART = 100
"""Rows that are loaded at a time; every part of a list begins at a multiple of it."""

_LONGEST_SEARCH = 500
_LONGEST_ID = 4_000
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def decision_address(base: str, key: str) -> str:
    """The page of one decision."""
    return f"{base}decision/{_step(key)}"


def list_address(base: str, runs: Sequence[str], chosen: Filter, *, number: int = 0) -> str:
    """The list of the items of one run, or of the two of a pair, from the part that has the row `number`."""
    offset = number // PART * PART
    return _with_query(_place(base, runs), [*filter_query(chosen), *([("offset", str(offset))] if offset else [])])


def item_address(base: str, runs: Sequence[str], key: SampleKey, chosen: Filter) -> str:
    """One item (task, item id, repeat) among those that the filter chooses.

    An id that no address can have, for its length or for half of a surrogate pair, leads to the list instead.
    """
    task, item_id, repeat = key
    if len(task) + len(item_id) > _LONGEST_ID or _HALF_OF_A_PAIR.search(task + item_id):
        return list_address(base, runs, chosen)
    named = [("item_task", task), ("item", item_id), ("repeat", str(repeat))]
    return _with_query(f"{_place(base, runs)}/item", [*named, *filter_query(chosen)])


def filter_query(chosen: Filter) -> list[tuple[str, str]]:
    """The filter as parameters of an address, without those that choose nothing."""
    named = ((field.name, getattr(chosen, field.name)) for field in fields(chosen))
    return [
        (name, "1" if value is True else str(value))
        for name, value in named
        if value not in (None, "") and value is not False
    ]


def parse_filter(query: Mapping[str, str]) -> Filter:
    """The filter of an address; what cannot be read of it chooses nothing."""
    return Filter(
        task=query.get("task") or None,
        status=query.get("status") or None,
        wrong=query.get("wrong") == "1",
        unparsed=query.get("unparsed") == "1",
        flipped=Flipped(query["flipped"]) if query.get("flipped") in set(Flipped) else None,
        subject=query.get("subject") or None,
        shortest=_count(query.get("shortest")),
        longest=_count(query.get("longest")),
        search=query.get("search", "")[:_LONGEST_SEARCH],
    )


def parse_offset(query: Mapping[str, str]) -> int:
    """The first row of the part that an address names."""
    return (_count(query.get("offset")) or 0) // PART * PART


def parse_item(query: Mapping[str, str]) -> SampleKey | None:
    """The task, item id and repeat that the address of an item names."""
    repeat = _count(query.get("repeat", "0"))
    if "item_task" not in query or "item" not in query or repeat is None:
        return None
    return (query["item_task"], query["item"], repeat)


def without(chosen: Filter, name: str) -> Filter:
    """The filter but for one of its parts."""
    nothing: dict[str, Any] = {name: getattr(Filter(), name)}
    return replace(chosen, **nothing)


def _place(base: str, runs: Sequence[str]) -> str:
    return f"{base}{'run' if len(runs) == 1 else 'diff'}/{'/'.join(_step(run) for run in runs)}"


def _step(key: str) -> str:
    return quote(key, safe="", errors="replace")


def _with_query(address: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(query, errors='replace')}" if query else address


def _count(text: str | None) -> int | None:
    return int(text) if text and len(text) <= 12 and text.isascii() and text.isdigit() else None
