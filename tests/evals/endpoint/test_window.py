"""How many requests are in flight."""

import asyncio

import pytest

from quantgate.evals.endpoint.window import MAX_IN_FLIGHT, Window


@pytest.mark.parametrize("size", [0, -1, MAX_IN_FLIGHT + 1])
def test_a_size_that_the_connection_pool_cannot_serve_is_refused(size):
    with pytest.raises(ValueError, match="between 1 and"):
        Window(size)


def test_a_fixed_window_never_lets_more_in_than_its_size():
    async def scenario() -> int:
        window, most = Window(3), 0

        async def one() -> None:
            nonlocal most
            await window.acquire()
            most = max(most, window.in_flight)
            await asyncio.sleep(0)
            window.answered()
            window.overloaded()
            window.release()

        async with asyncio.TaskGroup() as group:
            for _ in range(50):
                group.create_task(one())
        assert window.in_flight == 0
        return most

    assert asyncio.run(scenario()) == 3


def test_an_adaptive_window_opens_while_the_server_answers():
    window = Window()
    before = window.size
    for _ in range(20):
        window.answered()
    assert window.size == before + 20


def overload(window: Window, times: int) -> None:
    for _ in range(times):
        window.overloaded()


def test_an_overload_of_more_than_a_tenth_of_a_window_halves_it_once():
    window = Window()
    before = window.size
    overload(window, before // 10)
    assert window.size == before
    overload(window, 1)
    assert window.size == before // 2


def test_a_few_overloads_now_and_then_close_nothing():
    window = Window()
    for round_ in range(1000):
        if round_ % 33:
            window.answered()
        else:
            window.overloaded()
    assert window.size > 200


def test_after_an_overload_it_opens_slowly():
    window = Window()
    overload(window, 4)
    before = window.size
    for _ in range(2 * before):
        window.answered()
    assert before < window.size <= before + 2


def test_it_never_closes_altogether():
    window = Window()
    overload(window, 500)
    assert window.size == 1


def test_a_cancelled_waiter_does_not_take_a_slot_with_it():
    async def scenario() -> None:
        window = Window(1)
        await window.acquire()
        waiter = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        window.release()
        await asyncio.wait_for(window.acquire(), 1)

    asyncio.run(scenario())
