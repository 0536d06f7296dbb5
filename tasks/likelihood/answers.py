"""The answers of a finished run as texts, each after the messages that it answers: what the baseline itself writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.records import Message, Sample, Status
from quantgate.evals.contract.task import Task, TaskOptions
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.runs.record import TaskRecord
from quantgate.tasks.bundle import local_data
from quantgate.tasks.likelihood.documents import Document
from quantgate.tasks.registry import find_task, load_task

_USED = frozenset({Status.OK, Status.TRUNCATED})


@dataclass(frozen=True, slots=True)
class Answers:
    """The documents of a run, its label, and what the authors of a private task among its tasks ask."""

    documents: list[Document]
    label: str
    private: str | None


def read_answers(folder: Path) -> Answers:
    """The first repeat's answers of a run, with the messages that they answer; tasks are the strata.

    Left out are answers without text, conversations of many turns, and what is itself scored by log-probabilities.

    Raises
    ------
    UsageError
        When it is no run directory.
    DataError
        When it holds no such answer, or nobody knows what was asked.
    """
    if not folder.is_dir():
        raise UsageError(f"--texts {folder}: there is no such run directory")
    run = OpenedRun.open(folder, revealed=True)
    documents: list[Document] = []
    for record in run.record.tasks:
        documents += _of_task(run, record)
    if not documents:
        raise DataError(f"{folder} holds no answer that could be scored: --texts takes a run of answered questions")
    asked_by_authors = [run.private(record.name) for record in run.record.tasks]
    private = next((each for each in asked_by_authors if each is not None), None)
    return Answers(documents, run.record.label, private)


def _of_task(run: OpenedRun, record: TaskRecord) -> Iterator[Document]:
    info = None if record.imported else find_task(record.name)
    if info is not None and (info.orchestrated or info.loglikelihoods):
        return
    task: Task | None = None
    for sample in run.task(record.name).samples():
        if sample.repeat or sample.status not in _USED or not sample.response or not sample.response.strip():
            continue
        asked = run.asked(sample)
        messages = () if asked is None else asked.messages
        if not messages:
            task = _loaded(record, run.folder) if task is None else task
            messages = _messages(task, sample, run.folder)
        yield Document(f"{record.name}/{sample.item_id}", sample.response, tuple(map(dict, messages)), record.name)


def _messages(task: Task, sample: Sample, folder: Path) -> tuple[Message, ...]:
    """What a private question asked, which no run keeps: from the task's own data."""
    item = next((each for each in task.items() if each.item_id == sample.item_id), None)
    prompt = None if item is None else task.prompt(item, sample.repeat)
    if prompt is None or prompt.prompt_hash != sample.prompt_hash:
        raise DataError(
            f"{folder}: what {sample.task} asked was not kept, and its data gives other prompts today: "
            "give a run whose prompts were kept"
        )
    return prompt.messages


def _loaded(record: TaskRecord, folder: Path) -> Task:
    files = {split: Path(file) for split, file in record.data.items()}
    try:
        local = local_data(record.name, files, Path(record.data_dir) if record.data_dir is not None else None)
        options = TaskOptions(None, local.files, record.metric, {}, record.sampling.get("seed"), local.origin)
        return load_task(record.name, options)
    except (DataError, UsageError) as error:
        raise DataError(f"{folder}: what {record.name} asked was not kept, and cannot be had: {error}") from None
