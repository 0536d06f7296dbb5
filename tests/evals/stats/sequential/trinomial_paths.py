"""Paths of losses and gains followed one cell at a time: slow, and nothing of it is shared with the code under test."""

from itertools import product
from math import comb

import numpy as np

from quantgate.evals.stats import noninferiority_pvalue


def step(items, loss, gain):
    """Probabilities of (losses, gains) of so many items."""
    chances = np.zeros((items + 1, items + 1))
    for lost, gained in product(range(items + 1), repeat=2):
        if lost + gained <= items:
            ways = comb(items, lost) * comb(items - lost, gained)
            chances[lost, gained] = ways * loss**lost * gain**gained * (1 - loss - gain) ** (items - lost - gained)
    return chances


def first_passes(sizes, levels, margin, discordance, difference):
    """The probability of passing at each look and not before, by the exact p-value of every outcome."""
    loss, gain = (discordance - difference) / 2, max(discordance + difference, 0) / 2
    before, asked, first = np.ones((1, 1)), 0, []
    for size, level in zip(sizes, levels, strict=True):
        grown = np.zeros((size + 1, size + 1))
        chances = step(size - asked, loss, gain)
        for lost, gained in zip(*np.nonzero(before), strict=True):
            grown[lost : lost + size - asked + 1, gained : gained + size - asked + 1] += before[lost, gained] * chances
        passing = 0.0
        for lost, gained in zip(*np.nonzero(grown), strict=True):
            if lost + gained <= size and noninferiority_pvalue(int(lost), int(gained), size, margin) < level:
                passing += grown[lost, gained]
                grown[lost, gained] = 0
        first.append(passing)
        before, asked = grown, size
    return np.array(first)
