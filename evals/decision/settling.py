"""How narrow the deciding bounds would get with more repeats or items: where a task stands, and where it would pass."""

from __future__ import annotations

import math
from collections.abc import Callable

from quantgate.evals.decision.described import SettlingCurve, SettlingPoint

_MOST_REPEATS = 256
_REPEATS = (1, 2, 4, 8, 16, 32, 64)
_TIMES_ITEMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_MOST_ITEMS = 100_000_000


def settling_curve(
    here: SettlingPoint,
    room: float,
    components: tuple[float, float] | None,
    needed_items: int | None = None,
    floor: float = 0.0,
    noise: Callable[[float, int], float] | None = None,
) -> SettlingCurve:
    """Scale the measured half width by the square root of the variance of the mean.

    `components` are the variances between items and within them (of one pair of answers); with them the curve goes over
    repeats, (between + within / k) / items, else over items, 1 / items (Miller 2024, arXiv 2411.00640, section 3).
    `floor` is the half width that no repeats get below, that of items which all differ alike; the rest adds to it in
    squares, which bounds simulated with 30 to 198 items followed within a sixth.
    `noise` says what takes the place of within / k where the builds were asked unequally often.
    `needed_items` is the number that an exact calculation gives for one answer each, where there is one.
    """
    if components is not None:
        between, within = max(components[0], 0.0), max(components[1], 0.0)
        fixed = min(floor, here.half_width) ** 2

        def left(repeats: int) -> float:
            return within / repeats if noise is None else noise(within, repeats)

        def at(repeats: int) -> SettlingPoint:
            now, then = between + left(here.repeats), between + left(repeats)
            scale = then / now if now > 0 else 1.0
            return SettlingPoint(here.items, repeats, math.sqrt(fixed + (here.half_width**2 - fixed) * scale))

        enough = next((k for k in range(1, _MOST_REPEATS + 1) if at(k).half_width < room), None)
        shown = sorted({*_REPEATS, here.repeats, *([enough] if enough else [])})
        return SettlingCurve("repeats", here, tuple(at(k) for k in shown), room, None if enough is None else at(enough))

    def with_items(items: int) -> SettlingPoint:
        return SettlingPoint(items, here.repeats, here.half_width * math.sqrt(here.items / items))

    wanted = needed_items
    if wanted is None and room > 0:
        wanted = math.floor(here.items * (here.half_width / room) ** 2) + 1
    if room <= 0 or (wanted is not None and wanted > _MOST_ITEMS):
        wanted = None
    counts = {max(1, round(here.items * times)) for times in _TIMES_ITEMS} | ({wanted} if wanted else set())
    return SettlingCurve(
        "items", here, tuple(with_items(n) for n in sorted(counts)), room, with_items(wanted) if wanted else None
    )
