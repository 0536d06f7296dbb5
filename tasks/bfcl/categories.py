"""BFCL's single-turn categories: their sizes, their languages, and the names under which several are asked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

SIZES: Mapping[str, int] = {
    "simple_python": 400,
    "simple_java": 100,
    "simple_javascript": 50,
    "multiple": 200,
    "parallel": 200,
    "parallel_multiple": 200,
    "irrelevance": 240,
    "live_simple": 258,
    "live_multiple": 1053,
    "live_parallel": 16,
    "live_parallel_multiple": 24,
    "live_irrelevance": 884,
    "live_relevance": 16,
}
"""Questions by category, in the leaderboard's order."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(SIZES),
    "simple": ("simple_python", "simple_java", "simple_javascript"),
    "live": tuple(name for name in SIZES if name.startswith("live_")),
    "non_live": tuple(name for name in SIZES if not name.startswith("live_")),
    "ast": tuple(name for name in SIZES if not name.endswith("relevance")),
}
"""Several categories by one name; `ast` are those with a right call to check."""


def chosen(value: object) -> tuple[str, ...]:
    """Categories from their names or those of groups, with commas between them, in the leaderboard's order.

    Raises
    ------
    ValueError
        For anything else, with the nearest name or those of groups.

    Examples
    --------
    >>> chosen("parallel, simple")
    ('simple_python', 'simple_java', 'simple_javascript', 'parallel')
    """
    given = value.split(",") if isinstance(value, str) else value
    allowed = f"must be BFCL's categories with commas between them, or some of {', '.join(GROUPS)}"
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise ValueError(allowed)
    wanted: set[str] = set()
    for name in (name.strip() for name in given):
        if name not in GROUPS and name not in SIZES:
            near = difflib.get_close_matches(name, [*GROUPS, *SIZES], n=1)
            raise ValueError(f"no category is called {name!r}; did you mean {near[0]}?" if near else allowed)
        wanted.update(GROUPS.get(name, (name,)))
    if not wanted:
        raise ValueError(allowed)
    return tuple(name for name in SIZES if name in wanted)


def has_right_call(category: str) -> bool:
    """Whether its questions have possible answers, which the checker holds calls against."""
    return not category.endswith("relevance")


def is_for_no_call(category: str) -> bool:
    """Whether the right answer is to call nothing."""
    return category.endswith("irrelevance")
