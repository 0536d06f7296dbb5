"""The contract of a task: what it declares of itself, what it asks, and how it grades what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.contract.records import Answer, Grade, Item, Prompt, Request, Sampling
from quantgate.evals.errors import TaskDeclarationError, UsageError

_NAME = re.compile(r"\w[\w-]*(:.*)?", re.DOTALL)
_OPTION = re.compile(r"[a-z]\w*")

TOLERANT = "tolerant"
"""The metric that reads an answer's final number however it is written, beside a harness's own."""


@dataclass(frozen=True, slots=True)
class TaskIdentity:
    """What two runs must share for their answers to be comparable, and where the questions came from.

    `version` is the task's own version, `grader` names what grades the text and its version, `metric` the one
    that becomes the score, `data_hash` the SHA-256 of the documents that were used, examples included.
    `settings` is whatever else two runs must share (tau2: the user simulator and the judge). `provenance` (paths,
    revisions) is recorded for the reader and never compared. `notes` are what the user should know before the task is
    asked; told, not recorded.

    Where items have strata, `settings["weights"]` says how they make the score: `items` is the plain mean over all
    items, the strata being shown only; `strata`, which is meant where nothing is said, the mean of the strata's means.
    """

    name: str
    version: str
    grader: str
    metric: str
    data_hash: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Task(Protocol):
    """A benchmark as quantgate asks it. Nothing here talks to a model, so grading can be repeated."""

    @property
    def identity(self) -> TaskIdentity: ...

    @property
    def sampling(self) -> Sampling:
        """The sampling parameters that the task asks for; the command line may override them."""
        ...

    @property
    def repeats(self) -> int:
        """How often each item is asked unless the command line says otherwise."""
        ...

    def items(self) -> Sequence[Item]:
        """The items in a fixed order."""
        ...

    def prompt(self, item: Item, repeat: int) -> Prompt:
        """The messages for one item; the same for every model, process and machine."""
        ...

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Grade the text of one answer; pure."""
        ...


@runtime_checkable
class Stratified(Protocol):
    """A task whose strata do not all sample alike (longbench: answers of 32 to 512 tokens)."""

    @property
    def sampling_of_strata(self) -> Mapping[str, Sampling]:
        """The sampling parameters of each stratum that has others than the task's own."""
        ...


@runtime_checkable
class Referenced(Protocol):
    """A task that can tell the right answer to an item, for whoever reads answers. It is never sent to a model."""

    def reference(self, item: Item, repeat: int) -> str | None:
        """The right answer as this repeat's prompt would have it given; `None` where there is none to show."""
        ...


@runtime_checkable
class Guessable(Protocol):
    """A task whose `guess` depends on what of it is asked, so that its declaration's does not hold for a part."""

    @property
    def guess(self) -> float:
        """As `TaskInfo.guess`, of the items that it has; up to 1."""
        ...


@runtime_checkable
class GradedAtOnce(Protocol):
    """A task whose grading needs no process of its own, as it is quick, ends by itself and prints nothing.

    `at_once` is how many characters an answer may have, whatever it says, to be graded in some ten milliseconds.
    """

    @property
    def at_once(self) -> int: ...


@runtime_checkable
class GradedSlowly(Protocol):
    """A task whose grading ends by itself and may take longer than others are given: it runs what was answered."""

    @property
    def grading_limit_s(self) -> float:
        """Seconds that one answer may take."""
        ...


@runtime_checkable
class LoadedLater(Protocol):
    """A task that can be asked before what grades it is loaded, which the graders' processes do meanwhile."""

    def load(self) -> None:
        """Load it; whatever fails fails again when an answer is graded."""
        ...


