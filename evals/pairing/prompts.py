"""Whether two runs of one task were asked the same prompts, item by item."""

from __future__ import annotations

import numpy as np

from quantgate.evals.pairing.matching import shared_rows
from quantgate.evals.samples.columns import Columns, Places


def other_prompts(left: Columns, right: Columns) -> list[tuple[str, int]]:
    """The items and repeats that were asked with different prompts, sorted.

    Repeats that both runs hold are compared one by one. One run may hold more repeats of an item than the other: where
    the task asks all repeats of an item alike, those too must have the item's prompt. A task that asks each repeat in
    its own way (choices in another order) leaves nothing that they could be compared with.
    """
    ours, theirs = shared_rows(left, right)
    found = _named(left, ours[left.prompt[ours] != right.prompt[theirs]])
    if _asks_alike(left, ours) and _asks_alike(right, theirs):
        prompts = {left.item[row]: left.prompt[row] for row in ours.tolist()}
        for samples, shared in ((left, ours), (right, theirs)):
            alone = np.setdiff1d(np.arange(len(samples)), shared)
            unlike = [row for row in alone.tolist() if prompts.setdefault(samples.item[row], samples.prompt[row])
                      != samples.prompt[row]]  # fmt: skip
            found |= _named(samples, np.array(unlike, dtype=np.intp))
    return sorted(found)


def _named(samples: Columns, rows: Places) -> set[tuple[str, int]]:
    return {(samples.item[row] or "", int(samples.repeat[row])) for row in rows.tolist()}


def _asks_alike(samples: Columns, shared: Places) -> bool:
    """Whether the task asks all repeats of an item alike, as most items show that have several.

    What both runs hold shows it where it can; an item of which they share one repeat does not.
    """
    for rows in (shared, np.arange(len(samples))):
        _, item = np.unique(samples.item.codes[rows], return_inverse=True)
        order = np.lexsort((samples.prompt[rows], item))
        items, prompts = item[order], samples.prompt[rows][order]
        same_item = items[1:] == items[:-1]
        several = np.unique(items[1:][same_item])
        varied = np.unique(items[1:][same_item & (prompts[1:] != prompts[:-1])])
        if len(several):
            return 2 * len(varied) <= len(several)
    return True
