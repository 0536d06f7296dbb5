"""How each build is asked each task of a release: the options of a run, checked, and alike for all builds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import redacted
from quantgate.evals.settings.explaining import UNSHOWN, place_of, shown, wrong_value
from quantgate.evals.settings.key import OPEN_KEY, check_variable, place_of_key
from quantgate.evals.settings.release.layers import ALIKE, for_task, resolved
from quantgate.evals.settings.release.said import Layer, Said
from quantgate.evals.settings.run import RunConfig


@dataclass(frozen=True, slots=True)
class Asking:
    """How a build is asked a task: as `run` would be given it, and where each of that and the task's own was said."""

    label: str
    task: str
    config: RunConfig
    said: Mapping[str, Said]
    own: Mapping[str, Said]


def how_asked(layers: Sequence[Layer], label: str, task: str, own: Collection[str], out: Path, where: str) -> Asking:
    """Resolve how a build is asked a task.

    Parameters
    ----------
    layers
        What is said of it, from the farthest to the nearest.
    own
        The options that the task declares itself; of the others that are said elsewhere it is told nothing.
    out
        The folder of the release.
    where
        The build's place, as a message begins.

    Raises
    ------
    UsageError
        Naming file and place, for a value that is none, or a key that would be recorded.
    """
    options, all_own = resolved([for_task(layer, task) for layer in layers])
    mine = {name: said for name, said in all_own.items() if name in own}
    for said in (*options.items(), *mine.items()):
        _check_key(*said)
    values = {name: said.value for name, said in options.items()}
    if "data" in options:
        files = values["data"] if isinstance(values["data"], Mapping) else {"": values["data"]}
        values["data"] = {f"{task}.{split}" if split else task: path for split, path in files.items()}
    if "metric" in options:
        values["metric"] = {task: values["metric"]}
    told = {"options": {name: said.value for name, said in mine.items()}, "task": (task,), "out": out / label}
    try:
        config = RunConfig.model_validate({**values, **told, "label": label})
    except ValidationError as error:
        raise UsageError(_explained(error, options, task, where)) from None
    return Asking(label, task, config, options, mine)


def check_alike(askings: Iterable[Asking]) -> None:
    """Raise UsageError where two builds would not be asked a task alike, or it would be another task for them."""
    first: dict[str, Asking] = {}
    for asking in askings:
        other = first.setdefault(asking.task, asking)
        for name in ALIKE:
            ours, theirs = getattr(other.config, name), getattr(asking.config, name)
            _check_same(name, ours, theirs, [each.said.get(name) for each in (asking, other)], asking, other)
        for name in {**other.own, **asking.own}:
            said = [each.own.get(name) for each in (asking, other)]
            values = [None if each is None else each.value for each in said]
            _check_same(name, values[1], values[0], said, asking, other)


def _check_same(name: str, ours: Any, theirs: Any, said: Iterable[Said | None], asking: Asking, other: Asking) -> None:
    if ours == theirs:
        return
    where = next(each.where for each in said if each is not None)
    values = "" if UNSHOWN.search(name) else f" ({_value(theirs)} and {_value(ours)})"
    raise UsageError(
        f"{where}: {asking.task} would be asked with another {name} of {asking.label} than of {other.label}{values}, "
        "and answers that were asked for otherwise are not compared; say it once, at the top or under the task"
    )


def _value(value: Any) -> str:
    return "none" if value in (None, {}, ()) else shown(value)


def _check_key(name: str, said: Said) -> None:
    """Raise UsageError for a key where a variable's name belongs, or where it would be recorded."""
    value = said.value
    if name.endswith("base_url") and isinstance(value, str):
        parse_endpoint_url(value, said.where)
    elif name.endswith("api_key_env") and isinstance(value, str):
        check_variable(said.where, value)
    elif name == "header" and isinstance(value, Mapping):
        for header, variable in value.items():
            if isinstance(variable, str):
                check_variable(f"{said.where}.{header}", variable)
    elif isinstance(value, Mapping) and (place := place_of_key(value)) is not None:
        raise UsageError(f"{said.where}: {OPEN_KEY} ({place})")
    elif isinstance(value, str) and redacted(value) != value:
        raise UsageError(f"{said.where}: {OPEN_KEY}")


def _explained(error: ValidationError, options: Mapping[str, Said], task: str, where: str) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        return f"{where}.{name} is missing: say it there, or at the top for all builds"
    if not name:
        return f"{where}: {task}: {first['msg'].removeprefix('Value error, ')}"
    return wrong_value(first, place_of(first), options[name].where)
