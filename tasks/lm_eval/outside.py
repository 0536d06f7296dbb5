"""Keeps out what lies outside the installed packages: code that `evaluate` loads, and folders that pass for datasets.

`evaluate.load("bleu")` runs `./bleu/bleu.py` where there is one, and a file of the hub where there is none;
`load_dataset("gsm8k")` takes a folder `./gsm8k` for the dataset of that name.
"""

from __future__ import annotations

import os
import sys
from functools import wraps
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.text import excerpt

_MODULE = "evaluate"
_REFUSED = (
    "code from outside the installed packages, of the hub or of the working directory, which is not run; choose a task "
    "that lm-eval grades by itself"
)


def refused(call: str) -> str:
    """A call, and why what it would load is not run."""
    return f"{excerpt(call, 60)}: {_REFUSED}"


def shut_out() -> None:
    """See to it that, in this process, nothing of the kind is loaded, by whatever code of lm-eval's tasks."""
    # In place of the package, so that not even an import inside a grader meets it.
    if not isinstance(sys.modules.get(_MODULE), _NoEvaluate):
        sys.modules[_MODULE] = _NoEvaluate()
    _guard_datasets()


class _NoEvaluate(ModuleType):
    """Stands for the package `evaluate`; whatever is asked of it is refused."""

    def __init__(self) -> None:
        super().__init__(_MODULE)
        self.__spec__ = ModuleSpec(_MODULE, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*given: object, **_: object) -> NoReturn:
            raise UsageError(refused(f"{_MODULE}.{name}({', '.join(repr(each) for each in given[:1])})"))

        return refuse


def _guard_datasets() -> None:
    import datasets.load

    factory = datasets.load.dataset_module_factory
    if hasattr(factory, "__wrapped__"):
        return

    @wraps(factory)
    def guarded(path: str, *given: Any, **options: Any) -> Any:
        _check_dataset(str(path), [options.get("data_files"), options.get("data_dir")])
        return factory(path, *given, **options)

    datasets.load.dataset_module_factory = guarded


def _check_dataset(path: str, files: list[Any]) -> None:
    """Raise DataError for a dataset that would be read from the working directory."""
    from datasets.load import _PACKAGED_DATASETS_MODULES as READERS

    if path not in READERS:
        _refuse_local(path, "the dataset")
        return
    todo = files
    while todo:
        named = todo.pop()
        if isinstance(named, str):
            if "://" not in named:
                _refuse_local(named, "data of the task")
        elif isinstance(named, dict):
            todo.extend(named.values())
        elif isinstance(named, list | tuple):
            todo.extend(named)


def _refuse_local(named: str, what: str) -> None:
    if not os.path.isabs(named) and os.path.lexists(named.partition("*")[0] or "."):
        raise DataError(
            f"{excerpt(named, 60)} in the working directory would be taken for {what}: run from another folder, or "
            "give data that are meant by --data"
        )
