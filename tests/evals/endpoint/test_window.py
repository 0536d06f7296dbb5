"""How many requests are in flight, and who is next."""

import asyncio

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.window import MAX_IN_FLIGHT, Slot, Window


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


@pytest.mark.parametrize("stopped_first", [False, True])
def test_a_waiter_that_is_stopped_in_the_same_moment_as_a_slot_is_free_loses_none(stopped_first):
    async def scenario() -> int:
        window = Window(1)
        slot = await window.acquire()
        waiter = asyncio.create_task(window.acquire())
        await asyncio.sleep(0)
        for act in (waiter.cancel, slot.release) if stopped_first else (slot.release, waiter.cancel):
            act()
        await asyncio.gather(waiter, return_exceptions=True)
        return window.in_flight

    assert asyncio.run(scenario()) == 0


def take(window: Window, number: int) -> list[Slot]:
    async def scenario() -> list[Slot]:
        return [await window.acquire() for _ in range(number)]

    return asyncio.run(scenario())


def test_an_adaptive_window_says_how_many_are_in_flight_and_that_it_found_them():
    window = Window()
    take(window, 3)
    assert window.said() == ["3 in flight of 4, found by itself"]


def test_a_fixed_window_says_only_how_many_are_in_flight():
    window = Window(64)
    take(window, 3)
    assert window.said() == ["3 in flight"]


def test_a_long_wait_that_the_server_asks_for_is_said_while_it_lasts():
    async def scenario() -> tuple[list[str], list[str]]:
        window = Window(4)
        slot = await window.acquire()
        slot(Fault("HTTP 429", overload=True, retry_after=1700.0))
        waiting = asyncio.create_task(slot.again(1700.0))
        await asyncio.sleep(0)
        during = window.said()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return during, window.said()

    during, after = asyncio.run(scenario())
    assert during == ["0 in flight", "the server asks to wait 1,700 s (1,700 s left)"]
    assert after == ["0 in flight"]


@pytest.mark.parametrize("size", [1, None])
def test_a_request_gives_its_slot_back_between_two_attempts(size):
    async def scenario() -> list[str]:
        window, order = Window(size), []
        slots = [await window.acquire() for _ in range(window.size)]

        async def failing() -> None:
            slots[0](Fault("HTTP 500"))
            await slots[0].again(0.05)
            order.append("retry")

        async def new(name: str) -> None:
            slot = await window.acquire()
            order.append(name)
            await asyncio.sleep(0.1)
            slot.answered(1)
            slot.release()

        async with asyncio.TaskGroup() as group:
            group.create_task(failing())
            group.create_task(new("first"))
            await asyncio.sleep(0.01)
            group.create_task(new("second"))
            await asyncio.sleep(0.1)
            slots[0].release()
        return order

    assert asyncio.run(scenario()) == ["first", "retry", "second"]


def test_a_request_that_is_stopped_while_it_waits_gives_nothing_back_twice():
    async def scenario() -> int:
        window = Window(2)
        slot = await window.acquire()
        await window.acquire()
        slot(Fault("HTTP 500"))
        waiting = asyncio.create_task(slot.again(60))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        slot.release()
        return window.in_flight

    assert asyncio.run(scenario()) == 1


def test_no_more_requests_are_begun_while_many_wait_to_be_asked_again():
    async def scenario() -> int:
        window, begun = Window(2), 0

        async def one() -> None:
            slot = await window.acquire()
            nonlocal begun
            begun += 1
            slot(Fault("HTTP 500"))
            await slot.again(60)

        tasks = [asyncio.create_task(one()) for _ in range(100)]
        for _ in range(300):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return begun

    assert asyncio.run(scenario()) == 16


def test_while_a_server_is_down_one_request_at_a_time_is_sent_and_all_heed_its_wait():
    async def scenario() -> tuple[int, int, list[str]]:
        window = Window()
        slots = [await window.acquire() for _ in range(4)]
        for slot in slots:
            slot(Fault("connection fault"))
        tasks = [asyncio.create_task(slot.again(0.2 if slot is slots[-1] else 0.0)) for slot in slots]
        await asyncio.sleep(0.1)
        closed, said = window.in_flight, window.said()
        await asyncio.sleep(0.15)
        probing = window.in_flight
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return closed, probing, said

    closed, probing, said = asyncio.run(scenario())
    assert (closed, probing) == (0, 1)
    assert "the server does not answer: one request at a time looks whether it is back" in said


def test_those_that_wait_are_not_sent_to_a_server_that_was_just_found_down():
    async def scenario() -> tuple[int, int]:
        window = Window()
        slots = [await window.acquire() for _ in range(4)]
        waiting = [asyncio.create_task(window.acquire()) for _ in range(8)]
        await asyncio.sleep(0)

        async def fails(slot: Slot) -> None:
            slot(Fault("connection fault"))
            await slot.again(60)

        async def fails_at_once() -> None:
            for task in asyncio.as_completed(waiting):
                asyncio.get_running_loop().create_task(fails(await task))

        tasks = [asyncio.create_task(fails(slot)) for slot in slots] + [asyncio.create_task(fails_at_once())]
        for _ in range(100):
            await asyncio.sleep(0)
        found = window.vain, window.in_flight
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(*tasks, *waiting, return_exceptions=True)
        return found

    assert asyncio.run(scenario()) == (1, 0)
