"""Has lm-eval build a task, group or tag, from the hub or from local files, without its index of 14,000 files."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import yaml

from quantgate.evals.errors import DataError, QuantgateError, UsageError
from quantgate.evals.text import one_line
from quantgate.tasks.data.reach import fetching, out_of_reach, why_out_of_reach
from quantgate.tasks.lm_eval.index import Entry, Kind, find_entry, reached
from quantgate.tasks.lm_eval.outside import shut_out
from quantgate.tasks.lm_eval.source import LmEvalSource, Splits, files_by_member, files_by_split
from quantgate.tasks.quiet import quietly


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a name stands for: lm-eval's own objects. `tasks` are the single tasks in lm-eval's order.

    `group` is lm-eval's group, with which it averages; `None` for a single task and for a tag.
    """

    kind: Kind
    tasks: Mapping[str, Any]
    group: Any | None = None


def load(source: LmEvalSource) -> Loaded:
    """Build what `source` names.

    Raises
    ------
    UsageError
        When lm-eval has no such name, or local files do not fit it.
    DataError
        When its data cannot be had.
    """
    entry = find_entry(source.lm_eval_name, source.file)
    overrides = _overrides(source, entry)
    dataset = _dataset(entry)
    why = why_out_of_reach(dataset) if source.files is None else None
    with quietly(), contextlib.nullcontext() if source.files or why else fetching(dataset):
        shut_out()
        from lm_eval import defaults
        from lm_eval.tasks import TaskManager

        _compile_each_template_once()
        # Some tasks shuffle with the global generators while they load; lm-eval seeds them so.
        random.seed(defaults.DEFAULT_RANDOM_SEED)
        np.random.seed(defaults.DEFAULT_OTHER_SEED)
        with _folder_of(entry, overrides) as folder:
            manager = TaskManager(include_defaults=False, include_path=str(folder))
            built = _built(manager, source, entry, why)
        tasks, group = built["tasks"], built.get("groups", {}).get(source.lm_eval_name)
        for name, task in tasks.items():
            if task.config.num_fewshot is None:
                task.set_config("num_fewshot", 0)
            elif task.config.num_fewshot and _EXAMPLES in overrides.get(name, {}):
                raise DataError(f"{source.name}: {name} draws worked examples there: give its other splits, too")
            task.set_fewshot_seed(defaults.DEFAULT_OTHER_SEED)
    if not tasks:
        raise UsageError(f"{source.name}: lm-eval's {entry.kind} {source.lm_eval_name} has no members")
    return Loaded(entry.kind, tasks, group)


def _compile_each_template_once() -> None:
    """lm-eval compiles a task's templates anew for every document and score: nine tenths of the time of both."""
    from lm_eval import utils

    if not hasattr(utils.env.from_string, "cache_info"):
        utils.env.from_string = lru_cache(maxsize=1024)(utils.env.from_string)


_EXAMPLES = "fewshot_split"


def _overrides(source: LmEvalSource, entry: Entry) -> dict[str, dict[str, Any]]:
    """What is changed of each single task, by name: where its data come from, and nothing else."""
    members = {known.name: known for known in reached(entry) if known.kind is not Kind.GROUP}
    if source.files is None:
        pinned = {"dataset_kwargs": {"revision": source.revision}} if source.revision else {}
        return {name: dict(pinned) for name in members}
    own_loader = [name for name, known in members.items() if known.kind is Kind.PYTHON]
    splits = {name: Splits.of(known.config) for name, known in members.items()}
    if own_loader or None in splits.values():
        name = next(iter(own_loader), None) or next(name for name, known in splits.items() if known is None)
        raise UsageError(f"{source.name}: {name} loads its data by code of its own, so local files cannot be given")
    single = entry.kind in (Kind.TASK, Kind.PYTHON)
    files = (
        {entry.name: files_by_split(source.name, source.files, _known(splits[entry.name]))}
        if single
        else files_by_member(source.name, source.files, splits)
    )
    return {name: _local(files[name], _known(splits[name])) for name in members}


def _known(splits: Splits | None) -> Splits:
    assert splits is not None
    return splits


def _local(files: Mapping[str, Path], splits: Splits) -> dict[str, Any]:
    changed: dict[str, Any] = {"dataset_kwargs": {"files": {split: str(path) for split, path in files.items()}}}
    if splits.examples is not None and splits.examples not in files:
        # lm-eval opens the split of the examples even where it draws none.
        changed[_EXAMPLES] = splits.evaluated
    return changed


@contextlib.contextmanager
def _folder_of(entry: Entry, overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[Path]:
    """A folder for lm-eval's index that holds this name alone: files that include lm-eval's and override them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, known in enumerate(sorted(reached(entry), key=lambda known: str(known.file))):
            changed = overrides.get(known.name, {})
            text = yaml.safe_dump({"include": str(known.file), **changed})
            if "files" in changed.get("dataset_kwargs", {}):
                text += "custom_dataset: !function quantgate.tasks.data.rows.load_splits\n"
            (folder / f"{number:05}.yaml").write_text(text, encoding="utf-8")
        yield folder


def _dataset(entry: Entry) -> str:
    """What the hub calls its data, as far as that is known before it is loaded."""
    named = entry.config.get("dataset_path") if entry.kind is Kind.TASK else None
    return one_line(str(named), 80) if named else f"the data of {entry.name}"


def _built(manager: Any, source: LmEvalSource, entry: Entry, why: str | None) -> dict[str, Any]:
    """What lm-eval builds; `why` the hub cannot be reached, where that is so."""
    try:
        built: dict[str, Any] = manager.load(entry.name)
    except QuantgateError:
        raise
    except (OSError, ValueError, KeyError, ImportError, TypeError, AssertionError, jinja2.TemplateError) as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        if why is not None and isinstance(cause, OSError):
            instead = f"Without the hub, {_local_way(source, entry)}"
            raise DataError(out_of_reach(source.name, why, _dataset(entry), instead)) from None
        said = f"{type(cause).__name__}: {' '.join(str(cause).split())}"
        raise DataError(
            f"{source.name}: the data could not be loaded ({said}); {_way_out(cause, source, entry)}"
        ) from None
    return built


def _way_out(cause: BaseException, source: LmEvalSource, entry: Entry) -> str:
    if isinstance(cause, ImportError):
        return f"pip install {cause.name}" if cause.name else "install what it names"
    if source.files:
        return "look at the file's fields"
    local = _local_way(source, entry)
    if "gated dataset" in str(cause):
        return f"ask for access on the dataset's page and set HF_TOKEN, {local}"
    return f"is the Hugging Face hub reachable from here? If not, {local}"


def _local_way(source: LmEvalSource, entry: Entry) -> str:
    """How its data are given without the hub."""
    splits = Splits.of(entry.config) if entry.kind is Kind.TASK else None
    given = (
        f"--data {source.name}=FILE.jsonl"
        if splits is None and entry.kind is Kind.TASK
        else f"--data {source.name}=FOLDER with MEMBER/SPLIT.jsonl for each member"
        if splits is None
        else f"{splits.how_to_give(source.name)} ({splits.explained()})"
    )
    return f"give {given}, or --data-dir with a bundle of `quantgate data fetch`"
