"""Opens what a name of lm-eval stands for: a task that is answered, one of log-likelihoods, or a group of either."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

from quantgate.evals.contract.task import Fetched
from quantgate.evals.errors import UsageError
from quantgate.tasks.lm_eval.groups import LmEvalGroup
from quantgate.tasks.lm_eval.index import Kind, find_entry, reached
from quantgate.tasks.lm_eval.loading import load
from quantgate.tasks.lm_eval.loglikelihood import OUTPUT_TYPES, LogLikelihoodTask
from quantgate.tasks.lm_eval.needs import check_code
from quantgate.tasks.lm_eval.single import SingleTask
from quantgate.tasks.lm_eval.source import LmEvalSource
from quantgate.tasks.lm_eval.task import LmEvalTask
from quantgate.tasks.lm_eval.tolerant import TolerantTask, answers_are_numbers

_ANSWERED = "generate_until"

AnyLmEvalTask: TypeAlias = SingleTask | LmEvalGroup


def open_task(source: LmEvalSource, limit: int | None = None) -> AnyLmEvalTask:
    """The task that `source` names; of a group, `limit` is that of each member, as lm-eval's is.

    Raises
    ------
    UsageError
        When lm-eval has no such name, or it cannot be asked or scored.
    DataError
        When its data cannot be had, or its metric gives no scores in [0, 1].
    """
    _refuse_by_index(source)
    loaded = load(source)
    kinds = {task.OUTPUT_TYPE for task in loaded.tasks.values()}
    _refuse_types(source.name, kinds)
    of_likelihoods = kinds <= OUTPUT_TYPES
    opened: AnyLmEvalTask
    if loaded.kind in (Kind.TASK, Kind.PYTHON):
        opened = _single(source, next(iter(loaded.tasks.values())), limit, of_likelihoods=of_likelihoods)
    else:
        members = {
            name: _single(_member(source, name), task, limit, of_likelihoods=of_likelihoods)
            for name, task in loaded.tasks.items()
        }
        opened = LmEvalGroup(source, loaded, members)
    opened.check_scores()
    return opened


def exported(task: AnyLmEvalTask, folder: Path) -> Fetched:
    """The splits that a task uses as Parquet files in `folder`, and where they came from."""
    files = {}
    for split, documents in task.splits().items():
        files[split] = folder / f"{split}.parquet"
        documents.to_parquet(str(files[split]))
    return Fetched(files, task.source())


def _single(source: LmEvalSource, task: Any, limit: int | None, *, of_likelihoods: bool) -> SingleTask:
    if of_likelihoods:
        return LogLikelihoodTask(source, task=task, limit=limit)
    dataset = find_entry(source.lm_eval_name).config.get("dataset_path")
    kind = TolerantTask if answers_are_numbers(str(dataset)) else LmEvalTask
    return kind(source, limit, task)


def _member(source: LmEvalSource, name: str) -> LmEvalSource:
    return LmEvalSource(f"{source.name}: {name}", name, files=source.files, stop=source.stop)


def _refuse_by_index(source: LmEvalSource) -> None:
    """What can be told from the YAML alone is told before any data are fetched."""
    entry = find_entry(source.lm_eval_name)
    members = [known for known in reached(entry) if known.kind is Kind.TASK]
    _refuse_types(source.name, {str(known.config.get("output_type", _ANSWERED)) for known in members})
    check_code(source.name, entry)


def _refuse_types(name: str, kinds: set[str]) -> None:
    unknown = kinds - OUTPUT_TYPES - {_ANSWERED}
    if unknown:
        raise UsageError(
            f"{name} is a {', '.join(sorted(unknown))} task: it gives perplexities, which have no score in [0, 1] per "
            f"item to gate on. Choose a task of the types {_ANSWERED}, {', '.join(sorted(OUTPUT_TYPES))}"
        )
    if _ANSWERED in kinds and len(kinds) > 1:
        raise UsageError(
            f"{name} holds tasks that are answered and tasks of log-likelihoods, which are asked at different places; "
            "name its members one by one"
        )
