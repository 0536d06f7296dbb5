"""What the graders of lm-eval's tasks import and read besides lm-eval itself, found in their source without running it.

Their imports stand at the top of a module, behind `try`, or in the function that needs them: a package that is missing
would be met with the first answer. NLTK's data are downloaded by some when they are imported, which fails in silence.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from quantgate.evals.contract.task import Need
from quantgate.evals.errors import UsageError
from quantgate.tasks.lm_eval.index import Entry, reached, tasks_folder
from quantgate.tasks.lm_eval.outside import refused

_FUNCTION = re.compile(r"!function\s+([\w.]+)\.(\w+)")
_INCLUDE = re.compile(r"^include:\s*(\S+)\s*$", re.MULTILINE)
_NOT_FOR_TASKS = frozenset({"dev", "tasks", "api", "hf", "vllm", "all", "testing"})
_NAMES = {
    "sklearn": "scikit-learn",
    "antlr4": "antlr4-python3-runtime",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "absl": "absl-py",
    "pkg_resources": "setuptools<81",
}
"""Modules whose distribution is called otherwise, besides `_` for `-`."""

_IMPLIED = {"sympy.parsing.latex": "antlr4"}
"""What a module imports only when it is used."""

_TOKENISING = frozenset({"word_tokenize", "sent_tokenize"})
_PUNKT = "punkt_tab"
_EVALUATE, _LOAD = "evaluate", "load"
"""The package that loads code; it is shut out, and so not needed."""

_KINDS = ("tokenizers", "corpora", "taggers", "chunkers", "stemmers", "misc", "sentiment", "models")


@dataclass(slots=True)
class _Found:
    modules: set[str] = field(default_factory=set)
    nltk_data: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)


def check_code(name: str, entry: Entry) -> None:
    """Raise UsageError, naming `name`, when its graders run what a model writes, or code from outside of packages."""
    for member in reached(entry):
        if member.config.get("unsafe_code"):
            raise UsageError(f"{name}: {member.name} executes what the model writes; quantgate does not")
        if calls := _found([member]).outside:
            raise UsageError(f"{name}: {member.name} grades by {refused(min(calls))}")


def needs_of(entry: Entry) -> tuple[Need, ...]:
    """What the tasks need that a name stands for, in the order of their names."""
    found = _found(reached(entry))
    return (*_packages(found.modules), *(nltk_data(name) for name in sorted(found.nltk_data)))


def _found(entries: Iterable[Entry]) -> _Found:
    found = _Found()
    read: set[tuple[Path, str | None]] = set()
    for known in entries:
        for file in _with_included(known.file):
            for module, function in _FUNCTION.findall(_text(file)):
                _read_module(file.parent / f"{module.replace('.', '/')}.py", function, found, read)
    return found


def _with_included(file: Path | None) -> Iterator[Path]:
    while file is not None and file.exists():
        yield file
        included = _INCLUDE.search(_text(file))
        file = (file.parent / included.group(1).strip("'\"")) if included else None


@lru_cache(maxsize=4096)
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _read_module(file: Path, function: str | None, found: _Found, read: set[tuple[Path, str | None]]) -> None:
    """Note what a module needs to be imported, and what one of its functions needs to run."""
    if (file, function) in read or not file.exists():
        return
    read.add((file, function))
    try:
        tree = ast.parse(_text(file))
    except (SyntaxError, ValueError, RecursionError):
        return
    defined = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    }
    todo: list[ast.AST] = [node for node in tree.body if node not in defined.values()]
    loaders = set(_loaders(tree))
    if function is not None and function in defined:
        todo.append(defined.pop(function))
    while todo:
        top = todo.pop()
        for node in _run(top):
            if isinstance(node, ast.Import | ast.ImportFrom):
                _note_import(node, file, found, read)
            elif isinstance(node, ast.Call):
                _note_call(node, found)
                if ast.unparse(node.func) in loaders:
                    found.outside.add(ast.unparse(node))
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            if name is not None and name in _TOKENISING:
                found.nltk_data.add(_PUNKT)
            if isinstance(node, ast.Name) and node.id in defined:
                todo.append(defined.pop(node.id))


def _run(top: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement that are there when it runs; not what is tried and can be done without."""
    stack = [top]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            stack += node.orelse
        elif isinstance(node, ast.Try) and _can_do_without(node):
            stack += [*node.orelse, *node.finalbody]
        else:
            stack += ast.iter_child_nodes(node)


def _can_do_without(node: ast.Try) -> bool:
    """Whether a failed import is caught and neither raised again nor complained of."""
    imports = any(isinstance(statement, ast.Import | ast.ImportFrom) for statement in node.body)
    handled = [ast.dump(statement) for handler in node.handlers for statement in handler.body]
    return imports and not any("Raise(" in each or "install" in each for each in handled)


