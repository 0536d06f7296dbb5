"""Says in sentences how agreement with the baseline and divergence from it stand to what is asked."""

from __future__ import annotations

from quantgate.evals.decision.points import nats
from quantgate.evals.decision.recovery_sentences import percent
from quantgate.evals.decision.standing import Standing
from quantgate.evals.fidelity.figures import KlBounds
from quantgate.evals.settings.margin import Margin


def fidelity_sentence(
    verdict: str,
    lower: float,
    upper: float,
    kl: KlBounds | None,
    margin: Margin,
    parts: tuple[Standing, ...],
    confidences: tuple[str, str],
) -> str:
    """What the bounds show at what is asked: all that the margin says of a pass, else what is not shown of it.

    Parameters
    ----------
    verdict
        What they show.
    lower, upper
        Of agreement less 1.
    kl
        Of the divergence.
    margin
        What is asked.
    parts
        How the bounds stand to it (`evals.decision.standing.standings`).
    confidences
        Of a bound that shows a pass, and of one that shows a regression, as `95%`.
    """
    shows, falls = confidences
    said = []
    for place, part in enumerate(parts):
        if (verdict == "regressed" and not part.worse) or (verdict == "inconclusive" and part.not_worse):
            continue
        if place == 0 and margin.points is not None:
            said.append(_agreement(verdict, lower, upper, margin.points, falls if verdict == "regressed" else shows))
        elif kl is not None and margin.kl is not None:
            said.append(_divergence(verdict, kl, margin.kl, falls if verdict == "regressed" else shows))
    within = [_named(place, margin) for place, part in enumerate(parts) if part.not_worse]
    if verdict == "inconclusive" and within:
        said.append(f"{within[0]} is within what is asked.")
    return " ".join(said)


def _named(place: int, margin: Margin) -> str:
    return "Agreement" if place == 0 and margin.points is not None else "Divergence"


def _agreement(verdict: str, lower: float, upper: float, margin: float, confidence: str) -> str:
    required = percent(1 - margin)
    least, most = percent(1 + lower), percent(1 + upper)
    if verdict == "inconclusive":
        low = "fewer of the" if least == required else f"as few as {least} of"
        held = f"The likeliest token is the baseline's at {low} positions, or at as many as {most}"
        return f"{held}; {required} is required."
    if verdict == "regressed":
        known = f"fewer than {most}" if most == required else f"no more than {most}"
    else:
        known = f"more than {least}" if least == required else f"{least} or more"
    said = f"With {confidence} confidence the likeliest token is the baseline's at {known} of positions"
    return f"{said}; {required} is required."


def _divergence(verdict: str, kl: KlBounds, margin: float, confidence: str) -> str:
    asked = nats(margin)
    if verdict == "regressed":
        least = "more" if nats(kl.lower) == asked else f"at least {nats(kl.lower)}, more"
        return f"With {confidence} confidence the divergence is {least} than the {asked} nats allowed."
    if verdict == "inconclusive":
        most = "more" if nats(kl.upper) == asked else f"as much as {nats(kl.upper)}"
        return f"The divergence may be {most} nats, or as little as {nats(kl.lower)}; {asked} are allowed."
    most = "less" if nats(kl.upper) == asked else f"at most {nats(kl.upper)}, less"
    return f"With {confidence} confidence the divergence is {most} than the {asked} nats allowed."
