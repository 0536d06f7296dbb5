import asyncio

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.retrying import Retrying, RetryPolicy

DOWN = Fault("no connection")


class Down:
    """The turn of a request that looks whether a server is back: time passes only by the waits, and by `attempt_s`."""

    def __init__(self, attempt_s=0.0):
        self.down_s, self.vain, self.waits, self._attempt_s = 0.0, 0, [], attempt_s

    def __call__(self, fault):
        self.vain += 1
        self.down_s += self._attempt_s if self.vain > 1 else 0.0

    async def again(self, wait_s):
        self.waits.append(wait_s)
        self.down_s += wait_s


async def fails():
    raise DOWN


def looks(policy, **turn):
    turn = Down(**turn)
    with pytest.raises(Fault):
        asyncio.run(Retrying(policy, turn)(fails))
    return turn


def test_a_server_that_is_back_is_seen_within_a_fifth_of_the_time_that_it_was_down():
    turn = looks(RetryPolicy())
    down_s = 0.0
    for wait_s in turn.waits:
        assert wait_s <= max(0.5, 0.2 * down_s) + 1e-9
        down_s += wait_s


def test_a_server_that_is_down_is_looked_at_for_some_five_minutes():
    assert 240 < looks(RetryPolicy()).down_s < 310


def test_a_server_that_hangs_is_looked_at_for_half_an_hour_at_most():
    turn = looks(RetryPolicy(), attempt_s=400.0)
    assert 1000 < turn.down_s < 1800


def test_a_wait_that_a_server_asks_for_is_kept_while_it_is_down():
    assert RetryPolicy().wait_down(1.0, Fault("full", retry_after=30.0)) == 30.0
