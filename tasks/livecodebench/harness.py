"""Runs an answer's program as LiveCodeBench's `testing_util.py` runs it, inside the sandbox, where it stands alone.

What that runner does to a program is part of what is measured, however odd: statements at the top become the body of a
function, so that `global` finds no variable of theirs; standard input is a stand-in whose `buffer.readline` always
gives the first line and which cannot be iterated over; nothing is heard of what is written past `sys.stdout`.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, cast

_FROM = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json", "builtins", "typing",
)  # fmt: skip
"""Modules whose names a program finds without importing them, a later one's in place of an earlier one's."""

_PRELUDE = "".join(
    [f"from {name} import *\n" for name in _FROM]
    + [f"import {name}\n" for name in _FROM if name not in ("builtins", "typing")]
    + ["sys.setrecursionlimit(50000)\n"]
)
_MISSING = ("ipdb", "joblib", "resource", "psutil", "tkinter")
_NO_CALLS = (
    "kill", "system", "putenv", "remove", "removedirs", "rmdir", "fchdir", "setuid", "fork", "forkpty", "killpg",
    "rename", "renames", "truncate", "replace", "unlink", "fchmod", "fchown", "chmod", "chown", "chroot", "lchown",
    "getcwd", "chdir",
)  # fmt: skip
"""Functions of `os` that are `None` to a program."""

_DIGITS = 50000


def printed(code: str, given: str) -> str:
    """What a program writes to `sys.stdout` when `given` is its standard input; it raises what the program raises."""
    _take_away()
    text = _as_function(code)
    names = _executed(text)
    if "class Solution" in text:
        raise AttributeError("a class Solution at the top of the module is looked for, and it is inside the function")
    heard = _Output()
    lines = iter(given.split("\n"))
    early: Any = sys.stdin  # `from sys import stdin` has bound it, before there was anything to read
    early.read = lambda *_: given
    early.readline = lambda *_: next(lines)
    early.readlines = lambda *_: given.split("\n")
    sys.stdin, sys.stdout = cast(Any, _Input(given)), heard
    with contextlib.suppress(SystemExit):
        names["wrapped_function"]()
    return heard.getvalue()


def method_of(code: str, name: str) -> Callable[..., Any]:
    """The method `name` of a program's `Solution`, or its function of that name where it has no such class."""
    _take_away()
    names = _executed(f"{_PRELUDE}\n\n{code}")
    found: Callable[..., Any] = getattr(names["Solution"](), name) if "class Solution" in code else names[name]
    return found


class _Input:
    def __init__(self, given: str) -> None:
        self._given = given
        self._reading = io.StringIO(given)
        self.buffer = _Bytes(given.encode())

    def read(self, *_: object) -> str:
        return self._given

    def readline(self, *size: int) -> str:
        return self._reading.readline(*size)

    def readlines(self, *_: object) -> list[str]:
        return self._given.split("\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reading, name)


class _Bytes:
    def __init__(self, given: bytes) -> None:
        self._given = given

    def read(self, *_: object) -> bytes:
        return self._given

    def readline(self, *_: object) -> bytes:
        return self._given.split(b"\n")[0] + b"\n"


class _Output(io.StringIO):
    def close(self) -> None:
        """Fail, as there; what was written is still to be read."""
        raise TypeError("standard output cannot be closed")


def _as_function(code: str) -> str:
    """The program with its imports at the top and all else in a function, without the guard of a script at its end.

    Raises
    ------
    SyntaxError
        When it is no program; other errors when Python cannot write it out again, which is no program there, either.
    """
    body = ast.parse(code).body
    last = body[-1] if body else None
    if isinstance(last, ast.If) and ast.unparse(last.test) == "__name__ == '__main__'":
        body = ast.parse(f"{_unparsed(body[:-1])}\n{_unparsed(last.body)}").body
    imports = [each for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    rest = [each for each in body if not isinstance(each, ast.Import | ast.ImportFrom)]
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.FunctionDef("wrapped_function", nothing, rest, [], lineno=-1)
    return f"{_PRELUDE}\n{_unparsed(imports)}\n{ast.unparse(function)}"


def _unparsed(statements: Sequence[ast.stmt]) -> str:
    return ast.unparse(ast.Module(list(statements), []))


def _executed(text: str) -> dict[str, Any]:
    module = ModuleType("tmp_sol", "")
    exec(compile(text, "<string>", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def _take_away() -> None:
    import builtins
    import os

    for name in _MISSING:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in _NO_CALLS:
        setattr(os, name, None)
    vars(builtins).update(quit=None, exit=sys.exit)
    cast(io.TextIOWrapper, sys.__stdin__).close()
    empty, end = os.pipe()
    os.close(end)
    sys.stdin = os.fdopen(empty)
    sys.set_int_max_str_digits(_DIGITS)


for _name in _FROM:
    __import__(_name)  # once, for all processes that are made of this one
