"""`lm-eval:NAME`: any `generate_until` task of lm-eval as a task of quantgate, described from its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.contract.task import Fetched, TaskData, TaskFamily, TaskInfo, TaskOptions
from quantgate.tasks import gpqa_diamond, gsm8k
from quantgate.tasks.lm_eval.index import dataset_of, find_task_file

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.task import LmEvalTask

PREFIX = "lm-eval:"
_PRIVATE = {gpqa_diamond.SOURCE.dataset: gpqa_diamond.REQUEST}
"""Datasets whose authors ask that their text stays private, with what they ask."""

_BENCHMARKS = {"gsm8k": gsm8k.BENCHMARK}
"""Tasks of lm-eval whose score is one of a leaderboard of the hub."""


def info(name: str) -> TaskInfo:
    """The task of a whole name, as `lm-eval:gsm8k_cot`.

    Raises
    ------
    UsageError
        When lm-eval has no such single task.
    """
    bare = name.removeprefix(PREFIX)
    dataset = dataset_of(find_task_file(bare))
    return TaskInfo(
        name=name,
        summary=f"{bare} of lm-eval, with the stop strings that lm-eval sends",
        load=partial(_load, name),
        data=TaskData(
            f"{dataset or 'its dataset'} on the Hugging Face hub", ("test",), partial(_fetch, name), any_split=True
        ),
        items=None,
        metrics=(),
        sampling=None,
        repeats=None,
        private=_PRIVATE.get(dataset),
        benchmark=_BENCHMARKS.get(bare),
    )


def _load(name: str, options: TaskOptions) -> LmEvalTask:
    from quantgate.tasks.lm_eval.task import LmEvalSource, LmEvalTask

    bare, files = name.removeprefix(PREFIX), options.data or None
    source = LmEvalSource(name, bare, files=files, metric=options.metric, origin=options.origin)
    return LmEvalTask(source, options.limit)


def _fetch(name: str, given: Mapping[str, Path], folder: Path) -> Fetched:
    from quantgate.tasks.lm_eval.task import exported

    if given:
        return Fetched(given, {f"file_{split}": file.name for split, file in given.items()})
    return exported(_load(name, TaskOptions()), folder)


FAMILY = TaskFamily(prefix=PREFIX, summary="any generate_until task of lm-eval, by its own name", info=info)
