"""Writes the command reference of the documents from the command line itself, each time they are built."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.models import ArgumentInfo, OptionInfo

from quantgate.cli.verbs import VERBS, registered

PAGE = "reference.md"
_WORDS = {Path: "PATH", str: "TEXT", int: "INTEGER", float: "NUMBER"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to those that are built; MkDocs calls this."""
    files.append(File.generated(config, PAGE, content=reference()))
    return files


def reference() -> str:
    """Every verb with its arguments and options, as Markdown."""
    lines = ["# Commands", "", "Made from the command line itself, as `quantgate VERB --help` is.", ""]
    for name, callback in verbs():
        rows = list(_rows(callback))
        arguments = [called if required else f"[{called}]" for called, _, required in rows if called[0] != "-"]
        lines += [f"## {name}", "", "```text", " ".join(["quantgate", name, *arguments, "[OPTIONS]"]), "```", ""]
        lines += [_plain(inspect.getdoc(callback) or ""), ""]
        if rows:
            lines += ["| argument or option | value | default | meaning |", "| --- | --- | --- | --- |"]
            lines += [f"| `{called}` | {cells}" for called, cells, _ in rows]
            lines.append("")
    return "\n".join(lines)


def verbs() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command with the words that call it, groups walked into."""
    for verb in VERBS:
        yield from _commands(registered(verb))


def _commands(group: typer.Typer, before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{before}{command.name or command.callback.__name__.replace('_', '-')}", command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from _commands(inner.typer_instance, f"{before}{inner.name or inner.typer_instance.info.name} ")


def _rows(callback: Callable[..., Any]) -> Iterator[tuple[str, str, bool]]:
    """What each parameter is called, its cells, and whether it must be given."""
    hints = typing.get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, *told = typing.get_args(hints[name]) if typing.get_origin(hints[name]) is typing.Annotated else [None]
        info = next((each for each in told if isinstance(each, OptionInfo | ArgumentInfo)), None)
        if info is None or info.hidden:
            continue
        required = parameter.default is inspect.Parameter.empty
        called = _called(name, info)
        default = "required" if required else _default(parameter.default)
        yield called, f"{_value(kind, info)} | {default} | {_cell(info.help or '')} |", required


def _called(name: str, info: OptionInfo | ArgumentInfo) -> str:
    if isinstance(info, ArgumentInfo):
        return info.metavar or name.upper()
    return next(iter(info.param_decls or ()), f"--{name.replace('_', '-')}")


def _value(kind: Any, info: OptionInfo | ArgumentInfo) -> str:
    """What may be given, in a word; of `list[X]` and `X | None` it is X."""
    while args := [each for each in typing.get_args(kind) if each is not types.NoneType]:
        kind = args[0]
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    word = info.metavar if isinstance(info, OptionInfo) and info.metavar else _WORDS[kind]
    return f"`{word}`"


def _default(value: object) -> str:
    if value is None or value is False or value == "":
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _cell(text: str) -> str:
    return _plain(" ".join(text.split())).replace("|", "\\|")


def _plain(text: str) -> str:
    r"""The text without the backslash that keeps rich from reading `\[demo]` as markup."""
    return text.replace(r"\[", "[")
