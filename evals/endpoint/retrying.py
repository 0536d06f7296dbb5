"""How long a fault is fought: one policy of tries and waits for every request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from quantgate.evals.contract.fault import Fault, Turn

Result = TypeVar("Result")

_PART_OF_OUTAGE = 0.2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a fault is fought: at most `tries` attempts, with waits of `total_s` seconds in all between them.

    What the attempts themselves take does not count, so that an answer of an hour has as many tries as a short one.

    The default's waits add up to some five minutes: what the restart of a large model's server may take.

    The waits are `first_wait_s`, doubled each time up to `longest_wait_s`, each varied by up to a half so that requests
    that failed together do not come back together. A server's `Retry-After` is honoured where it asks for more.

    While a server is down and one request looks for all whether it is back, that waits a fifth of the time that it
    has been down, `first_wait_s` at least. It goes on for `tries` looks and as long as the waits of one request add up
    to, but not beyond `total_s`.
    """

    tries: int = 12
    total_s: float = 1800.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait(self, failures: int, fault: Fault) -> float:
        """Seconds to wait after so many failed attempts, the last of them with `fault`."""
        return self._at_least(self._backoff(failures) * random.uniform(0.5, 1.5), fault)

    def wait_down(self, down_s: float, fault: Fault) -> float:
        """Seconds until the next look at a server that has been down for so long, the last time with `fault`."""
        return self._at_least(min(self.longest_wait_s, max(self.first_wait_s, _PART_OF_OUTAGE * down_s)), fault)

    @property
    def longest_outage_s(self) -> float:
        """How long a server that is down is looked at: as long as all waits of one request take, on average."""
        return min(self.total_s, sum(self._backoff(failures) for failures in range(1, self.tries)))

    def _backoff(self, failures: int) -> float:
        return min(self.longest_wait_s, self.first_wait_s * 2.0 ** (failures - 1))

    @staticmethod
    def _at_least(wait_s: float, fault: Fault) -> float:
        return max(wait_s, fault.retry_after or 0.0)


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
                policy = self._policy
                if turn is not None and turn.vain:
                    wait_s = policy.wait_down(turn.down_s, fault)
                    in_vain_s = turn.down_s + wait_s
                    is_over = in_vain_s > (policy.longest_outage_s if turn.vain >= policy.tries else policy.total_s)
                else:
                    wait_s = policy.wait(self.attempts, fault)
                    is_over = self.attempts >= policy.tries or waited_s + wait_s > policy.total_s
                if is_over:
                    raise
            waited_s += wait_s
            await (asyncio.sleep(wait_s) if turn is None else turn.again(wait_s))
