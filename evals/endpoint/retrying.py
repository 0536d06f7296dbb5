"""How long a fault is fought: one policy of tries and waits for every request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from quantgate.evals.contract.fault import Fault, Turn

Result = TypeVar("Result")


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

    def wait(self, failures: int, fault: Fault) -> float:
        """Seconds to wait after so many failed attempts, the last of them with `fault`."""
        backoff: float = min(self.longest_wait_s, self.first_wait_s * 2 ** (failures - 1))
        backoff *= random.uniform(0.5, 1.5)
        return max(backoff, fault.retry_after or 0.0)


class Retrying:
    """Calls a coroutine function until it raises no `Fault`, or the policy's end; then the last one is raised.

    Where `on_fault` is a `Turn`, every further attempt waits for a free slot, and while a server is down the policy is
    that of all requests together, and `total_s` its limit in all. `attempts` is how often it was called.

    A loop of our own: the objects of a library like tenacity hold each other, and with them every request's prompt,
    until the collector comes by, which costs a run a tenth of its CPU.
    """

    def __init__(self, policy: RetryPolicy, on_fault: Callable[[Fault], None] | None = None) -> None:
        self._policy = policy
        self._on_fault = on_fault
        self.attempts = 0

    async def __call__(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        waited_s = 0.0
        while True:
            self.attempts += 1
            try:
                return await attempt()
            except Fault as fault:
                if self._on_fault is not None:
                    self._on_fault(fault)
                turn = self._on_fault if isinstance(self._on_fault, Turn) else None
                failures = self.attempts if turn is None else max(self.attempts, turn.vain)
                wait_s = self._policy.wait(failures, fault)
                in_vain_s = max(waited_s + wait_s, 0.0 if turn is None else turn.down_s)
                if failures >= self._policy.tries or in_vain_s > self._policy.total_s:
                    raise
            waited_s += wait_s
            await (asyncio.sleep(wait_s) if turn is None else turn.again(wait_s))
