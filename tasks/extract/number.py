"""Reads the number that an answer ends with, however it is written: the tolerant metric of arithmetic benchmarks.

lm-eval's filters for GSM8K take `$18.00.`, `70{,}000` or the 6 of "The answer is 6 + 7 = 13." for wrong answers. This
reader looks for the final answer in the places where models put it, strips what is no part of a number (currency,
units, thousands separators, bold, LaTeX), takes the result of a sum and compares exactly, as fractions.
"""

from __future__ import annotations

import re
from fractions import Fraction

_LONGEST = 20_000
"""Characters at the end of an answer that are looked at: the result is there."""
_MOST_DIGITS = 60

_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]|\\[,;:! ]|(?<!\\)~|\\(?:quad|qquad|thinspace)\b")
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "\u2011": "-", "＄": "$", "％": "%", "，": ",", "．": "."})
_BLANKS = re.compile(r"\s{9,}")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\,|,(?=\d{3}(?!\d))|(?<=\d) (?=\d{3}(?!\d))|['’_](?=\d{3}(?!\d)))")
_WRAPPED = re.compile(
    r"\\(?:text|textbf|mathbf|mathrm|mathit|bf|rm|boldsymbol|textit|mbox|operatorname)\s*\{([^{}]*)\}"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{\s*(-?[\d.]+)\s*\}\s*\{\s*(-?[\d.]+)\s*\}|\\[dtc]?frac\s*(\d)\s*(\d)")
_DIGITS = r"(?:\d+(?:\.\d+)?|\.\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?:\\?[$€£¥₹]\s*)?(?P<inner>-?)"
    rf"(?:(?P<whole>\d+)\s+(?P<top>\d+)\s*/\s*(?P<bottom>\d+)"
    rf"|(?P<numerator>{_DIGITS})\s*/\s*(?P<denominator>{_DIGITS})(?![\d/])"
    rf"|(?P<plain>{_DIGITS})(?:\s*(?:\\times|×|\*|x)\s*10\s*\^\s*\{{?\s*(?P<power>-?\d{{1,2}})\s*\}}?|[eE](?P<exponent>[-+]?\d{{1,2}})(?![\w]))?)"
)
_MARKED = re.compile(r"####")
_STATED = re.compile(
    r"(?:final\s+|correct\s+|total\s+)?answer(?:\s+to\s+[^.:\n]{1,80})?\s*(?:\bis\b|\bwould be\b|:|=)\s*(?:\*\*)?\s*:?",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*(?!\s*:)")
_HEADING = re.compile(r"\s*(?:step|part|day|week|question|problem|case|option|\d+[.)])\b|.*:\s*$", re.IGNORECASE)


def final_number(text: str) -> Fraction | None:
    r"""The number that the answer ends with, `None` where there is none.

    Looked for, in this order: after the last `####`; in the last `\boxed{}`; after the last "answer is" or "answer:";
    in the last bold passage of the last paragraph that is no heading; the last number of all. Of a passage with an
    equals sign the number right of the last one counts, for that is the result of the sum.

    Examples
    --------
    >>> final_number("The answer is 6 + 7 = 13.")
    Fraction(13, 1)
    >>> final_number(r"so she pays \$\boxed{70{,}000}")
    Fraction(70000, 1)
    """
    end = _cleaned(text[-_LONGEST:])
    for passage in _passages(end):
        if (found := _result(passage)) is not None:
            return found
    numbers = _numbers(end)
    return numbers[-1] if numbers else None


def same_number(first: str, second: str) -> bool:
    """Whether two answers end with equal numbers; an answer without a number equals none."""
    ours, theirs = final_number(first), final_number(second)
    return ours is not None and ours == theirs


def _passages(text: str) -> list[str]:
    """Where the final answer may stand, the surest place first."""
    found = []
    if marks := list(_MARKED.finditer(text)):
        found.append(_line(text[marks[-1].end() :]))
    if (boxed := _last_boxed(text)) is not None:
        found.append(boxed)
    if stated := list(_STATED.finditer(text)):
        found.append(_sentence(text[stated[-1].end() :]))
    bold = _BOLD.findall(text.rstrip().rpartition("\n\n")[2])
    return found + [passage for passage in reversed(bold) if not _HEADING.match(passage)]


def _cleaned(text: str) -> str:
    """The text with the typography of numbers in one form."""
    # Of more blanks than these no number is made, and patterns that begin with any number of them take quadratic time.
    text = _BLANKS.sub(_fewer, _SPACES.sub(" ", text.translate(_MINUS).replace("{,}", ",")))
    text = re.sub(r"\\(?:left|right|displaystyle|,|!)(?![a-zA-Z])", "", text)
    text = _WRAPPED.sub(r"\1", text)
    text = _FRACTION.sub(lambda m: f" {m[1] or m[3]}/{m[2] or m[4]} ", text)
    text = text.replace("\\%", "%").replace("\\$", "$")
    return _THOUSANDS.sub("", text)


def _fewer(blanks: re.Match[str]) -> str:
    """A long run of white space as a short one that separates the same: words, lines or paragraphs."""
    return "\n" * min(blanks[0].count("\n"), 2) or " "


def _line(text: str) -> str:
    return text.lstrip(" :*\n").partition("\n")[0]


def _sentence(text: str) -> str:
    """Up to the end of the sentence: a full stop that is no decimal point, or a line's end after something was said."""
    body = text.lstrip(" *:$\\([\n")
    end = re.search(r"\.(?!\d)|\n|;(?!\d)", body)
    return body[: end.start()] if end else body


def _last_boxed(text: str) -> str | None:
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"), text.rfind("\\boxed {"))
    if start < 0:
        return None
    open_at = text.index("{", start)
    depth = 0
    for place in range(open_at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[open_at + 1 : place]
    return text[open_at + 1 :]


def _result(passage: str) -> Fraction | None:
    """The number that a passage states: right of its last equals sign if there is one, else the first of it."""
    for part in reversed(re.split(r"=|≈|\\approx", passage)):
        numbers = _numbers(part)
        if numbers:
            return numbers[0]
    return None


def _numbers(text: str) -> list[Fraction]:
    return [value for found in _NUMBER.finditer(text) if (value := _value(found)) is not None]


def _is_operator(found: re.Match[str]) -> bool:
    """Whether a minus belongs to what stands before it: `20-5`, `20 - 5`, `GPT-4`, but not `is -5` or `= -5`."""
    text, start = found.string, found.start()
    before = text[start - 1 : start]
    if not before.isspace():
        return before.isalnum() or before in (")", "%")
    return text[start + 1 : start + 2].isspace() and text[max(0, start - 20) : start].rstrip()[-1:].isdigit()


def _value(found: re.Match[str]) -> Fraction | None:
    if any(len(group) > _MOST_DIGITS for group in found.groups() if group):
        return None
    negative = found["inner"] == "-" or (found["sign"] == "-" and not _is_operator(found))
    try:
        if found["whole"] is not None:
            value = int(found["whole"]) + Fraction(int(found["top"]), int(found["bottom"]))
        elif found["numerator"] is not None:
            value = Fraction(found["numerator"]) / Fraction(found["denominator"])
        else:
            power = int(found["power"] or found["exponent"] or 0)
            value = Fraction(found["plain"]) * Fraction(10) ** power
    except ZeroDivisionError:
        return None
    return -value if negative else value
