"""Sierra's `tau2` 1.0: how it lists tasks and runs a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tau2.data_model.simulation import TextRunConfig
from tau2.runner import build_text_orchestrator, get_tasks

from quantgate.tasks.tau2.wire import Unit

__all__ = ["get_tasks", "simulate"]


def simulate(unit: Unit, task: Any, models: Mapping[str, Any], started: Callable[[Any], None]) -> Any:
    """Run one conversation; see `tasks.tau2.packages.Simulate`."""
    config = TextRunConfig(
        domain=unit.domain,
        agent="llm_agent",
        user="user_simulator",
        max_steps=unit.max_steps,
        max_errors=unit.max_errors,
        **models,
    )
    orchestrator = build_text_orchestrator(config, task, seed=unit.seed)
    started(orchestrator)
    simulation = orchestrator.run()
    simulation.policy = orchestrator.environment.get_policy()
    return simulation
