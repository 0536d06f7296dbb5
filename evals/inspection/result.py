"""Where in an answer its result was most likely read, for whoever looks at the text."""

from __future__ import annotations

import re

_LONGEST = 500
"""Characters above which a result is no word or number, and as a pattern takes seconds."""


def place_of_result(text: str, result: str | None) -> tuple[int, int] | None:
    """The last place at which the result stands as a word or number of its own: its beginning and end, in characters.

    `None` where there is no result, or the text does not say it in these words.

    >>> place_of_result("12 + 1,163 = 1,175.", "1175")
    (13, 18)
    """
    if not result or not result.strip():
        return None
    wanted = result.strip()
    if len(wanted) > _LONGEST:
        start = text.rfind(wanted)
        return None if start < 0 else (start, start + len(wanted))
    # A grader takes commas out of numbers, and no others are written with them.
    pattern = ",?".join(re.escape(sign) for sign in wanted) if wanted.isdecimal() else re.escape(wanted)
    before = r"(?<!\w)(?<!\d[.,])" if re.match(r"\w", wanted[0]) else ""
    after = r"(?!\w)(?!\.\d)" if re.match(r"\w", wanted[-1]) else ""
    places = [found.span() for found in re.finditer(f"{before}{pattern}{after}", text)]
    return places[-1] if places else None
