"""The program in an answer: the longest stretch of lines that is Python, and of it what the asked function needs.

That is what EvalPlus makes of an answer before it runs it. Whatever stands at the top of a program besides imports,
functions, classes and assignments is left out: calls that try the function, and `if __name__ == "__main__"`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

_MOST_LINES = 2000
"""Of one stretch; what is longer is no answer to a problem of ten lines, and would take minutes to search."""


def program_of(text: str, entry: str) -> str:
    """The program that an answer holds for the function `entry`; the empty text where it holds none."""
    code = longest_python(text)
    tree = _parsed(code)
    kept = _needed(tree, code, entry) if tree is not None else ""
    return kept or code


def longest_python(text: str) -> str:
    """The stretch of whole lines that parses as Python and has the most that are not blank; the first of equals.

    Fences are no Python, so a stretch lies between two of them.
    """
    best, most = "", 0
    for stretch in _between_fences(text.split("\n")):
        lines = stretch[:_MOST_LINES]
        for start in range(len(lines)):
            if sum(1 for line in lines[start:] if line.strip()) <= most:
                break
            end = _longest_from(lines, start, most)
            if end is not None:
                best = "\n".join(lines[start:end])
                most = sum(1 for line in lines[start:end] if line.strip())
    return best


def _between_fences(lines: list[str]) -> Iterator[list[str]]:
    stretch: list[str] = []
    for line in lines:
        if line.lstrip().startswith("```"):
            yield stretch
            stretch = []
        else:
            stretch.append(line)
    yield stretch


def _longest_from(lines: list[str], start: int, more_than: int) -> int | None:
    """Where the longest program ends that begins at a line and has more lines than so many that are not blank."""
    end = len(lines)
    while end > start and sum(1 for line in lines[start:end] if line.strip()) > more_than:
        try:
            _parse("\n".join(lines[start:end]))
        except SyntaxError as error:
            # What has an error in a line has it however much follows.
            end = min(end - 1, start + (error.lineno or 1) - 1)
        except (ValueError, RecursionError, MemoryError):
            end -= 1
        else:
            return end
    return None


def _parse(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def _parsed(code: str) -> ast.Module | None:
    try:
        return _parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _needed(tree: ast.Module, code: str, entry: str) -> str:
    """Imports, and the first definition of every name that the function reaches, in the order: imports, the rest."""
    imports: list[ast.stmt] = []
    defined: dict[str | None, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            returns = isinstance(node, ast.ClassDef) or any(isinstance(each, ast.Return) for each in ast.walk(node))
            if returns and not node.decorator_list:
                defined.setdefault(node.name, node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            defined.setdefault(_assigned(node), node)
    reached = _reached(entry, {name: _names(node) for name, node in defined.items()})
    kept = [*imports, *(node for name, node in defined.items() if name in reached)]
    return "\n".join(ast.get_source_segment(code, node) or "" for node in kept).strip()


def _assigned(node: ast.Assign | ast.AnnAssign) -> str | None:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Name):
        return target.id
    return node.value.id if isinstance(node.value, ast.Name) else None


def _reached(entry: str, names: dict[str | None, set[str]]) -> set[str]:
    reached, waiting = {entry}, [entry]
    while waiting:
        for name in names.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached


def _names(node: ast.AST) -> set[str]:
    """Every identifier in a piece of code, whatever it stands for."""
    found: set[str] = set()
    for each in ast.walk(node):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(name := getattr(each, field, None), str):
                found.add(name)
        if isinstance(each, ast.Global | ast.Nonlocal):
            found.update(each.names)
    return found
