"""The policy that the arguments of a notebook's functions ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from quantgate.evals.settings.policy import Policy

Margin: TypeAlias = float | Mapping[str, float]
"""A largest loss that still passes, as a fraction: 0.02 is two points; or one for each task by name."""


def asked_policy(
    policy: str | Path | None,
    margin: Margin | None,
    alpha: float | None,
    metrics: Mapping[str, str] | None,
    target: str | None = None,
    recovery: Margin | None = None,
    *,
    same_build: bool = False,
    model_changed: bool = False,
    prompts_unlike: bool = False,
) -> Policy:
    """The policy that the arguments ask for."""
    from quantgate.evals.settings.policy import load_policy

    return load_policy(
        policy,
        _written(margin),
        alpha,
        recoveries=_written(recovery),
        same_build=same_build,
        model_changed=model_changed,
        prompts_unlike=prompts_unlike,
        metrics=metrics,
        target=target,
    )


def _written(given: Margin | None) -> list[str]:
    """A number for all tasks, or one by task, as the command line has it."""
    by_task = given if isinstance(given, Mapping) else {} if given is None else {"": given}
    return [f"{task}={float(value)!r}" if task else repr(float(value)) for task, value in by_task.items()]
