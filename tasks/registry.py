"""The tasks by name, for the command line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evals.errors import UsageError
from evals.task import Task

BUILT_IN = {
    "gsm8k": "GSM8K: 1,319 grade-school maths problems, 5-shot, lm-eval's prompts and scores",
    "arithmetic": "100 one-step sums that a very small model can do; what `quantgate demo` asks",
}
LM_EVAL_PREFIX = "lm-eval:"


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What the command line says of a task: `limit` on items, local `data` by split (`""` the main one), `metric`."""

    limit: int | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    metric: str | None = None


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
        from tasks.gsm8k import gsm8k

        _only_splits(name, options, "", "test", "train")
        test = options.data.get("") or options.data.get("test")
        return gsm8k(options.limit, test, options.data.get("train"), options.metric)
    if name == "arithmetic":
        from tasks.arithmetic import DEFAULT_COUNT, Arithmetic

        _only_splits(name, options)
        if options.metric not in (None, "exact_match"):
            raise UsageError(f"{name} has no metric {options.metric!r}; it has exact_match")
        return Arithmetic(min(options.limit or DEFAULT_COUNT, DEFAULT_COUNT))
    if name.startswith(LM_EVAL_PREFIX):
        from tasks.lm_eval_task import LmEvalSource, LmEvalTask

        files = {split or "test": path for split, path in options.data.items()} or None
        bare = name.removeprefix(LM_EVAL_PREFIX)
        return LmEvalTask(LmEvalSource(name, bare, files=files, metric=options.metric), options.limit)
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
