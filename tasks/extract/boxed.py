r"""Finds the answer that a text of mathematics ends with: its last `\boxed{...}`, or what its last line states."""

from __future__ import annotations

import re

from quantgate.evals.contract.thoughts import graded_text, without_thoughts

# `\\` ends a line in LaTeX, so that a brace after it is a brace; before a box it is a backslash that was escaped.
_SIGNS = re.compile(r"\\(?:boxed|fbox)\s*\{|\\\\(?!boxed|fbox)|\\[{}]|[{}]")
_JOINED = re.compile(r"[\s$,;\\()\[\]]*(?:,|;|\band\b|\bor\b)[\s$,;\\()\[\]]*")
_STATED = re.compile(
    r"\banswer\b(?:\s+is\b)?[\s*]*(?:(?<=\bis)|(?<=\bis[\s*])|:)[\s*:]*(?P<stated>\S.*)", re.IGNORECASE
)
# What follows the statement is another sentence ("I hope it is correct."), or the reason.
_SENTENCE_END = re.compile(r"[.!](?=[*$]*\s+[A-Z])|,?\s(?:because|since)\b")
_LONGEST_LINE = 500
_AROUND = " \t*$."


def final_answer(text: str) -> str | None:
    r"""What a text gives as its answer, in LaTeX; `None` where it gives none.

    That is the content of its last box, braces inside included. Boxes that a comma, `and` or `or` joins to it are read
    with it, so that two answers are not taken for one. An empty box is passed over, and nothing is read of a text that
    breaks off in a box after the last that is whole. Without any box it is what the last line says after `answer is` or
    `Answer:`, to the end of that sentence, never a number that merely stands there. Thoughts are no part of the answer.

    >>> final_answer(r"Then $x = \boxed{\frac{3}{4}}$.")
    '\\frac{3}{4}'
    """
    answer = graded_text(without_thoughts(text))
    boxes, is_open = _boxes(answer)
    if is_open:
        return None
    if not boxes:
        return _stated(answer)
    last = len(boxes) - 1
    while last and _JOINED.fullmatch(answer, boxes[last - 1][1] + 1, boxes[last][2]):
        last -= 1
    return ", ".join(dict.fromkeys(answer[start:end].strip() for start, end, _ in boxes[last:]))


def _boxes(text: str) -> tuple[list[tuple[int, int, int]], bool]:
    """Where the boxes that hold something begin and end inside, and where they begin; whether one after them is open.

    Of boxes within one another it is the inner ones. Takes time in proportion to the text.
    """
    found: list[tuple[int, int, int]] = []
    opened: list[tuple[int, int] | None] = []
    for sign in _SIGNS.finditer(text):
        said = sign.group()
        if said == "}":
            box = opened.pop() if opened else None
            if box is not None and text[box[0] : sign.start()].strip() and not (found and found[-1][2] > box[1]):
                found.append((box[0], sign.start(), box[1]))
        elif said == "{":
            opened.append(None)
        elif said.endswith("{") and len(said) > 2:
            opened.append((sign.end(), sign.start()))
    last = found[-1][2] if found else -1
    return found, any(box is not None and box[1] > last for box in opened)


def _stated(text: str) -> str | None:
    line = text.rstrip()[-_LONGEST_LINE:].rpartition("\n")[2]
    found = [match.group("stated") for match in _STATED.finditer(line)]
    if not found:
        return None
    return _SENTENCE_END.split(found[-1])[0].strip(_AROUND) or None
