"""Gives each task those of the given options that it declares, read and checked; what no task takes is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.task import TaskInfo
from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import without_keys
from quantgate.evals.settings.key import OPEN_KEY, place_of_key
from quantgate.evals.text import excerpt


@dataclass(frozen=True, slots=True)
class GivenOption:
    """An option of a task's own as it was given; `where` is how messages name it, as `--option shots`."""

    name: str
    value: object
    where: str


def own_options(
    infos: Sequence[TaskInfo], given: Iterable[GivenOption], others: Iterable[TaskInfo] = ()
) -> dict[str, dict[str, Any]]:
    """By task name the options that it takes, as its readers made them.

    Parameters
    ----------
    infos
        The tasks that are asked; an option goes to each of them that declares it.
    given
        What was given, in any order.
    others
        The other tasks that there are, so that a message can say whose option it is.

    Raises
    ------
    UsageError
        For an option that none of the tasks takes, with the nearest name, or a value that is none of its.
    """
    read: dict[str, dict[str, Any]] = {info.name: {} for info in infos}
    for option in given:
        taken = [(info, own) for info in infos for own in info.options if own.name == option.name]
        if not taken:
            raise UsageError(f"{option.where}: {_nobody_takes(option.name, infos, others)}")
        for info, own in taken:
            try:
                read[info.name][own.name] = own.read(option.value)
            except (ValueError, TypeError) as error:
                said = excerpt(str(error)) or "is none of its values"
                shown = "" if "key" in option.name else f" {excerpt(without_keys(repr(option.value)))}"
                raise UsageError(f"{option.where}{shown}: {said} ({info.name}: {own.help})") from None
            # Keys are named elsewhere, and addresses looked at where they are taken apart.
            recorded = not re.search(r"key|url", option.name)
            if recorded and (place := place_of_key(read[info.name][own.name])) is not None:
                raise UsageError(f"{option.where}: {OPEN_KEY} ({place})")
    return read


def _nobody_takes(name: str, infos: Sequence[TaskInfo], others: Iterable[TaskInfo]) -> str:
    asked = ", ".join(info.name for info in infos) or "no task"
    elsewhere = sorted({info.name for info in others for own in info.options if own.name == name})
    if elsewhere:
        return f"is an option of {', '.join(elsewhere)}, and only {asked} is asked"
    known = _names(infos)
    if near := difflib.get_close_matches(name, known, n=1):
        return f"{asked} takes no option {name!r}; did you mean {near[0]}?"
    has = f"the options are {', '.join(known)}" if known else "it has no options of its own"
    return f"{asked} takes no option {name!r}; {has}"


def _names(infos: Iterable[TaskInfo]) -> list[str]:
    return list(dict.fromkeys(own.name for info in infos for own in info.options))
