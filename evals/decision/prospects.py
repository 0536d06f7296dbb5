"""What data would settle a task that could not be told: how many items or repeats, with which probability, if what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from quantgate.evals.decision.bounds import Bounds
from quantgate.evals.decision.described import Prospect
from quantgate.evals.decision.measured import Measured, Spread
from quantgate.evals.settings.requirements import Requirement, Target
from quantgate.evals.stats.planning.strata import macro_power

AIM = 0.8
# No benchmark is known to have more, and no plan asks more.
_MOST_ITEMS, _MOST_REPEATS = 20_000, 64
# Both ends of a 95% interval, for the range of what is asked.
_Z = 1.96
# Of a build that must be neither worse nor better each of two bounds fails with half the probability.
_EACH_OF_TWO = 1 - (1 - AIM) / 2

ItemsFor = Callable[[float, float, float, float, float, int], int | None]
"""Margin, discordance, difference, alpha, power, the most items -> the fewest."""
PowerOf = Callable[[int, float, float, float, float], float]
"""Items, margin, discordance, difference, alpha -> the probability of a pass."""


def prospects(measured: Measured, bounds: Bounds, items_for: ItemsFor, power_of: PowerOf) -> tuple[Prospect, ...]:
    """What would settle it if there is no true difference, and if the one that was seen is the true one.

    A gain that was seen is counted on only where nothing else would pass. The power is that of the exact test where it
    decides, else that of the Bayesian bootstrap by `evals.stats.planning.strata.macro_power`. More items of the
    benchmark come first, for they say more than as many repeats; where all are asked, or where it is not known how many
    there are, repeats do. Of a benchmark's very items more repeats are all that can be had, and nothing where those are
    one answer over and over. `items_for` and `power_of` are the exact test's planning, `evals.stats.planning`'s
    `items_for_power` and `exact_power`.
    """
    if bounds.target is Target.BENCHMARK and not _says_more_again(measured):
        return ()
    find = (
        _ExactSearch(measured, bounds, items_for, power_of) if measured.exact else _RepeatSearch(measured, bounds)
    ).prospect
    equal = find(0.0)
    seen = bounds.estimate
    if seen < 0 or (seen > 0 and not (equal.settles and _within_reach(equal, measured))):
        return equal, find(seen)
    return (equal,)


def _says_more_again(measured: Measured) -> bool:
    """Whether more repeats of the same items would say more, and it is known how much."""
    return not measured.one_answer and not (measured.repeated and all(one.within <= 0 for one in measured.spreads))


def needed_of(measured: Measured, found: tuple[Prospect, ...]) -> dict[str, int | None]:
    """What settles it if the loss that was seen is the true one; a gain is counted on only where nothing else would."""
    if not found:
        return {"items": None, "repeats": None}
    deciding = found[-1]
    if deciding.settles and _within_reach(deciding, measured):
        return {"items": deciding.items, "repeats": deciding.repeats}
    return {"items": None, "repeats": 1 if measured.exact else None}


def _within_reach(one: Prospect, measured: Measured) -> bool:
    """Whether the data can be had for all that is known: more items of a benchmark of unknown size may not be there.

    Of items that were asked once nothing but more of them can be said to settle it, and so of a single one.
    """
    unknown = measured.whole is None and measured.repeated and measured.items > 1
    return one.over != "items" or not unknown


@dataclass(frozen=True, slots=True)
class _ExactSearch:
    """More items, each asked once and judged by the exact test."""

    measured: Measured
    bounds: Bounds
    items_for: ItemsFor
    power_of: PowerOf

    def prospect(self, difference: float) -> Prospect:
        measured = self.measured
        if difference <= -measured.zone:
            return Prospect(difference, "items", None, None, 0.0, settles=False)
        flips = measured.description.discordance
        seen = max(flips.count if flips else 0, 1) / measured.items
        low, high = (flips.low, flips.high) if flips else (seen, seen)
        number = self._items(difference, seen)
        asked = self._most if number is None else max(number, measured.items)
        return Prospect(
            difference=difference,
            over="items",
            items=asked,
            repeats=1,
            power=self._power(asked, difference, seen),
            settles=number is not None,
            low=self._items(difference, low),
            high=self._items(difference, high),
        )

    @property
    def _most(self) -> int:
        return max(self.measured.whole or _MOST_ITEMS, self.measured.items)

    def _items(self, difference: float, discordance: float) -> int | None:
        psi = max(discordance, abs(difference))

        def enough(power: float) -> int | None:
            return self.items_for(self.measured.zone, psi, difference, self.bounds.alpha, power, self._most)

        number = enough(AIM)
        both = self.measured.require is Requirement.EQUIVALENT
        if both and number is not None and self._power(number, difference, psi) < AIM:
            return enough(_EACH_OF_TWO)
        return number

    def _power(self, items: int, difference: float, discordance: float) -> float:
        psi = max(discordance, abs(difference))

        def of(truth: float) -> float:
            return self.power_of(items, self.measured.zone, psi, truth, self.bounds.alpha)

        return _of_both(of, difference, self.measured.require)


@dataclass(frozen=True, slots=True)
class _RepeatSearch:
    """More repeats, or more items, judged by the Bayesian bootstrap."""

    measured: Measured
    bounds: Bounds

    def prospect(self, difference: float) -> Prospect:
        measured = self.measured
        items, repeats = measured.items, measured.repeats
        if difference <= -measured.zone:
            return Prospect(difference, self._ways[0], None, None, 0.0, settles=False)
        found = [self._along(way, difference) for way in self._ways]
        best = next((one for one in found if one.settles), max(found, key=lambda one: one.power))
        if best.settles and best.items == items and best.repeats == repeats:
            return replace(best, power=self._power(items, repeats, difference, measured.spreads))
        return best

    @property
    def _on_these(self) -> bool:
        """Whether only these very items are spoken of, of which more repeats are all that can be had."""
        return self.bounds.target is Target.BENCHMARK

    @property
    def _ways(self) -> tuple[str, ...]:
        """What may grow, the better first."""
        more = "times" if self._most_often > 1 or any(one.unlike for one in self.measured.spreads) else "repeats"
        if self._on_these:
            return (more,)
        if self.measured.items == 1 or (not self.measured.repeated and more == "repeats"):
            return ("items",)
        if self.measured.whole is None:
            return more, "items"
        return ("items", more) if self.measured.whole > self.measured.items else (more,)

    @property
    def _most_repeats(self) -> int:
        return int(_MOST_REPEATS / self._most_often)

    @property
    def _most_often(self) -> float:
        """How many times as often as the others the stratum was asked that was asked most often."""
        return max(one.times for one in self.measured.spreads)

    def _along(self, way: str, difference: float) -> Prospect:
        measured = self.measured
        most = max(measured.whole or _MOST_ITEMS, measured.items) if way == "items" else self._most_repeats
        start = measured.items if way == "items" else measured.repeats

        def asked(number: int) -> tuple[int, int]:
            return (number, measured.repeats) if way == "items" else (measured.items, number)

        def fewest(spreads: tuple[Spread, ...]) -> int | None:
            def enough(number: int) -> bool:
                return self._power(*asked(number), difference, spreads) >= AIM

            if start >= most:
                return start if enough(start) else None
            return start + bisect_left(range(start, most), True, key=enough) if enough(most) else None

        number = fewest(measured.spreads)
        items, repeats = asked(max(most, start) if number is None else number)
        low, high = (fewest(tuple(_shifted(one, shift) for one in measured.spreads)) for shift in (-_Z, _Z))
        power = self._power(items, repeats, difference, measured.spreads)
        return Prospect(difference, way, items, repeats, power, settles=number is not None, low=low, high=high)

    def _power(self, items: int, repeats: int, difference: float, spreads: tuple[Spread, ...]) -> float:
        asked = self.measured.asked_with(repeats)

        def of(truth: float) -> float:
            return macro_power(
                [max(round(self._units(one, items) * self._pairs(one, asked)), 1) for one in spreads],
                [one.between + self._pairs(one, asked) * one.noise(*asked) for one in spreads],
                self.measured.zone,
                difference=truth,
                alpha=self.bounds.alpha,
                largest=[1.0 if self._on_these else one.largest for one in spreads],
                weights=[one.weight for one in spreads],
            )

        return _of_both(of, difference, self.measured.require)

    def _pairs(self, one: Spread, asked: tuple[int, int]) -> float:
        """How many units an item of a stratum makes: one, or the pairs of its answers where those are the unit."""
        return one.times * min(asked) if self._on_these and not one.once else 1.0

    def _units(self, one: Spread, items: int) -> float:
        """Units of a stratum where so many items are asked: in proportion, or to what its benchmark still has."""
        measured = self.measured
        if one.most is None or measured.whole is None or measured.whole <= measured.items:
            return one.units * items / measured.items
        return one.units + (one.most - one.units) * (items - measured.items) / (measured.whole - measured.items)


def _shifted(spread: Spread, errors: float) -> Spread:
    return replace(spread, between=max(spread.between + errors * spread.error, 0.0))


def _of_both(power: Callable[[float], float], difference: float, require: Requirement) -> float:
    """The power of what is required: of equivalence at least both bounds' together less 1."""
    if require is not Requirement.EQUIVALENT:
        return power(difference)
    return max(power(difference) + power(-difference) - 1, 0.0)
