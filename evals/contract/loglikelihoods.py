"""Log-likelihoods as they are stored in a sample's response, so that a run can be graded again without a model."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from quantgate.evals.errors import DataError


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """Of one continuation: the sum over its tokens in nats, and whether each was the likeliest where it stands."""

    total: float
    greedy: bool


def write_loglikelihoods(values: Sequence[LogLikelihood]) -> str:
    """The JSON object that is stored, with every digit."""
    return json.dumps({"loglikelihoods": [[value.total, value.greedy] for value in values]})


def parse_loglikelihoods(text: str) -> list[LogLikelihood]:
    """Read what `write_loglikelihoods` wrote.

    Raises
    ------
    DataError
        When it is anything else.

    Examples
    --------
    >>> parse_loglikelihoods('{"loglikelihoods": [[-1.5, true]]}')
    [LogLikelihood(total=-1.5, greedy=True)]
    """
    try:
        values = [LogLikelihood(float(total), bool(greedy)) for total, greedy in json.loads(text)["loglikelihoods"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise DataError("a stored response holds no log-likelihoods") from None
    if not values or not all(math.isfinite(value.total) for value in values):
        raise DataError("a stored response holds log-likelihoods that are no numbers")
    return values
