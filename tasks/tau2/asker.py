"""Answers a request with a whole conversation: simulated, stored, then evaluated, each where it is still missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.found import USER_VERSION
from quantgate.evals.contract.records import AGENT_CONTEXT_EXCEEDED, Answer, Grade, Origin, Request, Status
from quantgate.evals.errors import RequestRefused
from quantgate.tasks.tau2 import simulations
from quantgate.tasks.tau2.pool import Pool
from quantgate.tasks.tau2.simulations import Stored
from quantgate.tasks.tau2.user_version import UserVersion
from quantgate.tasks.tau2.wire import Ending, Outcome, Retry, Role, Served, Unit

_FAULTY_ENDS = frozenset({"user_error", "infrastructure_error", "unexpected_error", "timeout"})
"""Termination reasons of tau2 that are not the agent's doing; none comes up as it is run here."""

_OPTIONS = {Role.AGENT: "", Role.USER: "user-", Role.JUDGE: "judge-"}


@dataclass(frozen=True, slots=True)
class Models:
    """The three models of a run; the judge is `None` where nothing needs one."""

    agent: Served
    user: Served
    judge: Served | None

    def for_worker(self) -> dict[str, Any]:
        return asdict(self)


class Conversations:
    """The asker of tau2 (`evals.contract.task.Asker`): one unit is one (domain, task, trial).

    `identify` gives what a stored conversation must share with a request to be its answer; `unit_of` the unit.
    """

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        models: Models,
        retry: Retry,
        unit_of: Callable[[Request], Unit],
        identify: Callable[[Request], Mapping[str, Any]],
        user: UserVersion | None = None,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._common = {"served": models.for_worker(), "retry": asdict(retry)}
        self._unit_of = unit_of
        self._identify = identify
        self._user = user or UserVersion()

    @property
    def found_settings(self) -> Mapping[str, Any]:
        """Which model has played the user (`evals.contract.found.FindsOut`)."""
        return self._user.found

    def take_in(self, settings: Mapping[str, Any]) -> None:
        """Take in which model has played the user of another asker's conversations."""
        if (other := settings.get(USER_VERSION)) is not None:
            self._user.note([(other["model"], other["fingerprint"])])

    @property
    def found_ways(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer:
        """Give the graded conversation of one request, or status `error` when infrastructure, user or judge failed.

        Raises
        ------
        RequestRefused
            When an endpoint would refuse every request; names whose.
        ModelChanged
            When another model plays the user than before; the conversation is not stored.
        StorageError
            When the conversation cannot be stored.
        """
        attempts = 1

        def told(role: str, message: str, overload: bool) -> None:
            nonlocal attempts
            attempts += role == "worker"
            on_fault(Fault(f"{role}: {message}", overload=overload))

        path = simulations.relative_path(request)
        file = self._folder / path
        identity = self._identify(request)
        stored = await asyncio.to_thread(simulations.load, file, identity)
        if stored is None or stored.reason == AGENT_CONTEXT_EXCEEDED:
            # It did not fit the context that was served then; whether it fits today can only be tried.
            began = time.monotonic()
            outcome = await self._pool.obey(self._command("simulate", request), told)
            if outcome.ending not in (Ending.DONE, Ending.OWN_FAILURE) or outcome.reason in _FAULTY_ENDS:
                return _failed(outcome, attempts)
            self._user.note(outcome.user_origins)
            stored = Stored(
                identity=identity,
                reason=str(outcome.reason),
                own_failure=outcome.ending is Ending.OWN_FAILURE,
                simulation=outcome.result,
                usage=outcome.usage,
                seconds=round(time.monotonic() - began, 3),
                origins=outcome.origins,
                user_origins=outcome.user_origins,
            )
            await asyncio.to_thread(simulations.save, file, stored)
        else:
            self._user.note(stored.user_origins)
        if stored.evaluation is None and not stored.own_failure:
            command = self._command("evaluate", request) | {"simulation": stored.simulation}
            outcome = await self._pool.obey(command, told)
            if outcome.ending is not Ending.DONE:
                return _failed(outcome, attempts)
            stored = replace(stored, evaluation=outcome.result, usage={**stored.usage, **outcome.usage})
            await asyncio.to_thread(simulations.save, file, stored)
        return _answer(stored, path, attempts)

    def _command(self, name: str, request: Request) -> dict[str, Any]:
        return {"command": name, "unit": asdict(self._unit_of(request)), **self._common}


def _failed(outcome: Outcome, attempts: int) -> Answer:
    """Status `error`: never scored, asked again by the next run. Raises RequestRefused for a hopeless endpoint."""
    if outcome.ending is Ending.REFUSED and outcome.role is not None:
        role = Role(outcome.role)
        option = _OPTIONS[role]
        raise RequestRefused(
            f"the {role}'s endpoint refuses: {outcome.message}; check --{option}base-url, --{option}model and "
            f"--{option}api-key-env"
        )
    who = f"{outcome.role}: " if outcome.role else ""
    message = outcome.message or f"the simulation ended with {outcome.reason}"
    return Answer(Status.ERROR, error=f"{who}{message}", attempts=attempts)


def _answer(stored: Stored, path: str, attempts: int) -> Answer:
    reward = 0.0 if stored.evaluation is None else float(stored.evaluation["reward"])
    parts = {} if stored.evaluation is None else stored.evaluation.get("reward_breakdown") or {}
    metrics = {"reward": reward, **{str(name).lower(): float(value) for name, value in parts.items()}}
    agent = stored.usage.get(Role.AGENT, {})
    return Answer(
        status=Status.OK,
        response=path,
        finish_reason=stored.reason,
        error=stored.simulation.get("detail") if stored.own_failure else None,
        usage={
            "prompt_tokens": agent.get("prompt_tokens", 0),
            "completion_tokens": agent.get("completion_tokens", 0),
            "roles": stored.usage,
        },
        latency_s=stored.seconds,
        attempts=attempts,
        grade=Grade(reward, f"{reward:g}", metrics),
        seed=stored.identity["seed"],
        origins=tuple(Origin(model, fingerprint) for model, fingerprint in stored.origins),
    )
