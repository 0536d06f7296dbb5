"""tau2 as it declares itself; nothing of it is imported before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quantgate.evals.contract.published import PublishedScore
from quantgate.evals.contract.task import TaskInfo, TaskOptions, Typical
from quantgate.tasks.tau2.defaults import METRIC, NAME, SAMPLING, TRIALS
from quantgate.tasks.tau2.options import OPTIONS, Tau2Options
from quantgate.tasks.tau2.wire import DOMAINS

if TYPE_CHECKING:
    from quantgate.tasks.tau2.task import Tau2


def _load(options: TaskOptions) -> Tau2:
    from quantgate.tasks.tau2.task import Tau2

    return Tau2(Tau2Options(**options.own), limit=options.limit, seed=options.seed)


def _examine(own: Mapping[str, Any]) -> str:
    """Package, version and tasks. Raises UsageError where there is no tau2 that can be run."""
    from quantgate.tasks.tau2.launch import describe

    described = describe(own.get("tau2_python"), DOMAINS)
    domains = described["domains"]
    tasks = ", ".join(f"{len(domains[domain]['tasks'])} {domain}" for domain in DOMAINS)
    judged = sum(task["judged"] for domain in domains.values() for task in domain["tasks"])
    needs = f"; a judge is needed for {judged}" if judged else "; no judge is needed"
    return f"{described['package']} {described['version']}: {tasks} tasks{needs}"


INFO = TaskInfo(
    name=NAME,
    summary="tau2: 278 agentic tasks of airline, retail and telecom, 4 trials each, run and graded by tau2 itself",
    load=_load,
    data=None,
    items=278,
    metrics=(METRIC,),
    sampling=SAMPLING,
    repeats=TRIALS,
    strata={"airline": 50, "retail": 114, "telecom": 114},
    published=(PublishedScore("glm-5.2", 0.819, 0.06, "the published MXFP4 card's FP8 baseline"),),
    typical=Typical(accuracy=0.82),
    options=OPTIONS,
    needs_tools=True,
    orchestrated=True,
    examine=_examine,
)
