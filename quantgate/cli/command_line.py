"""The command line that is running, written so that it can be run again."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any

import typer


def command_line(context: typer.Context, leave_out: Collection[str] = ()) -> str:
    """The verb with its arguments and the options that were given, but those named in `leave_out` (output files)."""
    words = ["quantgate", context.info_name or ""]
    for parameter in context.command.params:
        if parameter.name not in leave_out:
            words += _words(context, parameter)
    return shlex.join(words)


def _words(context: typer.Context, parameter: Any) -> Iterator[str]:
    source = context.get_parameter_source(parameter.name)
    if source is None or source.name != "COMMANDLINE":
        return
    value = context.params[parameter.name]
    is_option = parameter.param_type_name == "option"
    for each in value if isinstance(value, list | tuple) else [value]:
        if is_option:
            yield parameter.opts[0]
        if not (is_option and parameter.is_flag):
            yield str(each)
