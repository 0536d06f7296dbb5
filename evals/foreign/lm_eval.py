"""Results of lm-eval 0.4: a folder of them, one file of samples, or the Hub's layout of details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.lm_eval_cells import cells_of_file, cells_of_list
from quantgate.evals.foreign.lm_eval_files import Folder, SamplesFile, files_at, newest, recognised
from quantgate.evals.foreign.lm_eval_groups import group_task, groups_of
from quantgate.evals.foreign.lm_eval_results import Results, created_in_name, results_of
from quantgate.evals.foreign.lm_eval_tasks import Source, task_of
from quantgate.evals.foreign.models import chosen_model, listed
from quantgate.evals.foreign.sources import created_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format
from quantgate.evals.text import one_line

_FORMAT = "lm-eval"
_SHOWN = 8
_UNTOLD = (
    "lm-eval keeps neither finish reasons nor faults: a cut answer looks whole, and where a reply had no text (an "
    "error, thoughts alone) the answer is empty, which counts as empty here, with the score 0 that lm-eval gave"
)


@dataclass(frozen=True, slots=True)
class _Of:
    """One file of samples, of which model it is, and the results that were written with it."""

    file: SamplesFile
    model: str
    results: Results | None


def read(path: Path, model: str | None = None) -> ForeignRun:
    """Read lm-eval's files at a path, of one model.

    Raises DataError, in one line, for what is broken, without answers, or of several models; UsageError for a model
    that is not there.
    """
    folder = files_at(path)
    if not folder.samples:
        return _read_totals(path, folder, model)
    held = _with_results(folder)
    chosen = _of_one_model(path, held, model)
    files, notes = newest([each.file for each in chosen])
    by_path = {each.file.path: each for each in chosen}
    used = [by_path[file.path] for file in files]
    sources = [
        Source(each.file.task, each.file.path, partial(cells_of_file, each.file.path), each.results) for each in used
    ]
    totals_only = [
        name
        for results in {id(each.results): each.results for each in used if each.results is not None}.values()
        for name in results.tasks
        if name not in {source.task for source in sources} and results.tasks[name].totals
    ]
    if totals_only:
        notes.append(f"of {listed(totals_only)} there are only totals, which `quantgate claim` judges")
    newest_used = max(used, key=lambda each: each.file.date)
    created = newest_used.results.created if newest_used.results else created_in_name(newest_used.file.date)
    return _run(path, chosen[0].model, created, sources, notes)


def _read_totals(path: Path, folder: Folder, model: str | None) -> ForeignRun:
    """A file of results that holds the rows as well, as `simple_evaluate` returns them."""
    found = [results_of(each) for each in folder.totals]
    if not found:
        raise DataError(f"{path}: it holds no results of lm-eval")
    with_rows = [results for results in found if any(results.rows.values())]
    if not with_rows:
        newest_one = max(found, key=lambda results: results.created)
        raise DataError(_only_totals(path, newest_one))
    if len(with_rows) > 1:
        raise DataError(f"{path} holds {len(with_rows):,} files of results with answers: name one of them")
    (results,) = with_rows
    if model not in (None, results.model):
        raise UsageError(f"--model {model}: {path} holds {one_line(results.model, 80)} alone")
    sources = [
        Source(name, results.path, partial(cells_of_list, results.path, rows), results)
        for name, rows in results.rows.items()
        if rows
    ]
    return _run(path, results.model or path.stem, results.created, sources, [])


def _run(path: Path, model: str, created: str, sources: Sequence[Source], notes: list[str]) -> ForeignRun:
    tasks: dict[str, ForeignTask] = {}
    refused: list[str] = []
    for source in sources:
        try:
            tasks[source.task] = task_of(source)
        except DataError as error:
            refused.append(str(error))
    if not tasks:
        raise DataError("; ".join(refused[:_SHOWN]))
    notes += [f"left out: {reason}" for reason in refused]
    found = [source.results for source in sources if source.results is not None]
    made = _with_groups(tasks, {source.task: source for source in sources}, found)
    backends = {results.base_url for results in found if results.base_url}
    versions = {results.version for results in found if results.version}
    return ForeignRun(
        format=_FORMAT,
        model=model,
        created=created or created_of(path),
        tasks=made,
        software={"lm-eval": ", ".join(sorted(versions))} if versions else {"lm-eval": "unknown"},
        endpoint={"base_url": redact_url(next(iter(sorted(backends))))} if backends else {},
        notes=(*notes, *([_UNTOLD] if any("max_length" not in task.sampling for task in made) else [])),
    )


def _with_groups(
    tasks: Mapping[str, ForeignTask], sources: Mapping[str, Source], found: Sequence[Results]
) -> list[ForeignTask]:
    """The tasks, those of a group that has a score of its own as its strata."""
    made: dict[str, ForeignTask] = dict(tasks)
    for results in {id(each): each for each in found}.values():
        for group in groups_of(results, list(made)):
            members = {name: task_of(sources[name], group.metric) for name in group.members}
            made = {name: task for name, task in made.items() if name not in members}
            made[group.name] = group_task(group, members)
    return list(made.values())


def _with_results(folder: Folder) -> list[_Of]:
    read_already: dict[Path, Results] = {}
    held = []
    for file in folder.samples:
        totals = folder.totals_of(file)
        if totals is not None and totals not in read_already:
            read_already[totals] = results_of(totals)
        results = None if totals is None else read_already[totals]
        held.append(_Of(file, (results.model if results else "") or file.path.resolve().parent.name, results))
    return held


def _of_one_model(path: Path, held: Sequence[_Of], wanted: str | None) -> list[_Of]:
    model = chosen_model(path, (each.model for each in held), wanted)
    chosen = [each for each in held if each.model == model]
    folders = list(dict.fromkeys(str(each.file.path.parent) for each in chosen))
    if len(folders) > 1:
        raise DataError(
            f"{path} holds results of {one_line(chosen[0].model, 80)} in {len(folders):,} folders, {listed(folders)}: "
            "name one of them"
        )
    return chosen


def _only_totals(path: Path, results: Results) -> str:
    """That there is nothing to pair, and how two totals are judged."""
    told = next((task for task in results.tasks.values() if task.totals), None)
    example = ""
    if told is not None:
        count = f" --n {told.items}" if told.items else " --n ITEMS"
        figure = next(iter(told.totals.values()))
        example = (
            f", as `quantgate claim --task {one_line(told.name, 60)}{count} --baseline {figure:.4f} --candidate ...`"
        )
    return (
        f"{path}: only totals are there, without answers (`lm_eval --log_samples` keeps those); two totals are "
        f"judged by `quantgate claim`{example}"
    )


LM_EVAL = Format(
    _FORMAT,
    "lm-eval 0.4: a folder of results_*.json and samples_*.jsonl, one of its files, or the Hub's details",
    recognised,
    read,
    read,
)
