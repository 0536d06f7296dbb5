"""What a run's tasks need on machines that have nothing of the user's: packed here, unpacked there."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quantgate.cluster.messages import Files
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.bundle import local_data
from quantgate.tasks.registry import find_task

_PATHS = ("ca_bundle", "tokenizer")
"""Options that name a file, besides the data."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A path of a task's own options that is in the archive under a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive, and what speaks of it: the configurations and own options, with names in it for the paths."""

    files: Files
    configs: Mapping[str, RunConfig]
    own: Mapping[str, Mapping[str, Any]]


def packed(configs: Mapping[str, RunConfig], own: Mapping[str, Mapping[str, Any]]) -> Packed:
    """The files of some tasks' data and options.

    Of each task's data those files are packed that a bundle of it would hold, whether they were given one by one or are
    in one. An option of a task's own that names a program (`tau2_python`) is left as it is: every machine has its own.
    Raises DataError as loading does.
    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar, tempfile.TemporaryDirectory() as work:
        names: dict[Path, str] = {}

        def name_of(path: Path) -> str:
            if path not in names:
                names[path] = f"{len(names)}/{path.name}"
                tar.add(path.resolve(), names[path])
            return names[path]

        told = {}
        for name, config in configs.items():
            data = local_data(name, config.data_of(name), config.data_dir).files
            info = find_task(name)
            if data and info.data is not None:
                fetched = info.data.fetch(info.named_splits(data), Path(tempfile.mkdtemp(dir=work)))
                data = {f"{name}.{split}": Path(name_of(file)) for split, file in fetched.files.items()}
            paths = {option: Path(name_of(path)) for option in _PATHS if (path := getattr(config, option)) is not None}
            told[name] = config.model_copy(update={"data": data, "data_dir": None, **paths})
        options = {
            task: {
                name: Shipped(name_of(value)) if isinstance(value, Path) and _is_shipped(value) else value
                for name, value in given.items()
            }
            for task, given in own.items()
        }
    return Packed(Files(archive.getvalue()), told, options)


def unpack(files: Files, folder: Path) -> None:
    """Put the files of an archive into a folder that is there."""
    with tarfile.open(fileobj=io.BytesIO(files.archive)) as tar:
        tar.extractall(folder, filter="data")


def config_in(folder: Path, config: RunConfig) -> RunConfig:
    """A configuration that was packed, with the paths that its files have in a folder."""
    paths = {option: folder / path for option in _PATHS if (path := getattr(config, option)) is not None}
    data = {name: folder / path for name, path in config.data.items()}
    return config.model_copy(update={"data": data, **paths})


def own_in(folder: Path, own: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a task's own options."""
    return {name: folder / value.name if isinstance(value, Shipped) else value for name, value in own.items()}


def identity_told(identity: TaskIdentity) -> dict[str, Any]:
    """What must be the same on all machines of a task's identity."""
    return {name: value for name, value in asdict(identity).items() if name not in ("provenance", "notes")}


def _is_shipped(path: Path) -> bool:
    return path.is_dir() or (path.is_file() and not os.access(path, os.X_OK))
