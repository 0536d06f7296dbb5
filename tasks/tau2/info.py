"""tau2 as it declares itself, and tau3 domain by domain; nothing of them is imported before it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.published import PublishedScore
from quantgate.evals.contract.task import TaskInfo, TaskOptions, Typical
from quantgate.tasks.tau2.defaults import METRIC, SAMPLING, TRIALS
from quantgate.tasks.tau2.editions import TAU2, TAU3, Edition
from quantgate.tasks.tau2.noise import MEASURED, typical
from quantgate.tasks.tau2.options import DOCUMENT_OPTIONS, DOMAIN_OPTIONS, OPTIONS, Tau2Options

if TYPE_CHECKING:
    from quantgate.tasks.tau2.task import Tau2


def _loading(edition: Edition) -> Callable[[TaskOptions], Tau2]:
    def load(options: TaskOptions) -> Tau2:
        from quantgate.tasks.tau2.task import Tau2

        return Tau2(Tau2Options(**options.own), limit=options.limit, seed=options.seed, edition=edition)

    return load


def _examining(edition: Edition) -> Callable[[Mapping[str, Any]], str]:
    def examine(own: Mapping[str, Any]) -> str:
        """Package, version and tasks. Raises UsageError where there is no tau2 that can be run."""
        from quantgate.tasks.tau2.task import described

        retrieval = own.get("retrieval") or edition.retrieval
        told = described(edition, own.get("tau2_python"), edition.domains, retrieval)
        domains = told["domains"]
        tasks = ", ".join(f"{len(domains[domain]['tasks'])} {domain}" for domain in edition.domains)
        judged = sum(task["judged"] for domain in domains.values() for task in domain["tasks"])
        needs = f"; a judge is needed for {judged}" if judged else "; no judge is needed"
        found_by = "" if retrieval is None else f"; documents are found by {retrieval}"
        return f"{told['package']} {told['version']}: {tasks} tasks{needs}{found_by}"

    return examine


def _info(
    edition: Edition,
    summary: str,
    options: tuple[TaskOption, ...],
    expected: Typical,
    published: tuple[PublishedScore, ...] = (),
) -> TaskInfo:
    return TaskInfo(
        name=edition.name,
        summary=summary,
        load=_loading(edition),
        data=None,
        items=edition.items,
        metrics=(METRIC,),
        sampling=SAMPLING,
        repeats=TRIALS,
        strata=edition.sizes if len(edition.sizes) > 1 else {},
        published=published,
        typical=expected,
        options=options,
        needs_tools=True,
        orchestrated=True,
        examine=_examining(edition),
    )


INFO = _info(
    TAU2,
    "tau2: 278 agentic tasks of airline, retail and telecom, 4 trials each, run and graded by tau2 itself",
    OPTIONS,
    typical(0.82, TAU2.domains),
    (PublishedScore("glm-5.2", 0.819, 0.06, "the published MXFP4 card's FP8 baseline"),),
)


def _tau3(edition: Edition) -> TaskInfo:
    (domain,) = edition.domains
    documents = "" if edition.retrieval is None else ", documents found without network"
    return _info(
        edition,
        f"tau3: {edition.items} agentic tasks of {domain} as Sierra's tau2 1.0.1 grades them, 4 trials each{documents}",
        DOMAIN_OPTIONS if edition.retrieval is None else DOCUMENT_OPTIONS,
        typical(MEASURED[domain].accuracy, edition.domains),
    )


TAU3_AIRLINE, TAU3_RETAIL, TAU3_TELECOM, TAU3_BANKING_KNOWLEDGE = (_tau3(edition) for edition in TAU3)
