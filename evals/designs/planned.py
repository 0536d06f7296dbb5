"""The design of a task that is looked at on the way: its looks, and the level of each."""

from __future__ import annotations

from itertools import pairwise

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.stats.checks import SMALLEST_ALPHA
from quantgate.evals.stats.sequential.sizes import LOOKS, look_sizes
from quantgate.evals.stats.sequential.spending import spent

CANNOT_PASS = 0.0
"""The level of a look at which nothing passes."""


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
        that belongs to it.

    Raises
    ------
    ValueError
        An argument out of its range.
    """
    if repeats > 1:
        sizes = [(items, passes) for passes in look_sizes(repeats, looks)]
    else:
        sizes = [(count, 1) for count in look_sizes(items, looks)]
    used = tuple(spent(count * passes / (items * repeats), alpha) for count, passes in sizes)
    levels: tuple[float | None, ...] = (None,) * len(sizes)
    if exact and repeats == 1 and margin is not None:
        shares = [later - earlier for earlier, later in pairwise((0.0, *used))]
        levels = tuple(share if share >= SMALLEST_ALPHA else CANNOT_PASS for share in shares)
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
