"""The release file that `quantgate init` writes: whole, and with what else could stand there as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.settings.margin import Written
from quantgate.evals.settings.release.builds import why_no_label
from quantgate.evals.settings.release.parts import Order

_WIDTH = 40
"""Where the comments begin, if the line is not longer."""

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Start:
    """Where a build is, or the finished run that stands for it."""

    base_url: str | None = None
    model: str | None = None
    run: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True, slots=True)
class StartTask:
    """A task, its margin as a release file has it, and those of its own options that are given."""

    info: TaskInfo
    margin: Written
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What has to be known to write a release file."""

    baseline: Start
    candidate: Start
    tasks: Sequence[StartTask]
    policy: str = "release"
    order: Order = Order.INTERLEAVED
    name: str | None = None


def starting_file(answers: Answers) -> str:
    """The release file as YAML; each line that is commented out could stand as it is."""
    return "\n".join(_lines(answers)) + "\n"


def _lines(answers: Answers) -> Iterator[str]:
    labels = labels_of(answers.baseline, answers.candidate)
    name = answers.name or PurePosixPath(answers.candidate.model or "").name[:_LONGEST_NAME] or labels[1]
    yield "# A release: `quantgate check` asks both builds the same questions, and stops when the verdict is certain."
    yield "# Every option of `quantgate run` may stand at the top, under a build or under a task; the nearest wins."
    yield "# Relative paths are those of this file's folder. No key stands here, only the name of its variable."
    yield ""
    yield _line("name", name, "what the reports call the release")
    yield ""
    yield "# The build that is held to be right; or a finished run of it, which is not asked again: {run: runs/fp8}"
    yield "baseline:"
    yield from _build(labels[0], answers.baseline)
    if answers.baseline.run is None:
        yield _line("header", {"api-key": "AZURE_KEY"}, "a header with the value of a variable", 1, out=True)
        yield _line("concurrency", 64, "requests in flight; auto, the default, finds the number by itself", 1, out=True)
        yield _line("timeout", 600, "seconds that one attempt may take", 1, out=True)
    yield ""
    yield "# The build that is to be judged. Several are a list under candidates, each with a label of its own."
    yield "candidate:"
    yield from _build(labels[1], answers.candidate)
    yield ""
    yield "# What is asked, and the largest loss that passes: 0.02 is two points, {recovery: 0.99} a share of the"
    yield "# baseline's accuracy. Fix it before the answers are seen; `quantgate plan` says what it costs."
    yield "tasks:"
    for task in answers.tasks:
        yield from _task(task)
    yield ""
    yield _line("policy", answers.policy, "strict (1 point), release (2), smoke (5), a policy.yaml, or its keys here")
    yield _line("stop", "early", "end each task when its verdict is certain; never: ask all of it, decide once")
    yield _line("order", answers.order.value, _ORDERS[answers.order])
    yield _line("looks", 8, "how often the answers are looked at on the way", out=True)
    yield _line("futility", 0.05, "give up below this conditional power; 0 for never", out=True)
    yield _line("budget", {"max_time": "4h", "max_requests": 20000}, "the same command goes on later", out=True)
    yield ""
    yield "# How answers are sampled, for both builds alike; where nothing is said, as each task declares it."
    yield _line("preset", "reasoning", "temperature 1, top_p 0.95, 65,536 tokens; or greedy", out=True)
    yield _line("temperature", 0.6, "", out=True)
    yield _line("max_tokens", 32768, "the token budget of one answer: raise it until hardly any is cut", out=True)
    yield _line("seed", 1234, "of repeat 0; repeat k asks with seed + k", out=True)
    thinking = {"chat_template_kwargs": {"enable_thinking": True}}
    yield _line("extra_body", thinking, "what is added to every request's body", out=True)
    yield ""
    yield _line("out", f"releases/{_folder(name)}", "both runs, the reports, and a copy of this without secrets")
    yield _line("reports", ["html", "markdown", "junit", "json"], "and plots; the JSON is always written")


_ORDERS = {
    Order.INTERLEAVED: "both builds at the same time; baseline-first: one server serves them in turn",
    Order.BASELINE_FIRST: "one server serves the builds in turn; interleaved: both at the same time",
}


def _build(label: str, start: Start) -> Iterator[str]:
    yield _line("label", label, "what reports call it, and its folder under out", 1)
    if start.run is not None:
        yield _line("run", start.run, "the folder of the finished run", 1)
        return
    yield _line("base_url", start.base_url, "the API's root", 1)
    yield _line("model", start.model, "the served model's name", 1)
    key = "the variable that holds the endpoint's key"
    yield _line("api_key_env", start.api_key_env or "MY_API_KEY", key, 1, out=start.api_key_env is None)


def _task(task: StartTask) -> Iterator[str]:
    info = task.info
    yield f"  {_scalar(info.name)}:  # {' '.join(info.summary.split())}"
    yield _line("margin", task.margin, "", 2)
    yield _line("repeats", max(info.repeats or 1, 4), "ask each item so many times", 2, out=True)
    yield _line("limit", 200, "only so many items, drawn alike for both builds", 2, out=True)
    if info.data is not None:
        yield _line("data", "test.jsonl", f"a file of your own, in place of {info.data.origin}", 2, out=True)
    if len(info.metrics) > 1:
        yield _line("metric", info.metrics[1], f"in place of {info.metrics[0]}", 2, out=True)
    yield _line("tier", "advisory", "shown, and never blocks", 2, out=True)
    yield _line("expected", "0.90 +- 0.05", "what the baseline should score; outside of it nothing passes", 2, out=True)
    for option in info.options:
        given = task.given.get(option.name)
        yield _line(option.name, given, option.help, 2, out=given is None)


def _line(name: str, value: Any, comment: str, depth: int = 0, *, out: bool = False) -> str:
    """One key with its value, commented `out` or not, and what it does."""
    said = f"{'  ' * depth}{'# ' if out else ''}{_scalar(name)}: {'' if value is None else _scalar(value)}".rstrip()
    return f"{said:<{_WIDTH}}  # {comment}" if comment else said


def _scalar(value: Any) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def labels_of(baseline: Start, candidate: Start) -> tuple[str, str]:
    """Short names for two builds: what their models' names do not share, where that can be told.

    >>> labels_of(Start(model="org/glm-5.2-fp8"), Start(model="org/glm-5.2-mxfp4"))
    ('fp8', 'mxfp4')
    """
    names = [PurePosixPath(start.model or start.run or "").name for start in (baseline, candidate)]
    parts = [name.split("-") for name in names]
    while all(len(part) > 1 for part in parts) and parts[0][0] == parts[1][0]:
        parts = [part[1:] for part in parts]
    short = ["-".join(part).lower() for part in parts]
    if short[0] != short[1] and not any(map(why_no_label, short)):
        return short[0], short[1]
    return "baseline", "candidate"


def _folder(name: str) -> str:
    """A name made one that a folder can have anywhere."""
    return "".join(each if each.isalnum() or each in "-_.+" else "-" for each in name).strip("-.") or "release"
