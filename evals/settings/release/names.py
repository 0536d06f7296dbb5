"""Which names may stand where in a release file, and what is said of one that may not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.explaining import shown
from quantgate.evals.settings.key import names_a_key
from quantgate.evals.settings.policy import RULES
from quantgate.evals.settings.release.layers import ALIKE, RUN_OPTIONS
from quantgate.evals.settings.release.said import Level, OwnOption, at

OF_BUILD = ("label", "run")
PLAN = ("name", "stop", "order", "looks", "futility", "budget", "out", "reports")
OF_RELEASE = ("baseline", "candidate", "candidates", "tasks", "policy", "suite", *PLAN)

_OF_BUILDS = ("baseline", "candidate", "candidates", "policy")

_KNOWN = {
    Level.TOP: (*OF_RELEASE, *RUN_OPTIONS, *RULES),
    Level.BUILD: (*OF_BUILD, *RUN_OPTIONS),
    Level.TASK: (*RUN_OPTIONS, *RULES),
    Level.SUITE: ("summary", "sources", "not_asked", "tasks", "suite", "options", *ALIKE, *RULES),
    Level.SUITE_TASK: ("options", *ALIKE, *RULES),
}
NO_SHARDS = (
    "check has no shards, since it looks at the answers of both builds while they are asked: ask each build with "
    "`quantgate run --shard I/N`, put its shards together with `quantgate merge`, and decide with `quantgate gate`"
)
_MEANT = {
    "recovery": "a share that must be recovered is written margin: {recovery: 0.99}",
    "task": "the tasks of a release are written tasks: {gsm8k: {margin: 0.02}}",
    "max_time": "it stands under budget",
    "max_requests": "it stands under budget",
    "shard": NO_SHARDS,
    "config": "a release file is whole: write the options themselves",
    "weights": "they stand under suite",
    "serve": "servers are started by quantgate sweep, whose file may have it",
    "parallel": "many candidates are asked by quantgate sweep, whose file may have it",
}
"""What is meant by names that one may well think of."""


@dataclass(frozen=True, slots=True)
class KnownTasks:
    """The tasks that there are, as far as a release file speaks of them.

    `options_of` gives what a task declares itself, and raises UsageError for a task that there is not; `takers_of` the
    tasks that declare an option of a name.
    """

    options_of: Callable[[str], Sequence[OwnOption]]
    takers_of: Callable[[str], Sequence[str]]


def check_names(
    written: Mapping[Any, Any], level: Level, place: str, file: Path, own: Collection[OwnOption], tasks: KnownTasks
) -> None:
    """Raise UsageError for the first name that may not stand there, with the nearest that may, or where it belongs.

    `own` are the options that tasks declare themselves and that may stand there, too.
    """
    mine = [option.name for option in own]
    known = list(dict.fromkeys([*_KNOWN[level], *mine, *(["expected"] if place == "baseline" else [])]))
    for name in written:
        if not isinstance(name, str):
            raise UsageError(f"{at(file, place)}{shown(name)} is no name; where it is meant as one, write it in quotes")
        if name not in known:
            raise UsageError(f"{at(file, place, name)} {_refusal(name, level, known, tasks)}")
    for name in under if isinstance(under := written.get("options"), Mapping) else ():
        if name not in mine:
            where = at(file, f"{place}.options" if place else "options", str(name))
            raise UsageError(f"{where} {_not_own(str(name), mine, level, tasks)}")


def _refusal(name: str, level: Level, known: Sequence[str], tasks: KnownTasks) -> str:
    if names_a_key(name):
        return "is not known: no key stands in the file; api_key_env names the environment variable that holds it"
    if name in OF_BUILD:
        return "is a build's: it stands under baseline or candidate"
    if level in (Level.SUITE, Level.SUITE_TASK) and name in (*RUN_OPTIONS, *PLAN, *_OF_BUILDS):
        return "is the release file's: a suite says what is asked and what must hold, not who is asked or how fast"
    if name in OF_RELEASE:
        return "is the whole release's: it stands at the top"
    if name == "expected":
        return "is what the baseline should score: it stands at the top, under baseline or under a task"
    if name in RULES:
        return "is what must hold, of all builds alike: it stands at the top, under policy or under a task"
    if name in _MEANT:
        return f"is not known here: {_MEANT[name]}"
    if tasks.takers_of(name):
        return _not_own(name, known, level, tasks)
    plain = re.sub(r"\W", "_", name.lower())
    near = difflib.get_close_matches(plain, known, n=1)
    return "is not known" + (f"; did you mean {near[0]}?" if near else f" {level}")


def _not_own(name: str, known: Sequence[str], level: Level, tasks: KnownTasks) -> str:
    if takers := tasks.takers_of(name):
        here = "this task is another" if level is Level.TASK else "no such task is asked"
        return f"is an option of {', '.join(takers)}, and {here}"
    near = difflib.get_close_matches(name, known, n=1)
    return "is no option of a task that is asked" + (f"; did you mean {near[0]}?" if near else "")
