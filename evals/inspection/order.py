"""Answers in the order in which people look for them."""

from __future__ import annotations

import numpy as np

from quantgate.evals.samples.columns import Columns, Places
from quantgate.evals.text import natural_key


def natural_order(columns: Columns, rows: Places) -> Places:
    """Rows of one task, sorted by item as people sort names, and then by repeat."""
    codes = columns.item.codes[rows]
    ranks = np.zeros(len(columns.item.names), dtype=np.int64)
    present = sorted(np.unique(codes).tolist(), key=lambda code: natural_key(columns.item.names[code]))
    ranks[present] = np.arange(len(present))
    return rows[np.lexsort((columns.repeat[rows], ranks[codes]))]


def names_of(columns: Columns, rows: Places) -> list[str]:
    """The ids of the items of some rows, each once."""
    return [columns.item.names[code] for code in np.unique(columns.item.codes[rows]).tolist()]
