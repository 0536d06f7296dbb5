"""The order in which the builds of a release are asked: round by round, what each look adds, task after task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.contract.design import Design


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one look of one task adds to the one before.

    `cells` are the places of its requests among those of the task's plan (`TaskPlan.requests`: whole passes over the
    items), ascending; `first` is the place of the first of them in the order of the whole release.
    """

    task: str
    first: int
    cells: NDArray[np.intp]


def parts_of(sizes: Mapping[str, tuple[int, int]], designs: Mapping[str, Design]) -> list[Part]:
    """The parts of a release in their order.

    All tasks are asked up to their first looks, then to their second ones, so that each gets its looks. A task without
    a design is one part, of the first round.

    Parameters
    ----------
    sizes
        Of each task, its items and repeats.
    designs
        When tasks are looked at.
    """
    rounds: list[tuple[int, str, NDArray[np.intp]]] = []
    for task, (items, repeats) in sizes.items():
        design = designs.get(task)
        looks = [(items, repeats)] if design is None else [(look.items, look.repeats) for look in design.looks]
        rounds += [(place, task, cells) for place, cells in enumerate(_added(looks, items, repeats))]
    parts: list[Part] = []
    first = 0
    for _, task, cells in sorted(rounds, key=lambda each: each[0]):
        parts.append(Part(task, first, cells))
        first += len(cells)
    return parts


def _added(looks: Sequence[tuple[int, int]], items: int, repeats: int) -> list[NDArray[np.intp]]:
    asked = np.zeros((repeats, items), dtype=np.bool_)
    added = []
    for width, passes in looks:
        new = np.zeros_like(asked)
        new[:passes, :width] = ~asked[:passes, :width]
        asked |= new
        added.append(np.flatnonzero(new))
    return added
