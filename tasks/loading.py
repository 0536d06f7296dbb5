"""A task as a run's configuration wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantgate.evals.contract.task import Task, TaskOptions
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.bundle import local_data
from quantgate.tasks.registry import find_task, load_task


def configured_task(name: str, config: RunConfig, own: Mapping[str, Any]) -> Task:
    """The task with the data and options of the configuration; `own` are those that it declares itself.

    Raises as `load_task`.
    """
    made = (config.limit if config.first is None else config.first) if find_task(name).fresh is not None else None
    data = local_data(name, config.data_of(name), config.data_dir)
    return load_task(name, TaskOptions(made, data.files, config.metric.get(name), own, config.seed, data.origin))
