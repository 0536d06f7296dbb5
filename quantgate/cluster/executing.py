"""A cluster as the place where a run's work is done: who is started there, and what they are told."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from quantgate.cluster.crew import Crew
from quantgate.cluster.links import Workplace
from quantgate.cluster.messages import Orders
from quantgate.cluster.shipping import identity_told, packed
from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.elsewhere import Staff, Work
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True, slots=True)
class OnCluster:
    """The `Elsewhere` that a cluster is (`evals.runs.elsewhere`).

    `own` has each task's own options; a worker uses so many `processors`; of workers there are `most` at most, of all
    `builds` that are asked side by side, each of which has its share.
    """

    place: Workplace
    own: Mapping[str, Mapping[str, Any]]
    processors: int
    most: int | None = None
    builds: int = 1

    @asynccontextmanager
    async def staff(self, work: Work, window: Window) -> AsyncIterator[Staff]:
        """Workers for some work. Raises DataError for files that cannot be read."""
        sent = packed(work.configs, {name: self.own.get(name, {}) for name in work.configs})
        orders = Orders(
            configs=sent.configs,
            own=sent.own,
            identities={name: identity_told(task.identity) for name, task in work.tasks.items()},
            asked=dict(work.asked),
            found=dict(work.found),
            processors=self.processors,
            keys={name: os.environ[name] for name in _variables(work.configs.values()) if name in os.environ},
        )
        async with Crew(self.place, work, sent.files, orders, window, self.most, self.builds).working() as crew:
            yield crew


def _variables(configs: Iterable[RunConfig]) -> Iterator[str]:
    """The environment variables that options name: they hold keys."""
    for config in configs:
        yield from config.header.values()
        named = {"api_key_env": config.api_key_env, **config.options}
        yield from (name for option, name in named.items() if option.endswith("_key_env") and isinstance(name, str))
