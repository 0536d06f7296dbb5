"""How many requests are in flight, and who is next."""

import asyncio

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.window import MAX_IN_FLIGHT, Window


@pytest.mark.parametrize("size", [0, -1, MAX_IN_FLIGHT + 1])
def test_a_size_that_the_connection_pool_cannot_serve_is_refused(size):
    with pytest.raises(ValueError, match="between 1 and"):
        Window(size)
    with pytest.raises(ValueError, match="between 1 and"):
        Window().resize(size)


def test_a_fixed_window_never_lets_more_in_than_its_size():
    async def scenario() -> int:
        window, most = Window(3), 0

        async def one() -> None:
            nonlocal most
            slot = await window.acquire()
            most = max(most, window.in_flight)
            await asyncio.sleep(0)
            slot(Fault("too much", overload=True))
            slot.answered(1)
            slot.release()

        async with asyncio.TaskGroup() as group:
            for _ in range(50):
                group.create_task(one())
        assert window.in_flight == 0
        return most

    assert asyncio.run(scenario()) == 3


def test_a_cancelled_waiter_does_not_take_a_slot_with_it():
    async def scenario() -> None:
        window = Window(1)
        slot = await window.acquire()
        waiter = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        slot.release()
        await asyncio.wait_for(window.acquire(), 1)

    asyncio.run(scenario())
