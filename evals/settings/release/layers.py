"""Options of a run that stand at the top of a release file, under a build and under a task: the nearest wins.

A task is nearer than a build, a build nearer than the top, and the command line nearest of all. `null` takes what
stands farther off back to the default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import option_of, shown
from quantgate.evals.settings.presets import Preset
from quantgate.evals.settings.release.said import Layer, Level, OwnOption, Said, at, path_in
from quantgate.evals.settings.run import RunConfig, files_of
from quantgate.evals.settings.suite import nearest

RUN_OPTIONS = tuple(
    name for name in RunConfig.model_fields if name not in ("task", "out", "label", "expected", "max_time", "shard")
)
"""The options of `run` that may stand at the top, under a build or under a task."""

ALIKE = (
    *("temperature", "top_p", "max_tokens", "seed", "preset", "omit", "extra_body", "max_length"),
    *("limit", "first", "repeats", "metric", "data", "data_dir"),
)
"""What must be the same for all builds that are asked, else their answers are not compared; a suite may say it."""

MERGED = ("extra_body", "header")
"""Mappings of which each key is an option for itself."""

_BY_TASK = ("data", "metric")
"""Options that are a task's own under a task, and name the task elsewhere."""

_EITHER = {"limit": ("first",), "first": ("limit",)}
_PATHS = ("data", "data_dir", "tokenizer", "ca_bundle")
_WHO = ("base_url", "model", "api_key_env")
_YES_OR_NO = ("stream", "durable", "prompts", "model_changed")


def layer_of(written: Mapping[str, Any], level: Level, place: str, file: Path, own: Collection[OwnOption]) -> Layer:
    """The layer of one place, its paths made those of the file's folder. Raises UsageError for what is said twice."""
    named = {name: Said(value, at(file, place, name)) for name, value in written.items()}
    under = written.get("options") or {}
    if not isinstance(under, Mapping):
        raise UsageError(f"{named['options'].where} {shown(under)}: write the tasks' own options, names with values")
    if twice := sorted({each.name for each in own} & named.keys() & under.keys()):
        raise UsageError(f"{named[twice[0]].where} is said twice, there and under options")
    nested = {str(name): Said(value, f"{named['options'].where}.{name}") for name, value in under.items()}
    options, mine = _sorted(named, nested, own)
    paths = {each.name for each in own if each.is_path}
    for name in options.keys() & set(_PATHS):
        options[name] = _in_folder(options[name], file.parent)
    for name in mine.keys() & paths:
        if _is_place(mine[name].value):
            mine[name] = _in_folder(mine[name], file.parent)
    return Layer(level, options, mine)


def command_line(given: Mapping[str, Any], own: Collection[OwnOption]) -> Layer:
    """The layer of the command line; its paths are those of the working directory."""
    named = {name: Said(value, option_of(name)) for name, value in given.items()}
    nested = {name: Said(value, f"--option {name}") for name, value in (given.get("options") or {}).items()}
    return Layer(Level.COMMAND_LINE, *_sorted(named, nested, own))


def _sorted(
    named: Mapping[str, Said], nested: Mapping[str, Said], own: Collection[OwnOption]
) -> tuple[dict[str, Said], dict[str, Said]]:
    """The options of a run, and the tasks' own: by their names, and from under `options`."""
    options = {name: named[name] for name in RUN_OPTIONS if name in named and name != "options"}
    flat = {each.name: named[each.name] for each in own if each.name in named and each.name not in RUN_OPTIONS}
    return options, {**flat, **nested}


def _is_place(value: object) -> bool:
    """Whether a value names a file and not a command, which is looked for elsewhere."""
    return isinstance(value, str) and ("/" in value or value.startswith("~"))


def _in_folder(said: Said, folder: Path) -> Said:
    """What was said with its paths, which may be several by name, made those of a folder."""
    written = said.value if isinstance(said.value, Mapping) else {"": said.value}
    paths = {
        name: path_in(folder, each, said.where) if isinstance(each, str) and each else each
        for name, each in written.items()
    }
    return replace(said, value=paths if isinstance(said.value, Mapping) else paths[""])


def check_layer(layer: Layer, tasks: Sequence[str]) -> None:
    """Raise UsageError for a value that cannot be one wherever it stands, and for data of a task that is not asked."""
    for name, said in layer.options.items():
        if isinstance(said.value, bool) and name not in _YES_OR_NO:
            raise UsageError(f"{said.where}: yes, no, on, off, true and false are no value here; write text in quotes")
        if name not in _BY_TASK or layer.level is Level.TASK or said.value is None:
            continue
        if not isinstance(said.value, Mapping):
            if name == "data":
                raise UsageError(f"{said.where}: say whose file it is, as data: {{{tasks[0]}: test.jsonl}}")
            continue
        for task in map(str, said.value):
            if not any(task == asked or (name == "data" and task.startswith(f"{asked}.")) for asked in tasks):
                raise UsageError(f"{said.where}.{task}: no such task is asked{nearest(task, tasks)}")


def for_task(layer: Layer, task: str) -> Layer:
    """The layer as it speaks of one task: of what names the tasks, what it says of this one, if anything."""
    if layer.level is Level.TASK:
        return layer
    options = dict(layer.options)
    for name in _BY_TASK:
        said = options.get(name)
        if said is None or not isinstance(said.value, Mapping):
            continue
        del options[name]
        if found := files_of(task, said.value) if name == "data" else said.value.get(task):
            options[name] = Said(found, f"{said.where}.{task}")
    return replace(layer, options=options)


def resolved(layers: Sequence[Layer]) -> tuple[dict[str, Said], dict[str, Said]]:
    """The options of a run and the tasks' own, of layers from the farthest to the nearest.

    Raises
    ------
    UsageError
        When a build and a task both say who is asked, and not alike: then a task would send every build to one place.
    """
    options: dict[str, Said] = {}
    own: dict[str, Said] = {}
    by_build = next((layer.options for layer in layers if layer.level is Level.BUILD), {})
    for layer in layers:
        for name, said in layer.options.items():
            if layer.level is Level.TASK and name in _WHO and name in by_build and said.value != by_build[name].value:
                raise UsageError(
                    f"{said.where}: {by_build[name].where.partition(': ')[2]} says it, too, and every build would be "
                    "asked at one place: leave one of them out"
                )
            for other in _in_place_of(name, said.value):
                if other not in layer.options:
                    options.pop(other, None)
            options[name] = _merged(options.get(name), said) if name in MERGED else said
        own |= layer.own
    return (
        {name: said for name, said in options.items() if said.value is not None},
        {name: said for name, said in own.items() if said.value is not None},
    )


def _in_place_of(name: str, value: object) -> Sequence[str]:
    """What an option puts aside that stands farther off, because it says the same in another way."""
    if name == "preset" and isinstance(value, str) and value in list(Preset):
        return Preset(value).sets
    if name == "omit":
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
        return [each.strip() for each in names if isinstance(each, str)]
    return _EITHER.get(name, ()) if value is not None else ()


def _merged(before: Said | None, said: Said) -> Said:
    """A mapping over the one that stands farther off, key by key."""
    if before is None or not isinstance(before.value, Mapping) or not isinstance(said.value, Mapping):
        return said
    return replace(said, value={**before.value, **said.value})
