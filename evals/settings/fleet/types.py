"""A fleet file, resolved: a release of many candidates, and how the servers of its builds are started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantgate.evals.settings.fleet.serve import Serve
from quantgate.evals.settings.release.types import Release
from quantgate.evals.settings.requirements import PassIf
from quantgate.evals.settings.run import RunConfig

COPY = "fleet.yaml"
"""The name under `out` of the fleet file without secrets."""
SERVERS = "servers"
"""The folder under `out` of what the servers have printed."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet file, read, checked and resolved.

    `serves` has by label the builds that are not served already; their configurations in `release` have an address that
    stands in for the one that is known when they are. `parallel` candidates are served and asked at once.
    """

    release: Release
    serves: Mapping[str, Serve]
    parallel: int
    pass_if: PassIf
    copy: str

    def configs(self, label: str, base_url: str | None = None) -> dict[str, RunConfig]:
        """By task, how a build is asked at an address; at the one that the file says without it."""
        configs = {task: self.release.run_config(label, task) for task in self.release.tasks}
        if base_url is None:
            return configs
        return {task: config.model_copy(update={"base_url": base_url}) for task, config in configs.items()}
