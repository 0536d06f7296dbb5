"""What a release is about to take: requests, tokens and hours of each task, from what is known of its answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantgate.evals.contract.design import Design
from quantgate.evals.contract.records import Answer
from quantgate.evals.designs.procedure import simulated_course
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.samples.columns import Floats, Ints
from quantgate.evals.settings.margin import Margin

_MOST_TOKENS = 10**9
_RUNS, _SIMULATED = 500, 600_000
"""So many courses are simulated at most, and so many items in all of them."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What an answer takes on average: completion tokens and seconds, `None` what is not known, and the source."""

    tokens: float | None = None
    seconds: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The answers of one build to one task that are there already, and what they took."""

    answers: int = 0
    pace: Pace = Pace()


@dataclass(frozen=True, slots=True)
class BuildForecast:
    """One build's share of a task: the most requests that it is asked, how many of them are answered, its pace.

    `at_once` is the number of requests in flight, `None` where it is found by itself.
    """

    label: str
    requests: int
    before: int = 0
    pace: Pace = Pace()
    at_once: int | None = None

    @property
    def left(self) -> int:
        """Requests that are still to be asked, at most."""
        return max(self.requests - self.before, 0)


@dataclass(frozen=True, slots=True)
class TaskForecast:
    """What one task takes at most: its full size, and of each build that is asked its share.

    `looks` is empty where all is asked and decided once; else the items and repeats that each look has. `equal` is the
    mean share of the full size that is asked where nothing was lost, `None` where that is not known.
    """

    task: str
    margin: Margin
    items: int
    repeats: int
    looks: Sequence[tuple[int, int]]
    builds: Sequence[BuildForecast]
    equal: float | None = None

    @property
    def requests(self) -> int:
        """Requests of all builds at the full size."""
        return sum(build.requests for build in self.builds)

    @property
    def left(self) -> int:
        """Those of them that have no answer yet."""
        return sum(build.left for build in self.builds)

    @property
    def tokens(self) -> float | None:
        """Completion tokens of the requests that are left, at most; `None` where nothing is known of a build's."""
        known = [_times(build.left, build.pace.tokens) for build in self.builds]
        return None if None in known else sum(one for one in known if one is not None)

    @property
    def hours(self) -> float | None:
        """Hours that those take, of the slowest build: the builds are asked side by side.

        At so many at once as the run is given, else one after the other: an upper bound then.
        """
        known = [_times(build.left / (build.at_once or 1), build.pace.seconds) for build in self.builds]
        return None if None in known else max((one for one in known if one is not None), default=0.0) / 3600


def share_where_equal(design: Design, discordance: float) -> float | None:
    """The mean share of a design's full size that is asked where so many of its items flip and nothing was lost.

    By simulation, always the same; only of single 0/1 answers, where a second of computing tells it well enough.
    """
    if any(look.level is None for look in design.looks):
        return None
    runs = max(min(_RUNS, _SIMULATED // design.items), 1)
    return simulated_course(design, discordance, 0.0, runs=runs).mean / design.items


def _times(count: float, each: float | None) -> float | None:
    return 0.0 if not count else None if each is None else count * each


def on_disk(directory: Path, tasks: Collection[str]) -> Mapping[str, OnDisk]:
    """The answers to each task that a run directory holds; none where there is no run.

    Raises
    ------
    RunDirectoryError
        When it cannot be read.
    """
    run = RunDirectory(directory)
    if not run.exists():
        return dict.fromkeys(tasks, OnDisk())
    held = run.held()
    found = {}
    for task in tasks:
        columns = held.of_task(task).columns
        scored = columns.take(columns.scored)
        tokens = scored.completion_tokens[(scored.completion_tokens > 0) & (scored.completion_tokens < _MOST_TOKENS)]
        seconds = scored.latency[np.isfinite(scored.latency)]
        pace = Pace(_mean(tokens), _mean(seconds), "the answers that are there")
        found[task] = OnDisk(len(scored), pace)
    return found


def _mean(values: Ints | Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def pace_of(answer: Answer | None) -> Pace:
    """What one answer took, which is all that is known before a run."""
    if answer is None or not answer.status.scored:
        return Pace()
    tokens = (answer.usage or {}).get("completion_tokens")
    return Pace(
        float(tokens) if isinstance(tokens, int) and 0 < tokens < _MOST_TOKENS else None,
        answer.latency_s,
        "one answer of each build",
    )