class Asker(Protocol):
    """Who answers a request, whatever it takes: an `Endpoint`, or a benchmark's own orchestrator."""

    async def ask(self, request: Request, on_fault: Callable[[Fault], None]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class ModelUnderTest:
    """What an orchestrated task is told of the model that it is to ask.

    `sampling` is what the run asks with, the task's own parameters and the user's together; `timeout_s` the deadline of
    one attempt in seconds, `None` to leave it to the task; `out` the run directory, for what the task stores itself.
    The key is neither shown nor to be stored, nor are `headers`, which every request carries, nor is the address, whose
    user-info may be one. `ca_bundle` holds certificates to trust, `found` what earlier sessions of the run have found
    out of how it is asked (`evals.contract.found`).
    """

    base_url: str = field(repr=False)
    model: str
    api_key: str | None = field(repr=False)
    timeout_s: float | None
    sampling: Sampling
    out: Path
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: Path | None = None
    found: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Orchestrated(Protocol):
    """A task that is not asked request by request: it brings its own asker, open for the length of a session."""

    def asker(self, model: ModelUnderTest) -> AbstractAsyncContextManager[Asker]: ...


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What the command line says of a task: local `data` by split, `metric`, and `limit` where items are made.

    `own` has the options that the task declares itself, as their readers made them; `seed` the sampling seed where one
    is given, `origin` what is known of where the local data came from.
    """

    limit: int | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    metric: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A task's files by split, and what the record should say of where they came from."""

    files: Mapping[str, Path]
    source: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaskData:
    """Where a task's documents come from.

    Parameters
    ----------
    origin
        The place in words, as `openai/gsm8k on the Hugging Face hub`.
    splits
        What the files are called in `--data TASK.SPLIT=FILE`; the first is the one that `--data TASK=FILE` gives.
    fetch
        Gets the files for a bundle: from those that are given by split, else from the origin. What it makes goes into
        the folder that is its second argument. Raises DataError with what to do when they cannot be had.
    any_split
        Whether the data may have other splits besides, which are known only once they are loaded.
    """

    origin: str
    splits: tuple[str, ...]
    fetch: Callable[[Mapping[str, Path], Path], Fetched]
    any_split: bool = False


@dataclass(frozen=True, slots=True)
class Typical:
    """What to plan with before anything is measured: an accuracy that large models have, as a fraction.

    `rerun_variance` is a within-item variance that was measured, in squared fractions: the part of a flip's variance
    that two runs of one model have already; `measured` says on what. `plan_by_reruns` says that this is what items flip
    by, whatever the accuracy: where conversations vary so much that they flip more than half of what it allows.
    """

    accuracy: float
    rerun_variance: float | None = None
    measured: str = "by its authors"
    plan_by_reruns: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a task's grader cannot do without: `what` it is, the shell `command` that gets it, if it is there.

    A command that begins with `pip install` is joined with others of its kind. `why` says why it is not there, and what
    to do, where no command alone would help.
    """

    what: str
    command: str
    there: bool
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """All that a task declares; every verb reads it here and nowhere else.

    What has no default must be said, `None` or `()` included, so that nothing is forgotten in silence.

    Parameters
    ----------
    name
        Letters, digits, `_` and `-`; what `--task` is given.
    summary
        One line for `quantgate tasks`.
    load
        Builds the task from the options. Heavy libraries are imported there and not before. Raises UsageError for an
        option, DataError for data that it cannot use.
    data
        Where the documents come from; `None` when the task brings or makes them itself and runs anywhere as it is.
    items
        How many items the whole has; `None` when that is known only once it is loaded, or there is no end of them.
    fresh
        How many items it makes where no limit is given, when it makes as many as are asked for: `load` is given the
        limit, and a smaller one makes the first items of a larger.
    metrics
        The metrics, that first which becomes the score unless `--metric` says otherwise; `()` as above.
    sampling, repeats
        The defaults, which the loaded task must have, too; `None` as above.
    strata
        Items by stratum, where the score is the unweighted mean of strata.
    shown_strata
        Items by stratum, where strata are only shown and the score is the mean over all items.
    private
        What the authors ask of those who hold the text, when it must not be published; said wherever text could get
        out, and the files of a bundle are for their owner alone.
    benchmark, published, typical
        The hub's leaderboard that a whole score belongs to, published scores to be held against, figures to plan with.
    guess
        What guessing scores: 0 for open answers, 0.25 for four choices. A baseline that is no better shows nothing.
    options
        Options of its own, given by `--option NAME=VALUE` or under `options:` in a file.
    needs_tools
        Whether the endpoint must make tool calls.
    orchestrated
        Whether the task brings its own asker (`Orchestrated`).
    examine
        Says in a sentence what this machine has of what the task needs, of the task's own options; for `doctor`. Raises
        UsageError with what to do when that is not enough.
    needs
        Looks what the task needs of this machine besides quantgate and whether it is there, importing nothing of the
        task's; what is not is said before anything is asked.
    loglikelihoods
        Whether the endpoint is asked for log-likelihoods of given texts, not for answers.

    Raises
    ------
    TaskDeclarationError
        When these contradict each other, or are none of their kind.
    """

    name: str
    summary: str
    load: Callable[[TaskOptions], Task]
    data: TaskData | None
    items: int | None
    metrics: tuple[str, ...]
    sampling: Sampling | None
    repeats: int | None
    strata: Mapping[str, int] = field(default_factory=dict)
    private: str | None = None
    benchmark: Benchmark | None = None
    published: tuple[PublishedScore, ...] = ()
    typical: Typical | None = None
    guess: float = 0.0
    options: tuple[TaskOption, ...] = ()
    needs_tools: bool = False
    orchestrated: bool = False
    examine: Callable[[Mapping[str, Any]], str] | None = None
    needs: Callable[[], Sequence[Need]] | None = None
    loglikelihoods: bool = False
    fresh: int | None = None
    shown_strata: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no verb could use."""
        checks = {
            "name must be letters, digits, _ and -": isinstance(self.name, str) and _NAME.fullmatch(self.name),
            "summary must be a line of text": isinstance(self.summary, str) and self.summary.strip(),
            "load must be a function": callable(self.load),
            "data must be a TaskData or None": self.data is None or isinstance(self.data, TaskData),
            "data must name a split": self.data is None or self.data.splits,
            "items must be a number above 0 or None": self.items is None or self.items > 0,
            "fresh must be above 0 and items None": self.fresh is None or (self.fresh > 0 and self.items is None),
            "metrics must be a tuple of names": isinstance(self.metrics, tuple),
            "sampling must be a Sampling or None": self.sampling is None or isinstance(self.sampling, Sampling),
            "repeats must be a number above 0 or None": self.repeats is None or self.repeats > 0,
            "guess must lie from 0 to below 1": 0 <= self.guess < 1,
            "strata must add up to items": not self.strata or sum(self.strata.values()) == self.items,
            "options must be a tuple of TaskOption": isinstance(self.options, tuple)
            and all(isinstance(option, TaskOption) for option in self.options),
        }
        wrong = [rule for rule, holds in checks.items() if not holds]
        if not wrong:
            named = [option.name for option in self.options]
            wrong = [f"the option {name!r} needs a name of its own of small letters, digits and _"
                     for name in named if not _OPTION.fullmatch(name) or named.count(name) > 1]  # fmt: skip
        if wrong:
            raise TaskDeclarationError(f"TaskInfo of {self.name!r}: {wrong[0]}")

    def chosen_metric(self, wanted: str | None) -> str | None:
        """The metric that `wanted` names, in whole or by what follows its comma; `None` leaves it to the task.

        Raises
        ------
        UsageError
            When the task has none of that name, with those that it has.
        """
        if wanted is None or not self.metrics:
            return wanted
        named = [metric for metric in self.metrics if wanted in (metric, metric.partition(",")[2])]
        if not named:
            raise UsageError(f"{self.name} has no metric {wanted!r}; it has {'; '.join(self.metrics)}")
        return named[0]

    def named_splits(self, given: Mapping[str, Path]) -> dict[str, Path]:
        """Files by split; the one that was given without a split is under the first split's name.

        Raises
        ------
        UsageError
            When the task takes no such file, or is given one twice.
        """
        splits = self.data.splits if self.data is not None else ()
        files: dict[str, Path] = {}
        for split, file in given.items():
            option = f"--data {self.name}{'.' + split if split else ''}"
            name = split or next(iter(splits), "")
            if self.data is None or (name not in splits and not self.data.any_split):
                raise UsageError(f"{option}: the task {self.name} takes no such data file")
            if name in files:
                raise UsageError(f"{option}: {name} is given twice, with its split's name and without")
            files[name] = file
        return files


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFamily:
    """Tasks that are known by a prefix and a name, as `lm-eval:NAME`: `info` describes the one of a whole name."""

    prefix: str
    summary: str
    info: Callable[[str], TaskInfo]
