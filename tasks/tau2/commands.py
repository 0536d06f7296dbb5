"""What a worker process is told to do: describe the benchmark, run a simulation, evaluate one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Any
from urllib.parse import quote

from quantgate.evals.secrets import learn
from quantgate.evals.text import excerpt
from quantgate.tasks.tau2.calls import AgentFailure, Context, RoleFault, calling
from quantgate.tasks.tau2.packages import Asked, Package, Unusable, check_version, load_package
from quantgate.tasks.tau2.wire import Ending, Outcome, Retry, Role, Served, Unit

_loading = threading.Lock()


@cache
def _package() -> Package:
    return load_package()


def obey(command: Mapping[str, Any], report: Callable[[str, str, bool], None]) -> dict[str, Any]:
    """Do what one command says and tell how it ended, as JSON (see `tasks.tau2.wire.Outcome`)."""
    try:
        if (least := command.get("least")) is not None:
            check_version(least)
        with _loading:
            package = _package()
        if command["command"] == "describe":
            asked = Asked(least, command.get("retrieval"))
            return asdict(Outcome(Ending.DONE, package.describe(command["domains"], asked)))
        return asdict(_simulated_or_evaluated(package, command, report))
    except Unusable as error:
        return asdict(Outcome(Ending.UNUSABLE, message=str(error)))
    except Exception as error:  # noqa: BLE001
        # The outermost boundary of a unit: whatever else tau2 raises is nobody's wrong answer, and must not be lost.
        return asdict(Outcome(Ending.FAULT, message=f"tau2 failed with {type(error).__name__}: {excerpt(str(error))}"))


def _simulated_or_evaluated(
    package: Package, command: Mapping[str, Any], report: Callable[[str, str, bool], None]
) -> Outcome:
    unit = Unit(**command["unit"])
    served = {role: Served(**told) for role, told in command["served"].items() if told is not None}
    for model in served.values():
        for name, value in (("api_key", model.api_key), ("authorization", model.authorization), *model.headers.items()):
            learn(value, name)
    context = Context(Retry(**command["retry"]), report, served.get("judge"))
    context.headers["X-Quantgate-Unit"] = quote(f"{unit.domain}/{unit.task_id}", safe="/") + f"; trial={unit.trial}"
    try:
        with calling(context):
            if command["command"] == "evaluate":
                context.verdicts = package.assertions(unit)
                return Outcome(Ending.DONE, package.evaluate(unit, command["simulation"]), usage=_usage(context))
            simulation = package.simulate(unit, served["agent"], served["user"], context.headers)
    except AgentFailure as failure:
        partial = {"messages": package.messages_so_far(), "detail": failure.detail}
        return _told(context, Outcome(Ending.OWN_FAILURE, partial, failure.reason))
    except RoleFault as fault:
        ending = Ending.REFUSED if fault.refusing else Ending.FAULT
        return Outcome(ending, role=fault.role, message=str(fault), usage=_usage(context))
    reason = str(simulation["termination_reason"])
    return _told(context, Outcome(Ending.DONE, simulation, reason))


def _usage(context: Context) -> dict[str, dict[str, int]]:
    return {str(role): asdict(tally) for role, tally in context.tallies.items()}


def _told(context: Context, outcome: Outcome) -> Outcome:
    """The outcome of a conversation with what it cost, and what its replies told of their models."""
    agent, user = (
        [(origin.model, origin.fingerprint) for origin in context.origins.get(role, {})]
        for role in (Role.AGENT, Role.USER)
    )
    return replace(outcome, usage=_usage(context), origins=agent, user_origins=user)
