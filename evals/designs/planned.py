"""The design of a task that is looked at on the way: its looks, and the level of each."""

from __future__ import annotations

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.designs.kept import kept_levels
from quantgate.evals.stats.sequential.sizes import FIRST_SHARE, LOOKS, look_sizes
from quantgate.evals.stats.sequential.spending import SHAPE, spent

MOST_EXACT = 16_000
"""Items up to which levels are computed; at so many it takes about ten seconds, and more beyond."""

UNION_LOOKS, UNION_SHAPE, UNION_FIRST = 4, -4.0, 1 / 4
"""Where each look has a share of the error for itself, looks cost more: fewer of them, and less for the early ones.

By the same rule as the exact looks': of those that cost about two points of power, the ones that pass soonest.
"""

PASSES_SHAPE, FIRST_PASSES = -4.0, 1 / 8
"""Of looks after passes over the items: less is spent early, since they tell more than their share of all passes.

Between items a build differs in the first pass as in the last. The first look is after this share of the passes.
"""


def planned_design(
    items: int,
    repeats: int,
    *,
    margin: float | None,
    alpha: float,
    regression_alpha: float,
    order: str,
    futility: float = 0.05,
    looks: int = LOOKS,
    exact: bool,
) -> Design:
    """The design of one task, the same for everyone who plans it with the same arguments.

    With one answer to each item the looks are at growing numbers of items. With repeats they are after whole passes
    over all items, for an item is the unit: half of the items, however often they are asked, say nothing of the rest.

    Parameters
    ----------
    items, repeats
        The full size.
    margin
        The largest loss that passes, a fraction; `None` where it is of another kind than points.
    alpha, regression_alpha
        The error probabilities of a pass and of a regression, each over all looks.
    order
        The key of the order in which the items are asked.
    futility
        The conditional power under which it is given up; 0 for never.
    looks
        At most so many.
    exact
        Whether the exact test decides: single 0/1 answers without weights or clusters. Each look then has the level
        that belongs to it. Where there is none, of a margin of another kind or of more than `MOST_EXACT` items, there
        are `UNION_LOOKS` at most.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    leveled = margin is not None and items <= MOST_EXACT
    count, shape, first = looks, SHAPE, FIRST_SHARE
    if exact and repeats == 1 and not leveled:
        count, shape, first = min(looks, UNION_LOOKS), UNION_SHAPE, UNION_FIRST
    if repeats > 1:
        shape = PASSES_SHAPE
        sizes = [(items, passes) for passes in look_sizes(repeats, count, FIRST_PASSES)]
    else:
        sizes = [(size, 1) for size in look_sizes(items, count, first)]
    used = [spent(size * passes / (items * repeats), alpha, shape) for size, passes in sizes]
    levels: tuple[float | None, ...] = (None,) * len(sizes)
    if exact and repeats == 1 and margin is not None and leveled:
        levels = kept_levels([size for size, _ in sizes], used, margin)
    return Design(
        items,
        repeats,
        margin,
        alpha,
        regression_alpha,
        futility,
        tuple(Look(*size, used, level) for size, used, level in zip(sizes, used, levels, strict=True)),
        order,
    )
