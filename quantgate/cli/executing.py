"""Who asks and grades for a verb: this process with its graders, or workers on a cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantgate.evals.contract.task import Task
    from quantgate.evals.runs.elsewhere import Elsewhere
    from quantgate.evals.runs.grader_processes import GraderProcesses
    from quantgate.evals.settings.run import RunConfig


@contextmanager
def executing(
    configs: Collection[RunConfig],
    tasks: Mapping[str, Task],
    own: Mapping[str, Mapping[str, Any]],
    builds: int = 1,
) -> Iterator[tuple[GraderProcesses | None, Elsewhere | None]]:
    """The graders of this process, or where else is asked and graded; to be entered before the client is loaded.

    `configs` are those of all builds and tasks, `own` has each task's own options; `builds` are asked side by side.

    Raises
    ------
    UsageError
        When there is no cluster as it is wanted, or not one for all.
    """
    from quantgate.evals.errors import UsageError
    from quantgate.evals.runs.grader_processes import GraderProcesses
    from quantgate.evals.settings.run import Executor

    wanted = {(config.executor, config.ray_address, config.ray_workers) for config in configs}
    if len(wanted) > 1:
        raise UsageError("executor, ray_address and ray_workers are for all builds and tasks: say them at the top")
    ((executor, address, most),) = wanted
    if executor is Executor.LOCAL:
        # The graders load what they grade with while the client is loaded.
        with GraderProcesses(list(tasks.values())) as graders:
            yield graders, None
        return
    from quantgate.cluster.executing import OnCluster
    from quantgate.cluster.ray_cluster import PROCESSORS, connected

    with connected(address) as cluster:
        yield None, OnCluster(cluster, own, PROCESSORS, most, builds)
