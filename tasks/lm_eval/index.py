"""What lm-eval has by name: tasks, groups and tags, read from its YAML files without building any of them.

lm-eval's own index of the same files takes some 13 seconds; each file is parsed once here, which takes about one, so
nothing is kept between two processes that could grow stale.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from quantgate.evals.errors import UsageError

_IGNORED_FOLDERS = frozenset({"__pycache__", ".ipynb_checkpoints"})


class Kind(StrEnum):
    """What a name of lm-eval stands for; `PYTHON` is a task that is written as a class, and loads its own data."""

    TASK = "task"
    PYTHON = "python"
    GROUP = "group"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name. `file` defines it (a tag has none), `config` is that file with what it includes.

    `tagged` are the tasks that bear a tag, sorted.
    """

    name: str
    kind: Kind
    file: Path | None
    config: Mapping[str, Any]
    tagged: tuple[str, ...] = ()


def find_entry(name: str, file: str | None = None) -> Entry:
    """The task, group or tag of that name.

    `file` is where the installed lm-eval is known to keep the task, below its folder of tasks: it is looked at first,
    and where it defines that task the 14,000 others are not read.

    Raises
    ------
    UsageError
        When lm-eval has none, with the nearest names that it has.
    """
    if file is not None and (known := _Files().entry(str(tasks_folder() / file))) is not None and known.name == name:
        return known
    entries = read_index(tasks_folder())
    if name in entries:
        return entries[name]
    if not re.fullmatch(r"[\w.+()-]+", name):
        raise UsageError(f"{name!r} is no name of an lm-eval task")
    near = difflib.get_close_matches(name, entries, n=3, cutoff=0.7)
    hint = f"did you mean {', '.join(near)}?" if near else "`lm-eval ls tasks` lists all"
    raise UsageError(f"lm-eval has no task {name!r}; {hint}")


def find_task_file(name: str) -> Path:
    """The YAML file that defines the single lm-eval task `name`. Raises UsageError when it is none."""
    entry = find_entry(name)
    if entry.file is None or entry.kind is Kind.GROUP:
        raise UsageError(f"{name} is a {entry.kind} of lm-eval, not a single task")
    return entry.file


def reached(entry: Entry) -> list[Entry]:
    """The entries with files that a name stands for: itself, and of groups and tags every member, however deep."""
    if entry.kind in (Kind.TASK, Kind.PYTHON):
        return [entry]
    entries, found = read_index(tasks_folder()), dict[str, Entry]()

    def visit(name: str) -> None:
        known = entries.get(name)
        if known is None or name in found:
            return
        found[name] = known
        for member in known.tagged if known.kind is Kind.TAG else _members(known.config.get("task")):
            visit(member)

    visit(entry.name)
    return [known for known in found.values() if known.file is not None]


def _members(listed: object) -> Iterator[str]:
    """The names in a group's list, which may hold tasks with overrides, and groups that are written out in place."""
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            named = item.get("group", item.get("task"))
            if isinstance(named, str):
                yield named
            if "group" in item:
                yield from _members(item.get("task"))


def tasks_folder() -> Path:
    """Where the installed lm-eval keeps its tasks. Raises UsageError when it is not installed."""
    spec = find_spec("lm_eval")
    if spec is None or spec.origin is None:
        raise UsageError("lm-eval is not installed: pip install lm-eval")
    return Path(spec.origin).parent / "tasks"


@lru_cache(maxsize=4)
def read_index(folder: Path) -> Mapping[str, Entry]:
    """Every name that the YAML files below a folder define, by lm-eval's rules: the first file of a name counts."""
    files = _Files()
    entries: dict[str, Entry] = {}
    tagged: dict[str, set[str]] = {}
    for file in sorted(_yaml_files(folder)):
        entry = files.entry(file)
        if entry is None or entry.name in entries:
            continue
        entries[entry.name] = entry
        if entry.kind is not Kind.GROUP:
            tags = entry.config.get("tag") or []
            for tag in [tags] if isinstance(tags, str) else tags:
                tagged.setdefault(tag, set()).add(entry.name)
    for tag, names in tagged.items():
        entries.setdefault(tag, Entry(tag, Kind.TAG, None, {}, tuple(sorted(names))))
    return entries


def _yaml_files(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _IGNORED_FOLDERS]
        yield from (os.path.join(parent, name) for name in names if name.endswith(".yaml"))


class _Files:
    """Reads YAML files with what they include, each file once."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, Any]] = {}

    def entry(self, file: str) -> Entry | None:
        """What a file defines; `None` for one that lm-eval passes over, too: it cannot be read, or names nothing."""
        try:
            config = self.merged(file)
        except (yaml.YAMLError, OSError, UnicodeDecodeError, TypeError, ValueError, RecursionError):
            return None
        if "class" in config:
            kind, name = Kind.PYTHON, config.get("task")
        elif "group" in config:
            kind, name = Kind.GROUP, config["group"]
        else:
            kind, name = Kind.TASK, config.get("task")
        return Entry(name, kind, Path(file), config) if isinstance(name, str) else None

    def merged(self, file: str) -> dict[str, Any]:
        """A file's mapping over those that it includes; a later one wins, and the file itself over all."""
        config = dict(self._own(file))
        included = config.pop("include", None)
        merged: dict[str, Any] = {}
        for name in included if isinstance(included, list) else [] if included is None else [included]:
            other = self.merged(os.path.normpath(os.path.join(os.path.dirname(file), name)))
            merged |= {key: value for key, value in other.items() if key != "task_list"}
        return merged | config

    def _own(self, file: str) -> dict[str, Any]:
        if file not in self._read:
            with open(file, "rb") as stream:
                document = yaml.load(stream, Loader=_Loader)
            if not isinstance(document, dict):
                raise ValueError(f"{file} holds no mapping")
            self._read[file] = document
        return self._read[file]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML with lm-eval's `!function`, which is left as the name that is written there."""


_Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
