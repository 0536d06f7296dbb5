"""Says what would settle a task that could not be told, in the sentence that all reports share."""

from __future__ import annotations

from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.points import points

FRESH = "More of this pair would be a look that nothing is left of alpha for: it takes a new pair."
"""What is said in place of the sentence where the pair has had its looks."""

# A range that is no wider is what "about" says.
_WIDE = 1.25


def way_out(
    prospects: tuple[Prospect, ...],
    items: int,
    repeats: int,
    *,
    hopeless: bool = False,
    asked: tuple[int, int] | None = None,
    fresh: bool = False,
) -> str:
    """The sentence; `items` and `repeats` were asked, and `hopeless` says that items so few cannot pass.

    `asked` is how often the baseline and the candidate were asked; both `repeats` times when it is left out. `fresh`
    says that it is told of a pair that is asked anew and looked at once, for this one has had looks.
    """
    counts = ours, theirs = asked or (repeats, repeats)
    repeated = max(ours, theirs) > 1
    if not prospects:
        return "It takes more data."
    first, others = prospects[0], prospects[1:]
    if hopeless and repeated:
        more = "Unless there is a true gain, more" if any(one.over != "items" for one in others) else "More"
        said = f"{more} repeats of these {items:,} items cannot settle it: it takes more items"
        if first.settles and first.over == "items":
            data = _data(first, items, counts, " with as many flips")
            said += f", about {data} would do with a probability of 80% if there is no true loss{_range(first, counts)}"
    else:
        said = _if_equal(first, items, counts)
    if hopeless and repeated:
        others = tuple(one for one in others if one.settles)
    said += "".join(_if_seen(one, first, items, counts) for one in others)
    oftener = ", some tasks' more often" if any(one.over == "times" for one in prospects) else ""
    if fresh:
        said = f"Of a fresh pair that is looked at once: {said[:1].lower()}{said[1:]}"
    return f"{said}. {items:,} were {_asked(ours, theirs)}{oftener}."


def _asked(baseline: int, candidate: int) -> str:
    if baseline == candidate:
        return "asked" if baseline == 1 else f"asked {baseline} times each"
    return f"asked of the baseline {_times(baseline)} and of the candidate {_times(candidate)} each"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _if_equal(one: Prospect, items: int, asked: tuple[int, int]) -> str:
    if not one.settles:
        return (
            f"Even with no true loss {_most(one, items, asked)} would pass with a probability of only {one.power:.0%}"
        )
    if (one.items, one.repeats) == (items, min(asked)):
        return f"With no true loss so many answers pass with a probability of {one.power:.0%}"
    data = _data(one, items, asked, " with as many flips")
    return f"About {data} would settle it with a probability of 80% if there is no true loss{_range(one, asked)}"


def _if_seen(one: Prospect, equal: Prospect, items: int, asked: tuple[int, int]) -> str:
    kind = "loss" if one.difference < 0 else "gain"
    seen = f"the {kind} of {points(abs(one.difference))} that was seen"
    if one.items is None:
        return f"; {seen} is itself at the margin or beyond, and more of the same would rather fail than pass"
    if not one.settles:
        if not equal.settles and (one.items, one.repeats) == (equal.items, equal.repeats):
            return f", and with {one.power:.0%} if {seen} is the true one"
        return f"; if {seen} is the true one, {_most(one, items, asked)} would pass with {one.power:.0%} only"
    data, span = _data(one, items, asked), _range(one, asked)
    return f"; {'about ' if kind == 'loss' else ''}{data} if {seen} is the true one{span}"


def _data(one: Prospect, items: int, asked: tuple[int, int], flips: str = "") -> str:
    if one.over == "times":
        return f"{(one.repeats or 0) / min(asked):.3g} times as many repeats of every item"
    if one.over == "repeats":
        return f"{one.repeats:,} repeats of the {items:,} items{_of_which(one.repeats or 0, asked)}"
    each = "" if max(asked) == 1 else f", {_asked(*asked)},"
    return f"{one.items:,} items{flips}{each}"


def _of_which(repeats: int, asked: tuple[int, int]) -> str:
    """Which build is to be asked so often, where one was asked more often than the other."""
    if asked[0] == asked[1]:
        return ""
    if repeats > max(asked):
        return " by both builds"
    return " by the candidate" if asked[1] < asked[0] else " by the baseline"


def _most(one: Prospect, items: int, asked: tuple[int, int]) -> str:
    data = _data(one, items, asked)
    return data if one.over == "times" else f"as many as {data}"


def _range(one: Prospect, asked: tuple[int, int]) -> str:
    """How well the number is known, where that is not well."""
    low, high = one.low, one.high
    if low is None or (high is not None and high <= _WIDE * low):
        return ""
    unit = min(asked) if one.over == "times" else 1
    top = "more than there are" if high is None else f"{high / unit:,.6g}"
    return f" ({low / unit:,.6g} to {top} for all that is known of the variance)"