def _note_import(
    node: ast.Import | ast.ImportFrom, file: Path, found: _Found, read: set[tuple[Path, str | None]]
) -> None:
    if isinstance(node, ast.Import):
        targets: list[tuple[str, str | None]] = [(alias.name, None) for alias in node.names]
    elif node.level:
        folder = file.parents[node.level - 1]
        path = folder.joinpath(*(node.module or "").split("."))
        for alias in node.names:
            _read_module(path.with_suffix(".py") if node.module else path / f"{alias.name}.py", alias.name, found, read)
        return
    else:
        targets = [(str(node.module), alias.name) for alias in node.names]
    for module, name in targets:
        if module.startswith("lm_eval.tasks"):
            path = tasks_folder().joinpath(*module.split(".")[2:])
            _read_module(path.with_suffix(".py"), name, found, read)
            if name is not None:
                _read_module(path / f"{name}.py", None, found, read)
        elif (local := file.parent / f"{module}.py").exists():
            _read_module(local, name, found, read)
        else:
            found.modules.add(module)


def _note_call(node: ast.Call, found: _Found) -> None:
    """NLTK's data as `nltk.download("punkt_tab")` and `nltk.data.find("tokenizers/punkt_tab")` name them."""
    called = ast.unparse(node.func)
    if called in ("nltk.download", "nltk.data.find") and node.args and isinstance(node.args[0], ast.Constant):
        found.nltk_data.add(str(node.args[0].value).rpartition("/")[2])


def _loaders(tree: ast.Module) -> Iterator[str]:
    """By which names a module calls what `evaluate` loads code with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"{alias.asname or alias.name}.{_LOAD}" for alias in node.names if alias.name == _EVALUATE)
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == _EVALUATE:
            yield from (alias.asname or alias.name for alias in node.names)


def _packages(modules: set[str]) -> Iterator[Need]:
    implied = {_IMPLIED[module] for module in modules if module in _IMPLIED}
    tops = {module.partition(".")[0] for module in modules | implied} - set(sys.stdlib_module_names)
    extras = _extras()
    for top in sorted(tops - {"lm_eval", "__future__", "quantgate", _EVALUATE}):
        distribution = canonicalize_name(re.split(r"[<>=]", _NAMES.get(top, top))[0])
        pinned = [(extra, wanted) for extra, listed in extras.items() for wanted in listed if wanted[0] == distribution]
        extra, requirement = min(pinned, key=lambda each: len(extras[each[0]]), default=(None, None))
        there = _is_there(top, None if requirement is None else requirement[1])
        package = f'"lm-eval[{extra}]"' if extra is not None else _quoted(_NAMES.get(top, distribution))
        name = distribution if requirement is None else str(requirement[1]).partition(";")[0].strip()
        yield Need(name, f"pip install {package}", there)


def _quoted(requirement: str) -> str:
    return f'"{requirement}"' if re.search(r"[<>=\[]", requirement) else requirement


def _is_there(module: str, wanted: Requirement | None) -> bool:
    try:
        if find_spec(module) is None:
            return False
    except (ImportError, ValueError):
        return False
    if wanted is None or not wanted.specifier:
        return True
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return bool(packages_distributions().get(module))


@lru_cache(maxsize=1)
def _extras() -> dict[str, list[tuple[str, Requirement]]]:
    """lm-eval's extras that are for tasks: distribution and requirement of each."""
    extras: dict[str, list[tuple[str, Requirement]]] = {}
    for line in requires("lm-eval") or ():
        requirement = Requirement(line)
        named = re.search(r"""extra == ['"]([\w-]+)['"]""", line)
        if named is not None and named.group(1) not in _NOT_FOR_TASKS:
            extras.setdefault(named.group(1), []).append((canonicalize_name(requirement.name), requirement))
    return extras


def nltk_data(name: str) -> Need:
    """A set of NLTK's data by its name, as `punkt_tab`."""
    return Need(f"NLTK's data {name}", f"python -m nltk.downloader {name}", _has_nltk_data(name))


def _has_nltk_data(name: str) -> bool:
    """Whether NLTK would find them: importing it to ask takes numpy and pandas with it."""
    if find_spec("nltk") is None:
        return False
    there = (
        folder / kind / f"{name}{suffix}" for folder in nltk_folders() for kind in _KINDS for suffix in ("", ".zip")
    )
    return any(os.access(path, os.R_OK) for path in there)


def nltk_folders() -> list[Path]:
    """Where NLTK looks for its data, as its page "Installing NLTK Data" says."""
    own = [Path(folder).expanduser() for folder in os.environ.get("NLTK_DATA", "").split(os.pathsep) if folder]
    home = [Path.home() / "nltk_data"] if os.path.expanduser("~") != "~" else []
    environment = [Path(sys.prefix, *under, "nltk_data") for under in ((), ("share",), ("lib",))]
    shared = [
        Path("/", *under, "nltk_data")
        for under in (("usr", "share"), ("usr", "local", "share"), ("usr", "lib"), ("usr", "local", "lib"))
    ]
    return [*own, *home, *environment, *shared]
