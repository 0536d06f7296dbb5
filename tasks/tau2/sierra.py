"""Sierra's `tau2` 1.0: how it lists tasks and runs a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tau2.data_model.simulation import TextRunConfig
from tau2.runner import build_text_orchestrator, get_tasks

from quantgate.tasks.tau2.banking import sort_documents
from quantgate.tasks.tau2.wire import Unit

__all__ = ["environment_options", "get_tasks", "simulate"]


def _config(unit: Unit, **options: Any) -> Any:
    if unit.retrieval is not None:
        sort_documents()
        options["retrieval_config"] = unit.retrieval
    return TextRunConfig(domain=unit.domain, **options)


def simulate(unit: Unit, task: Any, models: Mapping[str, Any], started: Callable[[Any], None]) -> Any:
    """Run one conversation; see `tasks.tau2.packages.Simulate`."""
    config = _config(
        unit,
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


def environment_options(unit: Unit, task: Any) -> dict[str, Any]:
    """See `tasks.tau2.packages.EnvironmentOptions`: as `tau2 run` makes them, for its grader reads them, too.

    Without them banking_knowledge is graded by a version of itself that logs no read that the gold actions require.
    """
    if unit.retrieval is None:
        return {}
    from tau2.runner.build import _build_env_kwargs

    options: dict[str, Any] = _build_env_kwargs(_config(unit), task)
    return options
