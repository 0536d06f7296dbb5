"""How many documents would settle a task of log-probabilities that could not be told."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.measured import Measured
from quantgate.evals.decision.prospects import AIM, prospects
from quantgate.evals.fidelity.planning import documents_needed, power_of_documents
from quantgate.evals.pairing.item_scores import Divergences
from quantgate.evals.stats.checks import FloatArray
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.power import exact_power

_MOST_DOCUMENTS = 20_000


def fidelity_prospects(measured: Measured, bounds: Bounds, divergences: Divergences) -> tuple[Prospect, ...]:
    """What would settle it if the builds do not differ, and if what was seen of both measures is true.

    More documents alone do, in each of which the same tokens are scored again to the same end.
    """
    once = replace(measured, asked=(1, 1), repeats=1)
    found = prospects(once, bounds, items_for_power, exact_power) if measured.margin.points is not None else ()
    whole = Prospect(0.0, "items", measured.items, 1, 1.0, settles=True)
    equal = found[0] if found else whole
    seen = found[-1] if len(found) > 1 else replace(whole, difference=bounds.estimate)
    nothing = np.zeros(1)
    told = [(equal, nothing), (seen, divergences.lowest)]
    return tuple(
        _with_divergence(_with_unseen(one, measured, bounds.alpha), values, measured, bounds.alpha)
        for one, values in told
    )


def _with_unseen(one: Prospect, measured: Measured, alpha: float) -> Prospect:
    """No fewer documents than leave room for the unseen one, which agrees in nothing, were all others alike.

    It weighs more than 1 - alpha^(1/n) of n documents and itself with a probability of alpha, and may cost no more than
    what the margin leaves.
    """
    if measured.margin.points is None or one.items is None:
        return one
    loss = max(-one.difference, 0.0)
    room = (measured.margin.points - loss) / (1 - loss)
    return replace(one, items=max(one.items, math.ceil(math.log(alpha) / math.log1p(-room))))


def _with_divergence(one: Prospect, values: FloatArray, measured: Measured, alpha: float) -> Prospect:
    limit = measured.margin.kl
    if limit is None or one.items is None:
        return one
    if float(np.mean(values)) >= limit:
        return Prospect(one.difference, "items", None, None, 0.0, settles=False)
    most = max(measured.items, _MOST_DOCUMENTS)
    number = documents_needed(values, limit, alpha, AIM, most)
    items = max(one.items, most if number is None else number)
    return replace(
        one,
        items=items,
        power=min(one.power, power_of_documents(values, limit, alpha, items)),
        settles=one.settles and number is not None,
        low=None,
        high=None,
    )
