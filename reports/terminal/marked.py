"""A model's text for the terminal: made safe, wrapped, with the result that was read and where it parts marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from quantgate.evals.inspection.parting import token_at
from quantgate.evals.inspection.result import place_of_result
from quantgate.evals.text import printable

_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")

RESULT, PARTS = "black on yellow", "reverse"
SIGNS = {RESULT: ("»", "«"), PARTS: ("▸", "")}
"""What stands around a marked place where there are no colours."""


def clean(text: str) -> str:
    """The text as a terminal may show it, line breaks and indentation kept."""
    return printable(_BREAKS.sub("\n", text).expandtabs(4))


@dataclass(frozen=True, slots=True)
class Marks:
    """Which parts of a text are marked: where the result was read, and the first token in which it parts."""

    result: str | None = None
    parting: int | None = None

    def of(self, text: str, *, coloured: bool) -> Text:
        """The text with its marks; with signs around them where there are no colours."""
        spans = []
        if (place := place_of_result(text, self.result)) is not None:
            spans.append((*place, RESULT))
        if self.parting is not None and (token := token_at(text, self.parting)):
            spans.append((self.parting, self.parting + len(token), PARTS))
        shown = Text(text)
        if coloured:
            for start, end, style in spans:
                shown.stylize(style, start, end)
            return shown
        signs = [(at, sign) for start, end, style in spans for at, sign in zip((start, end), SIGNS[style], strict=True)]
        for at, sign in sorted(signs, key=lambda each: -each[0]):
            text = f"{text[:at]}{sign}{text[at:]}"
        return Text(text)


def wrapped(console: Console, text: Text, width: int) -> list[Text]:
    """The lines of a text in a width."""
    return list(text.wrap(console, width)) if text.plain else []
