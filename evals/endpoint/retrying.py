"""How long a fault is fought: one policy of tries and waits for every request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

import tenacity

from quantgate.evals.contract.fault import Fault, Turn


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a fault is fought: at most `tries` attempts, with waits of `total_s` seconds in all between them.

    What the attempts themselves take does not count, so that an answer of an hour has as many tries as a short one.

    The default's waits add up to some five minutes: what the restart of a large model's server may take.

    The waits are `first_wait_s`, doubled each time up to `longest_wait_s`, each varied by up to a half so that requests
    that failed together do not come back together. A server's `Retry-After` is honoured where it asks for more.
    """

    tries: int = 12
    total_s: float = 1800.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait(self, failures: int, fault: BaseException | None) -> float:
        """Seconds to wait after so many failed attempts, the last of them with `fault`."""
        backoff: float = min(self.longest_wait_s, self.first_wait_s * 2 ** (failures - 1))
        backoff *= random.uniform(0.5, 1.5)
        asked = fault.retry_after if isinstance(fault, Fault) else None
        return max(backoff, asked or 0.0)


def retrying(policy: RetryPolicy, on_fault: Callable[[Fault], None] | None = None) -> tenacity.AsyncRetrying:
    """What calls a coroutine function until it raises no `Fault`, or the policy's end; then the last one is raised.

    Where `on_fault` is a `Turn`, every further attempt waits for a free slot, and while a server is down the policy is
    that of all requests together, and `total_s` its limit in all.
    """
    turn = on_fault if isinstance(on_fault, Turn) else None

    def failed(state: tenacity.RetryCallState) -> None:
        if on_fault is not None and isinstance(fault := _fault(state), Fault):
            on_fault(fault)

    def failures(state: tenacity.RetryCallState) -> int:
        return max(state.attempt_number, 0 if turn is None else turn.vain)

    def wait(state: tenacity.RetryCallState) -> float:
        return policy.wait(failures(state), _fault(state))

    def fought_long_enough(state: tenacity.RetryCallState) -> bool:
        waited = max(state.idle_for + state.upcoming_sleep, 0.0 if turn is None else turn.down_s)
        return failures(state) >= policy.tries or waited > policy.total_s

    return tenacity.AsyncRetrying(
        sleep=asyncio.sleep if turn is None else turn.again,
        retry=tenacity.retry_if_exception_type(Fault),
        stop=fought_long_enough,
        wait=wait,
        after=failed,
        reraise=True,
    )


def _fault(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
