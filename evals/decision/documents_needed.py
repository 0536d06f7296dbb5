"""Says how many documents would settle a task of log-probabilities that could not be told."""

from __future__ import annotations

from quantgate.evals.decision.described import Prospect


def documents_sentence(prospects: tuple[Prospect, ...], documents: int, *, hopeless: bool) -> str:
    """What would settle it: so many documents if what was seen is true, or if the builds do not differ."""
    if not prospects:
        return "It takes more documents."
    equal, seen = prospects[0], prospects[-1]
    asked = f"{documents:,} were asked."
    if seen.items is None:
        return f"What was seen is at what is allowed or beyond: more of the same would rather fail than pass. {asked}"
    few = f"On {documents:,} documents not even full agreement passes: " if hopeless else ""
    if not seen.settles:
        said = f"{few}with {seen.items:,} documents it would pass with a probability of {seen.power:.0%} only"
    else:
        said = f"{few}about {seen.items:,} documents settle it with a probability of 80% if what was seen is true"
    if equal.settles and equal.items is not None and equal.items < seen.items:
        said += f", {equal.items:,} if the builds do not differ"
    return f"{said[:1].upper()}{said[1:]}. {asked}"
