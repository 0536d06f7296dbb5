"""Cells of a card: accuracies as they are printed there, out of what stands around them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_MARKS = re.compile(r"\[\^?\w{1,4}\]|[\u00b9\u00b2\u00b3\u2070-\u209f†‡§*`_]|\\")
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+,\d+|\d+|\.\d+"
_FIGURE = re.compile(
    rf"(?P<number>{_NUMBER})\s*(?P<percent>%|percent\b)?"
    r"(?:\s*(?:±|\+/-|\+-)\s*\d*\.?\d+\s*(?P<later>%)?)?"
    r"(?:\s*\((?P<aside>[^()]*)\))?\s*(?P<unit>.*)",
    re.IGNORECASE,
)
_ITEMS = re.compile(
    r"\bn\s*=\s*(?P<n>\d[\d,]*)|\b(?P<m>\d[\d,]*) (?:questions|items|problems|prompts)\b", re.IGNORECASE
)
_MISSING = frozenset(
    {"", "-", "--", "---", "–", "—", "n/a", "na", "nan", "none", "tbd", "todo", "?", "x", "/", "...", "…"}
)
SIZES_AND_SPEEDS = re.compile(
    r"([kmgt]i?b|bits?|tok(en)?s?/s(ec)?|tps|req(uest)?s?/s|ms|s|sec(onds)?|min|h(ours)?|x|×|w(atts)?|flops)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a cell as text, and whether it says that it is a percentage; `why` there is none, else ""."""

    number: str = ""
    percent: bool = False
    items: int | None = None
    why: str = ""
    unit: str = ""

    @property
    def value(self) -> Decimal:
        return Decimal(self.number)

    def share(self, percent: bool) -> str:
        """The number as a share, with all the decimals that were printed."""
        return f"{self.value.scaleb(-2) if percent else self.value:f}"


def read_figure(cell: str) -> Figure:
    """The accuracy that a cell shows, without footnotes, spread and recovery."""
    text = " ".join(unicodedata.normalize("NFKC", _MARKS.sub("", cell)).replace("−", "-").split())
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("So", "Sk", "Cf", "Mn")).strip(
        "↑↓→← "
    )
    if text.lower() in _MISSING:
        return Figure(why="no figure")
    found = _FIGURE.fullmatch(text)
    if found is None:
        return Figure(why=f"{text[:40]} is no figure")
    number, unit = found["number"], found["unit"].strip()
    if unit:
        return Figure(why=f"{text[:40]} is no single accuracy", unit=unit)
    return Figure(_plain(number), bool(found["percent"] or found["later"]), items_said(found["aside"] or ""))


def items_said(name: str) -> int | None:
    """The number of items that a row's name says itself, as in "GSM8K (n=200)"."""
    found = _ITEMS.search(name)
    return int((found["n"] or found["m"]).replace(",", "")) if found else None


def _plain(number: str) -> str:
    """Without separators of thousands; a comma that separates none is a decimal point."""
    thousands = re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", number)
    return number.replace(",", "" if thousands else ".")
