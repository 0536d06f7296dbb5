"""A release made ready on this machine: its builds, tasks and designs, before any endpoint is spoken to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS
from quantgate.evals.contract.records import Answer
from quantgate.evals.contract.task import Orchestrated, Task, TaskInfo
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.greedy import is_greedy
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.forecast import (
    BuildForecast,
    OnDisk,
    Pace,
    TaskForecast,
    on_disk,
    pace_of,
    share_where_equal,
)
from quantgate.evals.planning.settled import AskedSize
from quantgate.evals.planning.types import Guess
from quantgate.evals.release.first_request import FirstRequest
from quantgate.evals.release.size import full_size
from quantgate.evals.release.types import Build, Served, Stored
from quantgate.evals.runs.draw import ORDER, chosen, in_drawn_order
from quantgate.evals.runs.record import Draw
from quantgate.evals.settings.release.types import Release
from quantgate.evals.settings.requirements import Tier
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True)
class Ready:
    """A release with its tasks loaded.

    `infos` has what each task declares, `designs` when each is looked at: `None` where all is asked and decided once;
    `own` has the options of each task's own.
    """

    release: Release
    tasks: Mapping[str, Task]
    infos: Mapping[str, TaskInfo]
    designs: Mapping[str, Design] | None
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def first(self) -> Ready | None:
        """The release with the task alone that is asked before all others; `None` where there is no such task.

        Raises
        ------
        UsageError
            When it is no task of log-probabilities, of which alone it is known when a build is broken.
        """
        name = self.release.policy.first
        if name is None:
            return None
        if self.tasks[name].identity.settings.get(ANSWERS) != TOKEN_LOGPROBS:
            raise UsageError(
                f"{self.release.file}: first: {name}: only a task of log-probabilities tells of a broken build"
            )
        return replace(self, tasks={name: self.tasks[name]}, infos={name: self.infos[name]}, designs=None)

    @property
    def candidates(self) -> tuple[str, ...]:
        """Their labels."""
        return tuple(build.label for build in self.release.candidates)

    @property
    def same_build(self) -> bool:
        """Whether one build on both sides is meant, in every task."""
        return all(self.release.policy.for_task(name).same_build for name in self.tasks)

    @property
    def prompts_unlike(self) -> tuple[str, ...]:
        """The tasks of which prompts of other tokens are meant, or cannot keep the release from passing."""
        policies = {name: self.release.policy.for_task(name) for name in self.tasks}
        return tuple(name for name, own in policies.items() if own.prompts_unlike or own.tier is Tier.ADVISORY)

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """The baseline, then the candidates, as they are asked or stored."""
        release = self.release
        return tuple(
            Served(build.label, {name: release.run_config(build.label, name) for name in self.tasks})
            if build.run is None
            else Stored(build.label, build.run)
            for build in (release.baseline, *release.candidates)
        )

    @cached_property
    def configs(self) -> Mapping[str, RunConfig]:
        """By task, how it is asked of every build; empty where none is asked."""
        return next((build.configs for build in self.builds if isinstance(build, Served)), {})

    @cached_property
    def held(self) -> Mapping[str, Mapping[str, OnDisk]]:
        """The answers that are there already, by build that is asked, and by task."""
        return {build.label: on_disk(build.out, self.tasks) for build in self.builds if isinstance(build, Served)}

    @property
    def required(self) -> tuple[str, ...]:
        """The tasks each of which can keep a candidate from passing."""
        return tuple(name for name in self.tasks if self.release.policy.for_task(name).tier is Tier.REQUIRED)

    @property
    def whole(self) -> frozenset[str]:
        """The tasks of a suite, whose mean is decided once, when all of them are there."""
        suite = self.release.policy.suite
        return frozenset() if suite is None else frozenset(suite.shares) & self.tasks.keys()

    @property
    def unweighed(self) -> frozenset[str]:
        """The tasks whose strata are shown only, and make no score."""
        return frozenset(name for name, task in self.tasks.items() if task.identity.settings.get("weights") == "items")

    @cached_property
    def where_equal(self) -> Mapping[str, float | None]:
        """By task, the mean share of the full size that is asked where nothing was lost; as `plan` assumes flips."""
        flips = {name: assume(name, 1, Guess(), info).discordance for name, info in self.infos.items()}
        designs = self.designs or {}
        # What the mean over a suite rests on is asked whole.
        return {
            name: 1.0 if name in self.whole else share_where_equal(one, flips[name]) for name, one in designs.items()
        }

    @property
    def sizes(self) -> Mapping[str, AskedSize]:
        """How much of each task is asked, at the most."""
        return {
            name: AskedSize(*full_size(task, config), greedy=is_greedy(asdict(config.sampling(task.sampling))))
            for name, task in self.tasks.items()
            for config in [self.configs[name]]
        }

    def forecasts(self, first: Mapping[str, Mapping[str, Answer]]) -> list[TaskForecast]:
        """What each task takes at most; `first` answers of today tell what nothing on disk does."""
        told = []
        for name, task in self.tasks.items():
            items, repeats = full_size(task, self.configs[name])
            design = None if self.designs is None else self.designs.get(name)
            looks = [] if design is None else [(look.items, look.repeats) for look in design.looks]
            shares = [
                BuildForecast(label, items * repeats, held[name].answers, self._pace(label, name, first), at_once)
                for label, held in self.held.items()
                for at_once in [_at_once(self.release.run_config(label, name))]
            ]
            margin = self.release.policy.for_task(name).margin
            told.append(TaskForecast(name, margin, items, repeats, looks, shares, self.where_equal.get(name)))
        return told

    def _pace(self, label: str, task: str, first: Mapping[str, Mapping[str, Answer]]) -> Pace:
        """By the build's own answers, else by those of another build, else by the first answer of today."""
        ordered = [self.held[label], *(held for other, held in self.held.items() if other != label)]
        known = next((held[task].pace for held in ordered if held[task].answers), Pace())
        return known if known.tokens or known.seconds else pace_of(first.get(label, {}).get(task))

    def first_requests(self) -> Iterator[FirstRequest]:
        """What each task asks first."""
        for name, task in self.tasks.items():
            config = self.configs[name]
            sampling = config.sampling(task.sampling)
            if isinstance(task, Orchestrated):
                yield FirstRequest(name, sampling, None, "its own orchestrator makes the conversation")
            elif (private := self.infos[name].private or task.identity.provenance.get("text")) is not None:
                yield FirstRequest(name, sampling, None, private)
            else:
                items = task.items()
                most, draw = (config.limit, Draw.RANDOM) if config.first is None else (config.first, Draw.FIRST)
                asked = items if most is None else chosen(items, most, draw)
                design = None if self.designs is None else self.designs.get(name)
                order = ORDER if design is None else design.order
                first = (asked if self.designs is None else in_drawn_order(asked, order))[0]
                yield FirstRequest(name, sampling, task.prompt(first, 0))


def _at_once(config: RunConfig) -> int | None:
    return None if config.concurrency == "auto" else config.concurrency
