"""When an exchange is given up, with times scaled down."""

import asyncio

import pytest

from quantgate.evals.endpoint.deadline import Deadline, Finished, Patience


async def waits(deadline: Deadline) -> float:
    """Seconds until a deadline gives up what never ends."""
    with pytest.raises(TimeoutError):
        async with deadline:
            await asyncio.sleep(60)
    return deadline.since()


def test_a_request_that_is_alone_has_the_time_that_it_was_given():
    async def scenario() -> float:
        return await waits(Deadline(Patience(60, 0.1), Finished(), streamed=False))

    assert 0.1 <= asyncio.run(scenario()) < 1


@pytest.mark.parametrize("streamed", [False, True])
def test_its_time_begins_once_those_before_it_are_answered(streamed):
    async def scenario() -> float:
        finished, loop = Finished(), asyncio.get_running_loop()
        finished.in_flight = 3
        for number in range(1, 11):
            loop.call_later(0.08 * number, lambda: finished.answer(loop.time(), 0.01))
        return await waits(Deadline(Patience(0.2, None if streamed else 0.2), finished, streamed=streamed))

    # The third answer comes after 0.24 s; that seven more come does not help.
    assert 0.44 <= asyncio.run(scenario()) < 0.8


def test_a_server_that_finishes_nothing_more_is_given_up_whatever_was_before_it():
    async def scenario() -> float:
        finished, loop = Finished(), asyncio.get_running_loop()
        finished.in_flight = 10
        loop.call_later(0.1, lambda: finished.answer(loop.time(), 0.01))
        return await waits(Deadline(Patience(60, 0.2), finished, streamed=False))

    assert 0.3 <= asyncio.run(scenario()) < 2


def test_a_guess_of_the_time_lengthens_with_the_longest_answer():
    async def scenario() -> float:
        finished = Finished()
        finished.answer(asyncio.get_running_loop().time(), 0.15)
        return await waits(Deadline(Patience(60, 0.1, lengthens=True), finished, streamed=False))

    assert 0.3 <= asyncio.run(scenario()) < 2


def test_an_answer_that_came_while_this_process_stood_still_is_read():
    import time

    async def scenario() -> None:
        async with Deadline(Patience(60, 0.1), Finished(), streamed=False):
            loop = asyncio.get_running_loop()
            came = loop.create_future()
            loop.call_later(0.02, time.sleep, 0.3)
            loop.call_later(0.15, came.set_result, None)
            await came
            for _ in range(5):
                await asyncio.sleep(0)

    asyncio.run(scenario())


def test_the_time_of_an_answer_is_told_by_its_number_also_when_the_first_are_forgotten():
    finished = Finished()
    for number in range(1, 10_001):
        finished.answer(float(number), 1.0)
    assert finished.time_of(9_000) == 9_000.0
    assert finished.time_of(1) == 10_000 - 4096 + 1
    assert finished.time_of(10_001) is None
