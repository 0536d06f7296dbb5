"""Reads the number that an answer ends with, however it is written: the tolerant metric of arithmetic benchmarks.

lm-eval's filters for GSM8K take `$18.00.`, `70{,}000` or the 6 of "The answer is 6 + 7 = 13." for wrong answers. This
reader looks for the final answer in the places where models put it, strips what is no part of a number (currency,
units, thousands separators, bold, LaTeX), takes the result of a sum and compares exactly, as fractions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

_LONGEST = 20_000
"""Characters at the end of an answer that are looked at: the result is there."""
_MOST_DIGITS = 60

_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]|\\[,;:! ]|(?<!\\)~|\\(?:quad|qquad|thinspace)\b")
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "\u2011": "-", "＄": "$", "％": "%", "，": ",", "．": ".",
                          "½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"})  # fmt: skip
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
    rf"|(?P<odd>(?>{_DIGITS})(?:(?:[.,]\d+)+|[eE]\d{{3,}}|\s?\^|\*\*(?=\d)|[²³⁴]))"
    rf"|(?P<plain>{_DIGITS})(?:\s*(?:\\times|×|\*|x)\s*10\s*\^\s*\{{?\s*(?P<power>-?\d{{1,2}})\s*\}}?"
    r"|[eE](?P<exponent>[-+]?\d{1,2})(?![\w]))?"
    r"(?:\s*(?P<scale>(?:hundred|thousand|million|billion|trillion)\b|k\b))?)"
)
"""A number as it is written; `odd` is what looks like one and is none that could be compared: `1.234,50`, `10^3`."""
_SCALES = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "billion": 9, "trillion": 12}
_UNSURE = re.compile(r"(?:[±≥≤√]|sqrt\s*[({]?)\s*$")
_IN_WORDS = re.compile(
    r"\bnegative\s+(?=[$\d])|(?:(?<=\bis )|(?<=: )|^)minus\s+(?=[$\d])", re.IGNORECASE | re.MULTILINE
)
_MARKED = re.compile(r"####")
_STATED = re.compile(
    r"(?:final\s+|correct\s+|total\s+)?answer(?:\s+to\s+[^.:\n]{1,80})?\s*(?:\bis\b|\bwould be\b|:|=)\s*(?:\*\*)?\s*:?",
    re.IGNORECASE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*(?!\s*:)")
_TAKEN_BACK = re.compile(
    r"\b(?:wait|actually|oops|scratch that|correction|(?:my|a|an) (?:mistake|error)|let me (?:re\w+|try again))\b"
    r"|\bno[,:]",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|isn't|never)\s*(?:\\?[$€£]|equal to\s*)?$", re.IGNORECASE)
_JOINED = re.compile(
    r"\s*(?:[-+*×÷·]|\\times\b|\\cdot\b|\\div\b|\bx\b|\b(?:to|or|and)\b|%?\s*(?:to|or)\b)"
    r"\s*\\?[$€£]?\s*\d"
    r"|:\d\d",
    re.IGNORECASE,
)
"""What makes of the number before it a part only: of a range, a choice, an unfinished sum, a time."""
_COMPOUND = re.compile(
    r"\s*(?:hours?|hrs?|h)\s*,?\s*(?:and\s*)?\d+\s*m(?:in)?|\s*min(?:ute)?s?\s*,?\s*(?:and\s*)?\d+\s*s(?:ec)?"
    r"|\s*(?:feet|foot|ft)\s*,?\s*(?:and\s*)?\d+\s*in|\s*(?:pounds?|lbs?)\s*,?\s*(?:and\s*)?\d+\s*(?:oz|ounce)"
    r"|\s*dollars?\s*,?\s*(?:and\s*)?\d+\s*cent|\s*years?\s*,?\s*(?:and\s*)?\d+\s*month"
    r"|\s*weeks?\s*,?\s*(?:and\s*)?\d+\s*day",
    re.IGNORECASE,
)
"""The rest of a length or time in two units."""
_OPEN = re.compile(r"\s*(?:[+*×÷]|\bor\b)\s*[\d.$€£]|:\d|-|[-–]\d", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s*(?:\\?[$€£])?$", re.IGNORECASE)
_ANOTHER_BOX = re.compile(r"\}\s*(?:\\[)\]]|\$)?\s*,?\s*(?:or|and)\s*(?:\\[(\[]|\$)?\s*\\?\$?$")
_ASIDE = re.compile(r"\s*\([^()]*\)\s*[.!]?\s*$")
_POWER = re.compile(r"(?:\^|_)\s?\{?$")
_HEADING = re.compile(r"\s*(?:step|part|day|week|question|problem|case|option|\d+[.)])\b|.*:\s*$", re.IGNORECASE)


def final_number(text: str) -> Fraction | None:
    r"""The number that the answer ends with, `None` where there is none or it is not plain which.

    Looked for after `####`, in `\boxed{}`, after "answer is" or "answer:", whichever of them stands last; then in the
    last bold passage of the last paragraph that is no heading; then the last number of all. Of a passage with an equals
    sign the number right of the last one counts, for that is the result of the sum.

    What leaves the answer open is not read as any of its parts, since one of them may be right by chance: `18 or 20`,
    `10-15`, `3:30`, `6 + 7`, `1 hour 30 minutes`, `1.234,50`. An answer that is taken back ("Wait, no: 20") is read
    from there on.

    Examples
    --------
    >>> final_number("The answer is 6 + 7 = 13.")
    Fraction(13, 1)
    >>> final_number(r"so she pays \$\boxed{70{,}000}")
    Fraction(70000, 1)
    >>> final_number("The answer is 18 or 20.") is None
    True
    """
    return _final(_cleaned(text[-_LONGEST:]))


def _final(text: str) -> Fraction | None:
    for passage in _passages(text):
        if passage.surest or _NUMBER.search(passage.text):
            return _result(passage.text)
        if passage.after is not None and (again := _final(passage.after)) is not None:
            return again
    return _last(text)


def written(number: Fraction) -> str:
    """A number as digits where they end, else as a fraction: `13.5`, `1/3`."""
    with localcontext(prec=2 * _MOST_DIGITS):
        decimal = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{decimal:f}" if Fraction(decimal) == number else str(number)


def same_number(first: str, second: str) -> bool:
    """Whether two answers end with equal numbers; an answer without a number equals none."""
    ours, theirs = final_number(first), final_number(second)
    return ours is not None and ours == theirs


@dataclass(frozen=True, slots=True)
class _Passage:
    """Where the final answer may stand. `surest` places hold it or nothing does; `after` is what takes it back."""

    text: str
    surest: bool = False
    after: str | None = None


def _passages(text: str) -> list[_Passage]:
    """Where the final answer may stand, the surest place first."""
    found: list[tuple[int, _Passage]] = []
    if marks := list(_MARKED.finditer(text)):
        found.append((marks[-1].end(), _Passage(_line(text[marks[-1].end() :]), surest=True)))
    if (box := _last_boxed(text)) is not None:
        found.append((box[0], _Passage(box[1], surest=True)))
    if stated := list(_STATED.finditer(text)):
        rest = text[stated[-1].end() :]
        taken_back = _TAKEN_BACK.search(rest)
        after = rest[taken_back.end() :] if taken_back else ""
        said = _Passage("", after=after) if _NUMBER.search(after) else _Passage(_sentence(rest))
        found.append((stated[-1].end(), said))
    found.sort(key=lambda each: -each[0])
    body = text.rstrip()
    last_paragraph = body.rfind("\n\n") + 1
    bold = [_Passage(each) for each in reversed(_BOLD.findall(body[last_paragraph:])) if not _HEADING.match(each)]
    later = [passage for place, passage in found if passage.surest or place >= last_paragraph]
    return later + bold + [passage for _, passage in found if passage not in later]


def _cleaned(text: str) -> str:
    """The text with the typography of numbers in one form."""
    # Of more blanks than these no number is made, and patterns that begin with any number of them take quadratic time.
    text = _BLANKS.sub(_fewer, _SPACES.sub(" ", text.translate(_MINUS).replace("{,}", ",")))
    text = re.sub(r"\\(?:left|right|displaystyle|,|!)(?![a-zA-Z])", "", text)
    text = _WRAPPED.sub(r"\1", text)
    text = _FRACTION.sub(lambda m: f" {m[1] or m[3]}/{m[2] or m[4]} ", text)
    text = text.replace("\\%", "%").replace("\\$", "$")
    return _THOUSANDS.sub("", _IN_WORDS.sub("-", text))


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


def _last_boxed(text: str) -> tuple[int, str] | None:
    """The place and the content of the last box; nothing where it is one of several to choose from."""
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"), text.rfind("\\boxed {"))
    if start < 0:
        return None
    if _ANOTHER_BOX.search(text[max(0, start - 20) : start]):
        return start, ""
    open_at = text.index("{", start)
    depth = 0
    for place in range(open_at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return start, text[open_at + 1 : place]
    return start, text[open_at + 1 :]


def _result(passage: str) -> Fraction | None:
    """The number that a passage states: right of its last equals sign if there is one, else the first of it."""
    for part in reversed(re.split(r"=|≈|\\approx", passage)):
        found = list(_NUMBER.finditer(part))
        for number in found:
            if not _NEGATED.search(part[max(0, number.start() - 20) : number.start()]):
                joined = _JOINED.match(part, number.end()) or _COMPOUND.match(part, number.end())
                return None if joined else _value(number)
        if found:
            return None
    return None


def _last(text: str) -> Fraction | None:
    """The last number of all, but for one in parentheses after another, and exponents."""
    line = text.rstrip().rpartition("\n")[2]
    if (aside := _ASIDE.search(line)) and _NUMBER.search(line[: aside.start()]):
        text = text.rstrip()[: aside.start() - len(line)]
    numbers = [
        found for found in _NUMBER.finditer(text) if not _POWER.search(text[max(0, found.start() - 3) : found.start()])
    ]
    if not numbers:
        return None
    last = numbers[-1]
    if len(numbers) > 1 and _is_open(numbers[-2], last):
        return None
    negated = _NEGATED.search(text[max(0, last.start() - 20) : last.start()])
    return None if negated else _value(last)


def _is_open(first: re.Match[str], second: re.Match[str]) -> bool:
    """Whether two numbers are a choice, a range or an unfinished sum, or one length or time."""
    text = first.string
    between = text[first.end() : second.start()]
    joined = _OPEN.fullmatch(between + second[0][: len(second[0]) - len(second[0].lstrip()) + 1])
    compound = _COMPOUND.match(text, first.end())
    choice = between.strip() == "and" and _BETWEEN.search(text[max(0, first.start() - 20) : first.start()])
    power = first["odd"] is not None and not between
    return bool(joined or compound or choice or power)


def _is_operator(found: re.Match[str]) -> bool:
    """Whether a minus belongs to what stands before it: `20-5`, `20 - 5`, `GPT-4`, but not `is -5` or `= -5`."""
    text, start = found.string, found.start()
    before = text[start - 1 : start]
    if not before.isspace():
        return before.isalnum() or before in (")", "%")
    return text[start + 1 : start + 2].isspace() and text[max(0, start - 20) : start].rstrip()[-1:].isdigit()


def _value(found: re.Match[str]) -> Fraction | None:
    before = found.string[max(0, found.start() - 8) : found.start()]
    too_long = any(len(group) > _MOST_DIGITS for group in found.groups() if group)
    if too_long or found["odd"] is not None or _UNSURE.search(before):
        return None
    negative = found["inner"] == "-" or (found["sign"] == "-" and not _is_operator(found))
    try:
        if found["whole"] is not None:
            value = int(found["whole"]) + Fraction(int(found["top"]), int(found["bottom"]))
        elif found["numerator"] is not None:
            value = Fraction(found["numerator"]) / Fraction(found["denominator"])
        else:
            power = int(found["power"] or found["exponent"] or 0) + _SCALES.get(found["scale"], 0)
            value = Fraction(found["plain"]) * Fraction(10) ** power
    except ZeroDivisionError:
        return None
    return -value if negative else value
