"""What a configuration makes of a task: its plan."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.task import Stratified, Task, TaskInfo
from quantgate.evals.runs.record import Draw
from quantgate.evals.runs.task_plan import TaskPlan, check_strata
from quantgate.evals.settings.run import RunConfig


def plans_of(
    configs: Mapping[str, RunConfig],
    tasks: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    designs: Mapping[str, Design] | None = None,
) -> list[TaskPlan]:
    """How each task is asked, each by its own configuration. Raises TaskDeclarationError as `check_strata`."""
    plans = [_plan(task, configs[name], infos[name], (designs or {}).get(name)) for name, task in tasks.items()]
    for plan in plans:
        check_strata(plan)
    return plans


def _plan(task: Task, config: RunConfig, info: TaskInfo, design: Design | None) -> TaskPlan:
    sampling = config.sampling(task.sampling)
    repeats = config.repeats_of(task.repeats) if sampling.draws else 1
    own = task.sampling_of_strata if isinstance(task, Stratified) else {}
    of_strata = {name: config.sampling(wanted) for name, wanted in own.items()}
    data = {split: file.resolve() for split, file in config.data_of(info.name).items()}
    folder = config.data_dir.resolve() if config.data_dir is not None and not data and info.data is not None else None
    limit, draw = (config.limit, Draw.RANDOM) if config.first is None else (config.first, Draw.FIRST)
    return TaskPlan(
        task, sampling, repeats, info, config.model, of_strata, data, folder, limit, draw, design, config.shard
    )
