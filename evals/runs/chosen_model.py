"""Which model an endpoint is asked for: the one that is named, or else the only one that it lists."""

from __future__ import annotations

from typing import Any

from quantgate.evals.endpoint.served import ServedModel, served_model
from quantgate.evals.runs.observation import Health, Observation

UNLISTED = "the endpoint has no list of models"


def choose_model(
    listed: list[dict[str, Any]] | None, wanted: str | None, unlisted: str = UNLISTED
) -> tuple[str | None, list[Observation]]:
    """The model to ask for, `wanted` or else the only one that is listed, and what the list of models tells.

    `unlisted` says why there is none.
    """
    if listed is None:
        if wanted is None:
            return None, [Observation("models", Health.BAD, f"{unlisted}: name one with --model")]
        return wanted, [Observation("models", Health.NOTE, unlisted)]
    names = [str(entry.get("id")) for entry in listed]
    chosen = wanted or (names[0] if len(names) == 1 else None)
    served = served_model(listed, chosen)
    if chosen is None:
        return None, [Observation("models", Health.BAD, f"serves {served.shown_names}: choose one with --model")]
    context = _context(served)
    if chosen not in names:
        said = f"serves {served.shown_names}, and does not list {chosen}"
        return chosen, [Observation("models", Health.NOTE, said), *([context] if len(names) == 1 else [])]
    others = f" ({len(names)} models in all)" if len(names) > 1 else ""
    return chosen, [Observation("models", Health.GOOD, f"serves {chosen}{others}"), context]


def _context(served: ServedModel) -> Observation:
    if served.context_length is None:
        return Observation("context", Health.NOTE, "length not told")
    return Observation("context", Health.GOOD, f"{served.context_length:,} tokens")
