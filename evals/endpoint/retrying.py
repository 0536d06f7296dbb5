"""How long a fault is fought: one policy of tries and waits for every request."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import tenacity

from quantgate.evals.contract.fault import Fault


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a fault is fought: at most `tries` attempts, none later than `total_s` seconds after the first fault.

    An answer that takes an hour, as a reasoning model's may, and then fails is so asked once more at least.

    The default's waits add up to some five minutes: what the restart of a large model's server may take.

    The waits are `first_wait_s`, doubled each time up to `longest_wait_s`, each varied by up to a half so that requests
    that failed together do not come back together. A server's `Retry-After` is honoured where it asks for more.
    """

    tries: int = 12
    total_s: float = 1800.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds to wait after a failed attempt."""
        backoff: float = min(self.longest_wait_s, self.first_wait_s * 2 ** (state.attempt_number - 1))
        backoff *= random.uniform(0.5, 1.5)
        fault = state.outcome.exception() if state.outcome is not None else None
        asked = fault.retry_after if isinstance(fault, Fault) else None
        return max(backoff, asked or 0.0)


def retrying(policy: RetryPolicy, on_fault: Callable[[Fault], None] | None = None) -> tenacity.AsyncRetrying:
    """What calls a coroutine function until it raises no `Fault`, or the policy's end; then the last one is raised."""
    first_fault: float | None = None

    def failed(state: tenacity.RetryCallState) -> None:
        nonlocal first_fault
        first_fault = state.outcome_timestamp if first_fault is None else first_fault
        fault = state.outcome.exception() if state.outcome is not None else None
        if on_fault is not None and isinstance(fault, Fault):
            on_fault(fault)

    def fought_long_enough(state: tenacity.RetryCallState) -> bool:
        next_attempt = (state.outcome_timestamp or 0.0) + state.upcoming_sleep
        over = first_fault is not None and next_attempt - first_fault >= policy.total_s
        return over or state.attempt_number >= policy.tries

    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(Fault),
        stop=fought_long_enough,
        wait=policy.wait,
        after=failed,
        reraise=True,
    )
