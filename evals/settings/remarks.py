"""Settings that are allowed and hardly ever meant: what they come to, for a note before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from quantgate.evals.settings.margin import Margin
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.run import DoctorConfig, RunConfig

_WIDE_MARGIN = 0.2
_LOW_RECOVERY = 0.8
_HIGH_ALPHA = 0.2
_HOT = 2.0
_NARROW_TOP_P = 0.1
_FEW_TOKENS = 8
_MANY_REPEATS = 100
_SHORT_TIMEOUT_S = 1.0
_MANY_IN_FLIGHT = 512


def of_margin(margin: Margin, task: str = "") -> Iterator[str]:
    """What a wide margin lets pass; `task` is whose it is, where it is not that of all."""
    of = f" of {task}" if task else ""
    if margin.points is not None and margin.points > _WIDE_MARGIN:
        lost = f"{100 * margin.points:g} points"
        yield f"the margin{of} is {margin.points:g}: a candidate that has lost nearly {lost} passes; 0.02 is two points"
    if margin.recovery is not None and margin.recovery < _LOW_RECOVERY:
        lost = f"{100 * (1 - margin.recovery):g}%"
        yield f"the recovery{of} is {margin.recovery:g}: a candidate that has lost nearly {lost} of the accuracy passes"


def of_alpha(alpha: float) -> Iterator[str]:
    """How often a high alpha errs."""
    if alpha > _HIGH_ALPHA:
        yield f"alpha is {alpha:g}: a build exactly the margin worse passes {alpha:.0%} of the time; 0.05 is usual"


def of_policy(policy: Policy) -> Iterator[str]:
    """Remarks on what must hold, for all tasks and for those that have their own."""
    yield from of_margin(policy.margin)
    yield from of_alpha(policy.alpha)
    for name in policy.tasks:
        if (own := policy.for_task(name).margin) != policy.margin:
            yield from of_margin(own, name)


def of_asking(config: DoctorConfig | RunConfig) -> Iterator[str]:
    """Remarks on how a model is asked."""
    if config.temperature is not None and config.temperature > _HOT:
        yield f"temperature {config.temperature:g}: answers are close to random; models are served at 0 to 1"
    if config.top_p is not None and config.top_p < _NARROW_TOP_P:
        yield f"top_p {config.top_p:g}: next to nothing is left to draw from, so that repeats are close to copies"
    if config.max_tokens is not None and config.max_tokens <= _FEW_TOKENS:
        yield f"max_tokens {config.max_tokens}: nearly every answer will be cut"
    if config.timeout is not None and config.timeout < _SHORT_TIMEOUT_S:
        yield f"timeout {config.timeout:g}: seconds are meant, and few models answer within that"
    if not isinstance(config, RunConfig):
        return
    if config.repeats is not None and config.repeats > _MANY_REPEATS:
        yield f"repeats {config.repeats:,}: each item is asked so often; `quantgate plan` says how many a margin needs"
    if isinstance(config.concurrency, int) and config.concurrency > _MANY_IN_FLIGHT:
        yield f"concurrency {config.concurrency:,}: more than servers work on at once; left out, it is found"
