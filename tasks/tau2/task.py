"""tau2 as a task: what it holds is asked of a worker process, what it asks are whole conversations."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from quantgate.evals.contract.found import USER_VERSION
from quantgate.evals.contract.records import Grade, Item, Prompt, Request, Sampling
from quantgate.evals.contract.task import Asker, ModelUnderTest, TaskIdentity
from quantgate.evals.endpoint.client import Connection, Endpoint, RetryPolicy, default_deadline
from quantgate.evals.endpoint.tool_call import PROBE_RETRY, require_tools
from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.processors import processors
from quantgate.evals.settings.key import key_from_environment
from quantgate.tasks.tau2.asker import Conversations, Models
from quantgate.tasks.tau2.defaults import METRIC, SAMPLING, SEED, TRIALS
from quantgate.tasks.tau2.editions import TAU2, Edition
from quantgate.tasks.tau2.launch import describe, worker_command, worker_environment
from quantgate.tasks.tau2.options import Tau2Options
from quantgate.tasks.tau2.pool import Pool
from quantgate.tasks.tau2.simulations import relative_path
from quantgate.tasks.tau2.sources import is_below
from quantgate.tasks.tau2.user_version import UserVersion
from quantgate.tasks.tau2.wire import Retry, Served, Unit

_MAX_STEPS = 200
_MAX_ERRORS = 10
"""tau2's own defaults."""

_MOST_WORKERS = 8
"""Two workers a processor keep more requests in flight than one (57 against 53 of 64); each takes 400 MB."""

_MOST_SEED = 1_000_000
_TOLD = {"scenario": "user scenario", "ticket": "ticket"}
"""What a conversation is about, by what it is called in place of a role."""

_USER_TEMPERATURE = 0.0
_USER_DEADLINE_S = 600.0
"""Seconds that an attempt of user or judge may take unless `--timeout` says otherwise: theirs are short texts."""


@dataclass(frozen=True, slots=True)
class _TaskEntry:
    domain: str
    task_id: str
    task_hash: str
    judged: bool
    item: Item


def trial_seeds(seed: int, trials: int) -> list[int]:
    """The seeds of the trials as tau2 draws them, shared by all tasks: 300 gives 626729, 373753."""
    draw = random.Random(seed)
    return [draw.randint(0, _MOST_SEED) for _ in range(trials)]


