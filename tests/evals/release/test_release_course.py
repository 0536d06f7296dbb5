"""Whose turn it is: no build runs ahead of another."""

import asyncio
from types import SimpleNamespace

from quantgate.evals.release.course import Course, Purse


def begun_of(widths: dict[str, int], build: str, stops: int) -> int:
    """How many requests a build may begin while the other stands at its first one, of so many at most."""

    async def asking() -> int:
        course = Course(widths, lambda *_: True, Purse(), lambda: 0)
        for name, width in widths.items():
            course.follow(name, SimpleNamespace(size=width))
        for place in range(stops):
            try:
                async with asyncio.timeout(0.05):
                    await course.turn(build, "gsm8k", place, lambda: True)
            except TimeoutError:
                return place
        return stops

    return asyncio.run(asking())


def test_the_lead_is_the_narrower_window_so_that_a_quick_build_asks_little_in_vain():
    assert begun_of({"fp8": 4, "mxfp4": 300}, "mxfp4", 50) == 5
    assert begun_of({"fp8": 40, "mxfp4": 300}, "mxfp4", 50) == 41
