"""A release file, resolved: how each build is asked each task, and how they are decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quantgate.evals.settings.asked_suite import AskedSuite
from quantgate.evals.settings.policy import Policy
from quantgate.evals.settings.release.parts import Budget, Build, Given, Order, Report, Stop
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True)
class Release:
    """A release file, read, checked and resolved; nothing in it changes any more.

    Parameters
    ----------
    file
        Where it was read from.
    name
        What the reports call the release.
    baseline, candidates
        The builds; every label is the name of a folder under `out`, and no two are alike.
    tasks
        The tasks' names, in the file's order.
    policy
        What must hold, the keys of `policy`, of the top and of each task together.
    stop, order, looks, futility
        How it is asked and when it is looked at: the number of looks, and the conditional power, a fraction, under
        which a task is given up as inconclusive; 0 for never.
    budget
        What it may take.
    out
        The folder of everything that is written.
    reports
        What is rendered; the JSON is always among them.
    suite
        The suite that it was asked by, `None` where it names its tasks itself.
    """

    file: Path
    name: str
    baseline: Build
    candidates: tuple[Build, ...]
    tasks: tuple[str, ...]
    policy: Policy
    stop: Stop
    order: Order
    looks: int
    futility: float
    budget: Budget
    out: Path
    reports: tuple[Report, ...]
    suite: AskedSuite | None
    _configs: Mapping[tuple[str, str], RunConfig] = field(repr=False)
    _given: Mapping[tuple[str, str], tuple[Given, ...]] = field(repr=False)
    _copy: str = field(repr=False)

    @property
    def asked(self) -> tuple[Build, ...]:
        """The builds that are to be asked, the baseline first."""
        return tuple(build for build in (self.baseline, *self.candidates) if build.run is None)

    def path_of(self, label: str) -> Path:
        """The run directory of a build: under `out`, or the finished run."""
        build = next(build for build in (self.baseline, *self.candidates) if build.label == label)
        return build.run if build.run is not None else self.out / label

    def run_config(self, label: str, task: str) -> RunConfig:
        """How a build is asked one task: what `quantgate run` would be given. KeyError for a finished run."""
        return self._configs[label, task]

    def given_options(self, label: str, task: str) -> tuple[Given, ...]:
        """The options of a task's own with which a build is asked, each once. KeyError for a finished run."""
        return self._given[label, task]

    def report_files(self, *, compared: bool = False) -> Mapping[Report, Path]:
        """Where each rendering goes; `compared` where one candidate, too, is a comparison."""
        several = compared or len(self.candidates) > 1
        return {report: self.out / report.file(several=several) for report in self.reports}

    def without_secrets(self) -> str:
        """The file as it was understood, as YAML that can be used again: no key, user-info or query is in it."""
        return self._copy
