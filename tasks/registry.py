"""The tasks by name, for the command line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quantgate.evals.contract.task import Task
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.agentic import AgenticConfig

BUILT_IN = {
    "gsm8k": "GSM8K: 1,319 grade-school maths problems, 5-shot, lm-eval's prompts and scores",
    "gpqa_diamond": "GPQA-Diamond: 198 graduate-level questions with four choices, zero-shot thinking, 4 repeats",
    "tau2": "tau2: 278 agentic tasks of airline, retail and telecom, 4 trials each, run and graded by tau2 itself",
    "arithmetic": "100 one-step sums that a very small model can do; what `quantgate demo` asks",
}
LM_EVAL_PREFIX = "lm-eval:"
AGENTIC = frozenset({"tau2"})
"""The tasks that need an endpoint with tool calls, and take the options of `evals.settings.agentic`."""


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What the command line says of a task: `limit` on items, local `data` by split (`""` the main one), `metric`.

    `agentic` has the options of an agentic task, `seed` the sampling seed where one is given, `origin`
    what is known of where the local data came from.
    """

    limit: int | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    metric: str | None = None
    agentic: AgenticConfig = field(default_factory=lambda: AgenticConfig.model_validate({}))
    seed: int | None = None
    origin: Mapping[str, str] = field(default_factory=dict)


def load_task(name: str, options: TaskOptions) -> Task:
    """Build a task. Heavy libraries are imported here and not before.

    Raises
    ------
    UsageError
        When there is no such task, with the nearest name.
    DataError
        When its data cannot be had.
    """
    if name == "gsm8k":
        from quantgate.tasks.gsm8k import gsm8k

        _only_splits(name, options, "", "test", "train")
        test = options.data.get("") or options.data.get("test")
        return gsm8k(options.limit, test, options.data.get("train"), options.metric, options.origin)
    if name == "gpqa_diamond":
        from quantgate.tasks.gpqa_diamond import gpqa_diamond

        _only_splits(name, options, "", "train")
        file = options.data.get("") or options.data.get("train")
        return gpqa_diamond(options.limit, file, options.metric, options.origin)
    if name == "arithmetic":
        from quantgate.tasks.arithmetic import DEFAULT_COUNT, Arithmetic

        _only_splits(name, options)
        if options.metric not in (None, "exact_match"):
            raise UsageError(f"{name} has no metric {options.metric!r}; it has exact_match")
        return Arithmetic(min(options.limit or DEFAULT_COUNT, DEFAULT_COUNT))
    if name == "tau2":
        from quantgate.tasks.tau2.task import Tau2

        _only_splits(name, options)
        if options.metric not in (None, "reward"):
            raise UsageError(f"{name} has no metric {options.metric!r}; it has reward")
        return Tau2(options.agentic, limit=options.limit, seed=options.seed)
    if name.startswith(LM_EVAL_PREFIX):
        from quantgate.tasks.lm_eval.task import LmEvalSource, LmEvalTask

        files = {split or "test": path for split, path in options.data.items()} or None
        bare = name.removeprefix(LM_EVAL_PREFIX)
        source = LmEvalSource(name, bare, files=files, metric=options.metric, origin=options.origin)
        return LmEvalTask(source, options.limit)
    near = difflib.get_close_matches(name, BUILT_IN, n=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(BUILT_IN)}, and any lm-eval task as lm-eval:NAME"
    )
    raise UsageError(f"no task is called {name!r}; {hint}")


def _only_splits(name: str, options: TaskOptions, *known: str) -> None:
    unknown = sorted(set(options.data) - set(known))
    if unknown:
        raise UsageError(
            f"--data {name}{'.' + unknown[0] if unknown[0] else ''}: the task {name} takes no such data file"
        )