class Tau2:
    """The base tasks of an edition's domains, each in several trials, graded by tau2 itself.

    Items come in turn from each domain, so that the first N (`limit`) are of all of them.
    """

    def __init__(
        self, options: Tau2Options, *, limit: int | None = None, seed: int | None = None, edition: Edition = TAU2
    ) -> None:
        """Ask a worker process what the benchmark holds; a few seconds.

        Raises
        ------
        UsageError
            When no user simulator is named, no judge where one is needed, a domain is not known, or tau2 is not there,
            is too old, or has other tasks.
        """
        self._edition = edition
        self._options = options
        self._seed = SEED if seed is None else seed
        self._domains = tuple(dict.fromkeys(options.domains)) or edition.domains
        unknown = sorted(set(self._domains) - set(edition.domains))
        if unknown:
            raise UsageError(f"--domains: tau2 has no domain {unknown[0]!r}; it has {', '.join(edition.domains)}")
        for what, value in (("base-url", options.user_base_url), ("model", options.user_model)):
            if value is None:
                raise UsageError(
                    f"--user-{what} is missing: tau2 needs a model that plays the user, the same for both builds"
                )
        self._retrieval = options.retrieval or edition.retrieval
        self._described = described(edition, options.tau2_python, self._domains, self._retrieval)
        self._entries = self._read_entries(limit)
        judged = sum(task["judged"] for domain in self._described["domains"].values() for task in domain["tasks"])
        self._judged = judged > 0
        if judged and (options.judge_base_url is None or options.judge_model is None):
            raise UsageError(
                f"{judged} of the tasks of {self._version} are graded by a judge: name it with --judge-base-url and "
                "--judge-model, the same for both builds (there is no default)"
                + (", or leave retail out with --domains" if len(edition.domains) > 1 else "")
            )

    @property
    def identity(self) -> TaskIdentity:
        options = self._options
        judge = (
            {
                "judge_model": options.judge_model,
                "judge_temperature": 0.0,
                "judge_extra_body": dict(options.judge_extra_body),
            }
            if self._judged
            else {"judge_model": None}
        )
        domains = self._described["domains"]
        # What is the same for every run of an edition without a version is not said, for older runs do not say it.
        own = {} if self._edition.least is None else {
            "split": "base",
            "code": {domain: domains[domain]["code"] for domain in self._domains},
            **({} if self._retrieval is None else {"retrieval": self._retrieval}),
        }  # fmt: skip
        return TaskIdentity(
            name=self._edition.name,
            version=self._version,
            grader=self._version,
            metric=METRIC,
            data_hash=canonical_hash([self._described["domains"]]),
            settings={
                "domains": sorted(self._domains),
                "agent": "llm_agent",
                "user": "user_simulator",
                "user_model": options.user_model,
                "user_temperature": _USER_TEMPERATURE,
                "user_extra_body": dict(options.user_extra_body),
                **judge,
                **own,
                "max_steps": self._max_steps,
                "max_errors": _MAX_ERRORS,
            },
            provenance={name: str(version) for name, version in self._described["software"].items()},
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        least, version = self._edition.least, str(self._described["version"])
        if least is None or version == least or not is_below(least, version):
            return ()
        return (f"this is tau2 {version}; the known faults of its grader that the documentation lists are {least}'s",)

    @property
    def sampling(self) -> Sampling:
        return SAMPLING

    @property
    def repeats(self) -> int:
        return TRIALS

    def items(self) -> Sequence[Item]:
        return [entry.item for entry in self._entries]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        """A hash over all that the conversation begins with; in place of messages what its user is told, if known."""
        entry = self._by_item[item.item_id]
        domain = self._described["domains"][entry.domain]
        begun_with = [
            self._version,
            entry.domain,
            entry.task_hash,
            domain["policy"],
            domain["tools"],
            domain["databases"],
            trial_seeds(self._seed, repeat + 1)[-1],
            *([self._retrieval, domain["documents"]] if "documents" in domain else []),
        ]
        texts = self._texts_of(item)
        told = [{"role": role, "content": texts[part]} for part, role in _TOLD.items() if part in texts]
        return Prompt(tuple(told), canonical_hash(begun_with))

    def reference(self, item: Item, repeat: int) -> str | None:
        """What the conversation is held against, in tau2's own words."""
        return self._texts_of(item).get("criteria")

    def _texts_of(self, item: Item) -> Mapping[str, str]:
        entry = self._by_item[item.item_id]
        texts: Mapping[str, str] = self._described.get("texts", {}).get(entry.domain, {}).get(entry.task_id, {})
        return texts

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Never needed: tau2 has graded the conversation. Raises TypeError."""
        raise TypeError("a tau2 conversation is graded by tau2, not by its text")

    @asynccontextmanager
    async def asker(self, model: ModelUnderTest) -> AsyncIterator[Asker]:
        """Try a tool call, then keep worker processes ready for the length of a session.

        Raises
        ------
        RequestRefused
            When the agent's endpoint, or the user's where the user has tools, answers no tool call.
        """
        models = self._models(model)
        await self._try_tools(model)
        policy = RetryPolicy()
        retry = Retry(policy.tries, policy.total_s, policy.first_wait_s, policy.longest_wait_s)
        urls = [served.base_url for served in (models.agent, models.user, models.judge) if served is not None]
        size = self._options.tau2_workers or min(_MOST_WORKERS, 2 * processors())
        environment = worker_environment(urls, model.ca_bundle)
        async with Pool(worker_command(self._options.tau2_python), environment, size) as pool:
            identify = partial(self._identify, model.model)
            user = UserVersion(model.found.get(USER_VERSION))
            yield Conversations(pool, model.out, models, retry, self._unit, identify, user)

    def kept_at(self, request: Request) -> str:
        return relative_path(request)

    async def _try_tools(self, model: ModelUnderTest) -> None:
        options = self._options
        extra = model.sampling.extra_body
        asked = [("the agent's endpoint", model.base_url, model.model, model.api_key, extra, model.headers)]
        if any(self._described["domains"][domain]["user_has_tools"] for domain in self._domains):
            key = key_from_environment("--user-api-key-env", options.user_api_key_env)
            whose, none = "the user simulator's endpoint", dict[str, str]()
            url, name = _named(options.user_base_url), _named(options.user_model)
            asked.append((whose, url, name, key, options.user_extra_body, none))
        for whose, url, name, key, extra_body, headers in asked:
            connection = Connection(headers=headers, ca_bundle=model.ca_bundle)
            async with Endpoint(
                url, name, api_key=key, timeout_s=model.timeout_s, retry=PROBE_RETRY, connection=connection
            ) as endpoint:
                await require_tools(endpoint, whose, extra_body)

    def _models(self, model: ModelUnderTest) -> Models:
        options, sampling = self._options, model.sampling
        agent = _served(
            "--base-url",
            model.base_url,
            model.model,
            model.api_key,
            timeout_s=model.timeout_s or default_deadline(sampling.max_tokens),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            extra_body=dict(sampling.extra_body),
            headers=dict(model.headers),
        )

        def other(
            role: str, url: str | None, name: str | None, variable: str | None, extra: Mapping[str, Any]
        ) -> Served:
            return _served(
                f"--{role}-base-url",
                _named(url),
                _named(name),
                key_from_environment(f"--{role}-api-key-env", variable),
                timeout_s=model.timeout_s or _USER_DEADLINE_S,
                temperature=_USER_TEMPERATURE,
                extra_body=dict(extra),
            )

        user = other(
            "user", options.user_base_url, options.user_model, options.user_api_key_env, options.user_extra_body
        )
        if not self._judged:
            return Models(agent, user, None)
        judge = other(
            "judge", options.judge_base_url, options.judge_model, options.judge_api_key_env, options.judge_extra_body
        )
        return Models(agent, user, judge)

    def _unit(self, request: Request) -> Unit:
        entry = self._by_item[request.item.item_id]
        first = self._seed if request.sampling.seed is None else request.sampling.seed
        seed = trial_seeds(first, request.repeat + 1)[-1]
        steps = self._max_steps
        return Unit(entry.domain, entry.task_id, request.repeat, seed, steps, _MAX_ERRORS, self._retrieval)

    def _identify(self, model: str, request: Request) -> dict[str, Any]:
        return {
            "prompt_hash": request.prompt.prompt_hash,
            "trial": request.repeat,
            "seed": self._unit(request).seed,
            "model": model,
            "sampling": asdict(request.sampling),
            "settings": dict(self.identity.settings),
        }

    @property
    def _max_steps(self) -> int:
        return self._options.max_steps or _MAX_STEPS

    @property
    def _version(self) -> str:
        return f"{self._described['package']} {self._described['version']}"

    @cached_property
    def _by_item(self) -> Mapping[str, _TaskEntry]:
        return {entry.item.item_id: entry for entry in self._entries}

    def _read_entries(self, limit: int | None) -> list[_TaskEntry]:
        several = len(self._edition.domains) > 1
        by_domain = [
            [
                _TaskEntry(
                    domain,
                    task["id"],
                    task["hash"],
                    task["judged"],
                    Item(f"{domain}/{task['id']}", stratum=domain if several else None),
                )
                for task in self._described["domains"][domain]["tasks"]
            ]
            for domain in self._domains
        ]
        in_turn = [entry for place in zip_longest(*by_domain) for entry in place if entry is not None]
        return in_turn[:limit]


def described(
    edition: Edition, python: Path | None, domains: Sequence[str], retrieval: str | None = None
) -> dict[str, Any]:
    """What an edition holds, asked of a worker. Raises UsageError where it is none of that edition, or not whole."""
    if edition.least is None:
        return describe(python, domains)
    told = describe(python, domains, least=edition.least, retrieval=retrieval)
    for domain in domains:
        found, expected = len(told["domains"][domain]["tasks"]), edition.sizes[domain]
        if found != expected:
            # Its loader prints a line for a file that it cannot read, and goes on without that task.
            raise UsageError(
                f"{told['package']} {told['version']} has {found} tasks of {domain}, and {edition.name} are "
                f"{expected}: is TAU2_DATA_DIR the folder `data` of the tag v{edition.least}, as it was?"
            )
    return told


def _named(value: str | None) -> str:
    """An option that has been seen to be given."""
    assert value is not None
    return value


def _served(option: str, url: str, model: str, api_key: str | None, **parameters: Any) -> Served:
    try:
        address = parse_endpoint_url(url)
    except UsageError as error:
        raise UsageError(str(error).replace("--base-url", option, 1)) from None
    if address.query:
        raise UsageError(f"{option} {address.root!r}: tau2 asks no address with a query (what follows the ?)")
    authorization = None if api_key else address.authorization
    return Served(model, address.root, api_key=api_key, authorization=authorization, **parameters)
