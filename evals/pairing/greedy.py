"""Whether answers were decoded greedily, so that asking again gives the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Servers take a temperature below this for 0 (vLLM: 1e-5).
_NO_TEMPERATURE = 1e-5


def is_greedy(sampling: Mapping[str, Any]) -> bool:
    """Whether recorded sampling parameters leave one token to choose, by themselves or by what `extra_body` adds.

    Examples
    --------
    >>> is_greedy({"temperature": 1.0, "extra_body": {"top_k": 1}})
    True
    """
    extra = sampling.get("extra_body")
    told = {**sampling, **(extra if isinstance(extra, Mapping) else {})}
    temperature, least = told.get("temperature"), told.get("min_p")
    return (
        (isinstance(temperature, int | float) and temperature < _NO_TEMPERATURE)
        or told.get("do_sample") is False
        or told.get("use_beam_search") is True
        or told.get("top_k") == 1
        or (isinstance(least, int | float) and least >= 1)
    )
