"""What tasks need of this machine besides quantgate: told, and refused before anything is asked where it is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantgate.evals.contract.task import Need, TaskInfo
from quantgate.evals.errors import UsageError

_JOINED = ("pip install ", "python -m nltk.downloader ")
"""What takes several names, in the order in which it must run."""


def check_needs(infos: Iterable[TaskInfo]) -> None:
    """Raise UsageError for what is missing of what the tasks need, with one command that gets all of it."""
    lacking = {info.name: [need for need in needs_of(info) if not need.there] for info in infos}
    lacking = {name: needs for name, needs in lacking.items() if needs}
    if not lacking:
        return
    each = "; ".join(f"{name} needs {_listed(needs)}" for name, needs in lacking.items())
    if reasons := _reasons(need for needs in lacking.values() for need in needs):
        raise UsageError(f"{each} to grade answers. {reasons}")
    raise UsageError(
        f"{each} to grade answers, which is not there. Before anything is asked: "
        f"{command([need for needs in lacking.values() for need in needs])}"
    )


def needs_of(info: TaskInfo) -> Sequence[Need]:
    """What a task needs, whether it is there or not."""
    return tuple(info.needs()) if info.needs is not None else ()


def command(needs: Iterable[Need]) -> str:
    """One line of shell that gets everything: a single `pip install`, then what it makes possible."""
    commands = list(dict.fromkeys(need.command for need in needs))
    named = {
        each: dict.fromkeys(one.removeprefix(each) for one in commands if one.startswith(each)) for each in _JOINED
    }
    joined = [first + " ".join(names) for first, names in named.items() if names]
    return " && ".join([*joined, *(each for each in commands if not each.startswith(_JOINED))])


def described(needs: Sequence[Need]) -> str:
    """What is needed, and how to get what is missing, in a line."""
    lacking = [need for need in needs if not need.there]
    if not lacking:
        return f"{_listed(needs)}: all there"
    return f"{_listed(needs)}; missing {_listed(lacking)}: {_reasons(lacking) or command(lacking)}"


def _reasons(needs: Iterable[Need]) -> str:
    """Why those are not there that no command alone would get."""
    return "; ".join(dict.fromkeys(need.why for need in needs if need.why is not None))


def _listed(needs: Sequence[Need]) -> str:
    return ", ".join(need.what for need in needs)
