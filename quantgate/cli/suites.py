"""A suite as the verbs meet it: its tasks with how they are asked, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantgate.evals.contract.task import TaskInfo
    from quantgate.evals.planning.settled import AskedSize
    from quantgate.evals.planning.types import Assumptions, Guess, Settled
    from quantgate.evals.settings.policy import Policy
    from quantgate.evals.settings.release import KnownTasks
    from quantgate.evals.settings.release.suites import Suite
    from quantgate.evals.settings.run import RunConfig
    from quantgate.tasks.registry import Registry


@dataclass(frozen=True, slots=True)
class ReadSuite:
    """A suite with its policy, and of each task what that declares and how the suite asks it."""

    suite: Suite
    policy: Policy
    infos: Mapping[str, TaskInfo]
    configs: Mapping[str, RunConfig]

    def size(self, task: str) -> tuple[int | None, int]:
        """Items and repeats of a task; of the items `None` where that is known only once it is loaded."""
        info, config = self.infos[task], self.configs[task]
        drawn = info.sampling is None or config.sampling(info.sampling).draws
        most = config.limit if config.first is None else config.first
        held = info.fresh if info.items is None else info.items
        # Options of its own may make another number.
        items = held if most is None else most if held is None or info.fresh or config.options else min(most, held)
        return items, config.repeats_of(info.repeats or 1) if drawn else 1

    @property
    def sizes(self) -> dict[str, AskedSize]:
        """How much is asked of those tasks of which that is known."""
        from quantgate.evals.planning.settled import AskedSize

        found = {task: self.size(task) for task in self.infos}
        return {
            task: AskedSize(items, repeats, self._is_greedy(task))
            for task, (items, repeats) in found.items()
            if items is not None
        }

    @property
    def settled(self) -> Settled:
        from quantgate.evals.planning.settled import settled_by

        return settled_by(self.sizes, self.infos, self.policy)

    def assumed(self, guess: Guess) -> list[Assumptions]:
        """What a plan of its tasks rests on, but for those of log-probabilities, and those whose size is not known."""
        from quantgate.evals.planning.settled import assumed_of

        return list(assumed_of(self.sizes, self.infos, guess).values())

    def as_asked(self) -> dict[str | None, tuple[str]]:
        """A sentence for each task on what the suite asks and settles; for the mean under `None`."""
        from quantgate.reports.words.settled import points, requests_text

        settled, sizes = self.settled, self.sizes
        told: dict[str | None, tuple[str]] = {
            name: (
                f"the suite asks {size.items:,} items × {size.repeats} of each build, which settles "
                f"{points(settled.tasks[name])}",
            )
            for name, size in sizes.items()
            if name in settled.tasks
        }
        asked = requests_text([size.items * size.repeats for size in sizes.values()], self.unknown)
        return {**told, None: (f"the suite asks {asked}; its mean settles {points(settled.mean)}",)}

    @property
    def unknown(self) -> list[str]:
        """The tasks of which it is known only once they are loaded how much is asked."""
        return [name for name in self.infos if name not in self.sizes]

    def _is_greedy(self, task: str) -> bool:
        from quantgate.evals.pairing.greedy import is_greedy

        sampling = self.infos[task].sampling
        return sampling is not None and is_greedy(asdict(self.configs[task].sampling(sampling)))


def read_suite(chosen: str, option: str, registry: Registry, known: KnownTasks) -> ReadSuite:
    """A suite by its name or file; `known` is what it may say of the tasks.

    Raises
    ------
    UsageError
        For what is neither, or says what no suite may.
    """
    from quantgate.evals.settings.release.suites import configs_of_suite, named_suite, policy_of_suite
    from quantgate.evals.settings.shipped import SUITES

    # A name is said again where the file beside it would be meant.
    given = chosen if chosen in SUITES.names() or not Path(chosen).exists() else Path(chosen)
    suite = named_suite(given, Path(), option)
    assert suite is not None
    configs = configs_of_suite(suite, known)
    return ReadSuite(suite, policy_of_suite(suite), {name: registry.find(name) for name in suite.tasks}, configs)


def listed() -> list[tuple[str, str]]:
    """Every suite that ships with quantgate, with what it is for."""
    from quantgate.evals.settings.release.suites import named_suite
    from quantgate.evals.settings.shipped import SUITES

    found = [named_suite(name, Path(), "--suites") for name in SUITES.names()]
    return [(suite.about.name, suite.about.summary) for suite in found if suite is not None]


def text_of(chosen: str) -> str:
    """A suite as it is written. Raises UsageError where there is none."""
    from quantgate.evals.documents import MOST_SETTINGS
    from quantgate.evals.files import read_text
    from quantgate.evals.settings.shipped import SUITES

    source = SUITES.file(chosen, "--suites")
    return read_text(source, MOST_SETTINGS) if isinstance(source, Path) else source.read_text(encoding="utf-8")


def rows_of(read: ReadSuite) -> Iterator[tuple[str, str]]:
    """All that a suite says, and what its tasks need, in rows of two cells."""
    from quantgate.reports.words.settled import mean_text, requests_text

    about = read.suite.about
    yield "name", about.name
    yield "summary", about.summary
    for source in about.sources:
        yield "source", source
    settled = read.settled
    for name in read.infos:
        yield name, "; ".join(_told(read, name, settled.tasks.get(name)))
    if read.policy.suite is not None:
        yield "mean", mean_text(read.policy.suite, settled)
    yield "requests", requests_text([size.items * size.repeats for size in read.sizes.values()], read.unknown)
    for name, why in about.not_asked.items():
        yield "not in it", f"{name}: {why}"
    if any(settled.tasks.values()):
        yield (
            "settles",
            (
                "the smallest margin that a build without loss passes with 80% power, with as many flips as "
                "`quantgate plan` assumes; a candidate's own may be more or fewer"
            ),
        )


def _told(read: ReadSuite, name: str, settles: float | None) -> Iterator[str]:
    from quantgate.evals.contract.fidelity import TOP1
    from quantgate.reports.words.numbers import margin_cell
    from quantgate.reports.words.settled import points
    from quantgate.tasks.needs import described, needs_of

    info, config, rule = read.infos[name], read.configs[name], read.policy.for_task(name)
    items, repeats = read.size(name)
    yield f"{'as many items as it has' if items is None else f'{items:,} items'} × {repeats}"
    if info.sampling is not None and (sampling := config.sampling(info.sampling)).draws:
        named = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
        yield ", ".join(f"{key} {value:g}" for key, value in named.items() if value is not None)
    if (metric := config.metric.get(name)) is not None:
        yield f"metric {metric}"
    if config.options:
        yield ", ".join(f"{key} {value}" for key, value in config.options.items())
    margin = " ".join(margin_cell(rule.margin).split())
    yield f"margin {margin}{' (advisory)' if rule.tier.value == 'advisory' else ''}"
    if TOP1 not in info.metrics and items is not None:
        yield f"settles {points(settles)}"
    if info.data is not None and info.loglikelihoods is False and info.items is not None:
        yield f"data from {info.data.origin}, or data: FILE"
    if info.loglikelihoods:
        yield "the endpoint must tell log-probabilities"
    elif info.needs_tools:
        yield "the endpoint must make tool calls"
    if needs := needs_of(info):
        yield f"needs {described(needs)}"
