"""The installed tasks as the verbs meet them: warnings on standard error, options of their own, release files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantgate.evals.settings.release import KnownTasks
    from quantgate.tasks.options import GivenOption
    from quantgate.tasks.registry import Registry


def installed_tasks() -> Registry:
    """The tasks of this environment; says on standard error which packages' could not be imported.

    Raises
    ------
    TaskDeclarationError
        When a package declares what is no task, or two declare one name.
    """
    from quantgate.cli.notice import notice
    from quantgate.tasks.registry import installed

    registry = installed()
    for warning in registry.warnings:
        notice(warning)
    return registry


def given_options(
    values: Mapping[str, object], flags: Mapping[str, object], pairs: Mapping[str, str], file: Path | None
) -> list[GivenOption]:
    """The tasks' own options, each with where it was given.

    Parameters
    ----------
    values
        All of them by name, from the command line and the file together.
    flags
        Those that have an option of their own on the command line, with `None` where it was not given.
    pairs
        Those that were given by `--option NAME=VALUE`.
    file
        The file that the others come from.
    """
    from quantgate.tasks.options import GivenOption

    def where(name: str) -> str:
        if flags.get(name) is not None:
            return f"--{name.replace('_', '-')}"
        if name in pairs:
            return f"--option {name}"
        return f"{file}: {name if name in flags else f'options.{name}'}"

    return [GivenOption(name, value, where(name)) for name, value in values.items()]


def known_tasks() -> KnownTasks:
    """What a release file may say of the tasks of this environment; `load_release` takes it."""
    from quantgate.evals.contract.options import path
    from quantgate.evals.settings.release import KnownTasks, OwnOption

    registry = installed_tasks()

    def options_of(task: str) -> list[OwnOption]:
        return [OwnOption(option.name, option.read is path) for option in registry.find(task).options]

    def takers_of(name: str) -> list[str]:
        return [task for task, info in registry.tasks.items() if any(option.name == name for option in info.options)]

    return KnownTasks(options_of, takers_of)
