"""Which look at a pair of runs a verdict is of, and what error probability that look has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.contract.look_size import Size

LATER = 50
"""What alpha is divided by at a second look that nobody had planned."""


@dataclass(frozen=True, slots=True)
class CountedLook:
    """The number of a look at a task of a pair, from 1, and at how much the looks before were.

    A size is `None` where it is not known. `declared` says that the number goes back to what the user said.
    """

    number: int
    before: tuple[Size | None, ...] = ()
    declared: bool = False


Looks = Mapping[str, CountedLook]
"""The look at each task that is counted."""

NO_LOOKS: Looks = MappingProxyType({})
"""Of runs of which it is not known."""


@dataclass(frozen=True, slots=True)
class PairLook:
    """The look that a decision is of; `alpha` is the error probability that it has for each bound, 0 for none left.

    The others are as in `CountedLook`.
    """

    number: int
    alpha: float
    before: tuple[Size | None, ...] = ()
    declared: bool = False

    @property
    def spent(self) -> bool:
        """Whether no error probability is left, so that nothing can be shown."""
        return self.alpha == 0


@dataclass(frozen=True, slots=True)
class HeldLook:
    """A look with what a reader must know of it; `None` where there is nothing."""

    look: PairLook
    told: Finding | None


def look_at(counted: CountedLook, alpha: float, least: float) -> PairLook:
    """What a look may err with: all of alpha the first, a fiftieth of it the second, nothing any later one.

    The first look is the fixed test, which spends all of alpha, so what later ones err comes on top: all looks together
    err at most 1.02 alpha by the union bound, whatever bounds decide and however the looks' sizes were chosen, also by
    what was seen before. A second look with less than `least`, the smallest level that all its bounds hold at, has
    nothing.
    """
    share = {1: alpha, 2: alpha / LATER}.get(counted.number, 0.0)
    if counted.number > 1 and share < least:
        share = 0.0
    return PairLook(counted.number, share, counted.before, counted.declared)


def look_finding(look: PairLook, alpha: float) -> Finding | None:
    """What a reader must know of a look that is not the first, or is only by declaration. It blocks when all is spent.

    `alpha` is that of the first look.
    """
    if look.number == 1 and not look.before:
        return None
    said = ", as --looks says" if look.declared else ""
    known = ", ".join("unknown" if size is None else str(size) for size in look.before)
    told = f"look {look.number} of this pair{said}{f' (before: {known})' if known else ''}"
    if look.number == 1:
        return _finding(f"{told}: held against the whole alpha, {alpha:g}")
    if look.spent:
        left = "nothing is left of" if look.number > 2 else "too little is left of"
        return _finding(
            f"{told}: {left} alpha, {alpha:g}, to show anything with. A new pair is a new trial, "
            "the looks of which `quantgate check` plans; `--looks 1` declares a fresh start",
            Severity.BLOCKS,
        )
    return _finding(
        f"{told}: held against {look.alpha:g}, since the first look has spent the {alpha:g}. `quantgate check` plans "
        "looks before the first answer; `--looks 1` declares a fresh start"
    )


def _finding(message: str, severity: Severity = Severity.WARNS) -> Finding:
    return Finding(FindingCode.LOOKED_BEFORE, severity, message)
