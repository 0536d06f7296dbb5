"""A path that is empty, as a variable of a script may be: of an output it means none, of all else it is refused.

It would be taken for the working directory.
"""

from __future__ import annotations

from collections.abc import Sequence

from quantgate.evals.errors import UsageError

_WRITTEN = {"--json", "--html", "--markdown", "--junit", "--csv", "--flips", "--plots", "--eval-results"}
"""Options that say where something is written, and may be left out."""

_PATHS = {
    *("--out", "--config", "--data-dir", "--ca-bundle", "--tokenizer", "--noise", "--policy", "--tau2-python"),
    *("--baseline-run",),
}


def without_empty_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments of a verb, but options with an empty path that say where something is written.

    Raises
    ------
    UsageError
        Where another path is empty.
    """
    kept: list[str] = []
    for place, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        before = kept[-1] if kept and not argument else ""
        if argument == "--":
            return [*kept, *arguments[place:]]
        if equals and not value and option in _WRITTEN:
            continue
        if equals and not value and option in _PATHS:
            raise UsageError(_refused(option))
        if before in _WRITTEN:
            kept.pop()
            continue
        if before in _PATHS:
            raise UsageError(_refused(before))
        if not argument and not before.startswith("-"):
            raise UsageError(f"argument {1 + place} is empty: give a path or a name")
        kept.append(argument)
    return kept


def _refused(option: str) -> str:
    return f"{option} is empty: give a path, or leave it out"
