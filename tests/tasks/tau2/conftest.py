"""What the tau2 tests share: the benchmark's description, a server of gold agents, and a whole run of it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Sample, SampleKey
from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.session import Session, prepare
from quantgate.evals.runs.side_by_side import ask_side_by_side
from quantgate.evals.settings.run import RunConfig, load_config
from quantgate.tasks.options import GivenOption, own_options
from quantgate.tasks.tau2.info import INFO
from quantgate.tasks.tau2.options import OPTIONS
from tests.server.agent import Tasks

FULL = os.environ.get("QUANTGATE_TAU2_FULL") == "1"
"""Whether the bars are run with their full counts; else with a few tasks of each domain."""

NOBODY = "http://127.0.0.1:9/v1"


def tau2_data() -> Path | None:
    """The folder with tau2's own data, `None` where tau2 is not installed."""
    found = importlib.util.find_spec("tau2")
    if found is None or found.origin is None:
        return None
    return Path(os.environ.get("TAU2_DATA_DIR") or Path(found.origin).parent / "data")


needs_tau2 = pytest.mark.skipif(tau2_data() is None, reason="tau2 is not installed: pip install 'quantgate[tau2]'")


@pytest.fixture(scope="session")
def gold_tasks() -> Tasks:
    data = tau2_data()
    assert data is not None
    return Tasks(data)


@pytest.fixture(scope="session")
def described_once() -> Iterator[None]:
    """Ask a worker process what the benchmark holds once for all tests: that takes seconds."""
    from quantgate.tasks.tau2.launch import describe
    from quantgate.tasks.tau2.wire import DOMAINS

    described = describe(None, DOMAINS)

    def known(python: object, domains: tuple[str, ...]) -> dict[str, Any]:
        return {**described, "domains": {domain: described["domains"][domain] for domain in domains}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quantgate.tasks.tau2.task.describe", known)
        yield


class Told:
    """A progress that remembers what it was told."""

    def __init__(self, finished: Callable[[Sample], None] = lambda sample: None) -> None:
        self.faults: list[str] = []
        self._finished = finished

    def follow(self, window: object) -> None: ...

    def asked(self, request: object) -> None: ...

    def fault(self, request: object, fault: object) -> None:
        self.faults.append(str(fault))

    def finished(self, sample: Sample) -> None:
        self._finished(sample)


def tau2_config(url: str, out: Path, **options: Any) -> RunConfig:
    """A run of tau2 whose agent and user are both at `url`; one worker process, one trial."""
    own = {"user_base_url": url, "user_model": "user-model", "tau2_workers": 1}
    own |= {option.name: options.pop(option.name) for option in OPTIONS if option.name in options}
    own = {name: value for name, value in own.items() if value is not None}
    shared = {"task": ("tau2",), "base_url": url, "model": "test-model", "out": out, "repeats": 1, "options": own}
    return load_config(RunConfig, None, {**shared, **options})


def tau2_session(config: RunConfig) -> Session:
    given = [GivenOption(name, value, name) for name, value in config.options.items()]
    own = own_options([INFO], given)["tau2"]
    task = INFO.load(TaskOptions(config.limit, own=own, seed=config.seed))
    return prepare(config, {"tau2": task}, {"tau2": INFO})


@dataclass(frozen=True)
class Run:
    """What came of a run: its directory, its samples, and the faults that it was told of."""

    out: Path
    samples: dict[SampleKey, Sample]
    faults: list[str]

    @property
    def scores(self) -> dict[str, float | None]:
        return {f"{item}#{repeat}": sample.score for (_, item, repeat), sample in self.samples.items()}


@pytest.fixture(scope="session")
def run_tau2(described_once: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Run tau2 against a server to its end, in a directory of its own or the one that is given."""

    def run(url: str, out: Path | None = None, told: Told | None = None, **options: Any) -> Run:
        told = told or Told()
        config = tau2_config(url, out or tmp_path_factory.mktemp("tau2") / "run", **options)
        ask_side_by_side([(tau2_session(config), told)])
        return Run(config.out, RunDirectory(config.out).samples(), told.faults)

    return run
