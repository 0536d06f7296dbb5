"""`lm-eval:NAME`: a task, group or tag of lm-eval as a task of quantgate, described from its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.contract.task import Fetched, Need, TaskData, TaskFamily, TaskInfo, TaskOptions
from quantgate.tasks import gpqa_diamond, gsm8k
from quantgate.tasks.lm_eval.index import Kind, find_entry, reached
from quantgate.tasks.lm_eval.source import LmEvalSource, Splits

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.opening import AnyLmEvalTask

PREFIX = "lm-eval:"
_PRIVATE = {gpqa_diamond.SOURCE.dataset: gpqa_diamond.REQUEST}
"""Datasets whose authors ask that their text stays private, with what they ask."""

_NAMED = 4
"""Fewer datasets than these are named."""

_BENCHMARKS = {"gsm8k": gsm8k.BENCHMARK}
"""Tasks of lm-eval whose score is one of a leaderboard of the hub."""


def info(name: str) -> TaskInfo:
    """The task, group or tag of a whole name, as `lm-eval:gsm8k_cot`.

    Raises
    ------
    UsageError
        When lm-eval has no such name, with the nearest.
    """
    bare = name.removeprefix(PREFIX)
    entry = find_entry(bare)
    single = entry.kind in (Kind.TASK, Kind.PYTHON)
    members = [known for known in reached(entry) if known.kind is not Kind.GROUP]
    datasets = dict.fromkeys(str(known.config["dataset_path"]) for known in members if known.config.get("dataset_path"))
    origin = " and ".join(datasets) if 0 < len(datasets) < _NAMED else "its datasets" if datasets else "its dataset"
    splits = Splits.of(entry.config) if single else None
    named = ("test",) if single else ("",)
    return TaskInfo(
        name=name,
        summary=f"{bare} of lm-eval, as lm-eval asks it" if single else f"{len(members)} tasks of lm-eval: {bare}",
        load=partial(_load, name),
        data=TaskData(
            f"{origin} on the Hugging Face hub",
            named
            if splits is None
            else (splits.evaluated, *(known for known in splits.known if known != splits.evaluated)),
            partial(_fetch, name),
            any_split=True,
        ),
        items=None,
        metrics=(),
        sampling=None,
        repeats=None,
        private=next((_PRIVATE[dataset] for dataset in datasets if dataset in _PRIVATE), None),
        benchmark=_BENCHMARKS.get(bare),
        needs=partial(_needs, bare),
        loglikelihoods=bool(members)
        and all(str(known.config.get("output_type")) in ("multiple_choice", "loglikelihood") for known in members),
    )


def _needs(bare: str) -> Sequence[Need]:
    from quantgate.tasks.lm_eval.needs import check_code, needs_of

    entry = find_entry(bare)
    check_code(f"{PREFIX}{bare}", entry)
    return needs_of(entry)


def _load(name: str, options: TaskOptions) -> AnyLmEvalTask:
    from quantgate.tasks.lm_eval.opening import open_task

    bare, files = name.removeprefix(PREFIX), options.data or None
    source = LmEvalSource(name, bare, files=files, metric=options.metric, origin=options.origin)
    return open_task(source, options.limit)


def _fetch(name: str, given: Mapping[str, Path], folder: Path) -> Fetched:
    from quantgate.tasks.lm_eval.opening import exported

    opened = _load(name, TaskOptions(data=given))
    if given:
        return Fetched(files := opened.files(), {f"file_{split}": file.name for split, file in files.items()})
    return exported(opened, folder)


FAMILY = TaskFamily(
    prefix=PREFIX, summary="any task, group or tag of lm-eval that is answered or scored by log-likelihoods", info=info
)
