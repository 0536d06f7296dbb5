"""BFCL's own AST checker, run out of its wheel: five modules and nothing that they import besides.

The checker imports `bfcl_eval.constants.model_config`, and with it all handlers of models and the forty packages that
those need, for one flag: whether dots in function names become underscores. A stand-in says so of one model.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

from quantgate.tasks.data.wheel import WheelFiles

_CONSTANTS, _AST = "bfcl_eval.constants", "bfcl_eval.eval_checker.ast_eval"
_CHECKER = f"{_AST}.ast_checker"
MODULES = (
    f"{_CONSTANTS}.enums",
    f"{_CONSTANTS}.type_mappings",
    f"{_AST}.type_convertor.java_type_converter",
    f"{_AST}.type_convertor.js_type_converter",
    _CHECKER,
)
"""What is run of the wheel, each after those that it imports."""

_MODEL = "model"
_LANGUAGES = {"simple_java": "JAVA", "simple_javascript": "JAVASCRIPT"}
_LOADING = threading.Lock()

Decoded = Sequence[Mapping[str, Mapping[str, Any]]]


class Checker:
    """Holds calls against the possible answers, as the leaderboard does."""

    def __init__(self, package: WheelFiles) -> None:
        modules = _load(package)
        self._check: Callable[..., dict[str, Any]] = modules[_CHECKER].ast_checker
        self._languages = modules[f"{_CONSTANTS}.enums"].Language

    def error_of(
        self, category: str, functions: Sequence[Mapping[str, Any]], calls: Decoded, possible: Decoded
    ) -> str | None:
        """The checker's class of what is wrong with calls, as `value_error:string`; `None` when they are right.

        Calls that it breaks on, as on a list of texts where it looks for objects, are `checker_error` with the
        exception's name: BFCL's own evaluation ends there.
        """
        language = self._languages[_LANGUAGES.get(category, "PYTHON")]
        try:
            checked = self._check(functions, calls, possible, language, category, _MODEL)
        except Exception as error:  # noqa: BLE001
            return f"checker_error:{type(error).__name__}"
        return None if checked["valid"] else str(checked["error_type"])


def _load(package: WheelFiles) -> dict[str, ModuleType]:
    """Run the modules under their own names, which nobody sees: an installed `bfcl_eval` is neither used nor hidden."""
    config = ModuleType(f"{_CONSTANTS}.model_config")
    config.MODEL_CONFIG_MAPPING = {_MODEL: SimpleNamespace(underscore_to_dot=True)}  # type: ignore[attr-defined]
    with _LOADING, _in_sys_modules({config.__name__: config}) as seen:
        for name in MODULES:
            file = f"{name.replace('.', '/')}.py"
            module = ModuleType(name)
            exec(compile(package.read(file), file, "exec"), module.__dict__)
            seen[name] = module
        return {name: seen[name] for name in MODULES}


@contextmanager
def _in_sys_modules(modules: Mapping[str, ModuleType]) -> Iterator[dict[str, ModuleType]]:
    """`sys.modules` with these; afterwards everything named `bfcl_eval` is what it was before."""
    before = {name: module for name, module in sys.modules.items() if _is_bfcls(name)}
    sys.modules.update(modules)
    try:
        yield sys.modules
    finally:
        for name in [name for name in sys.modules if _is_bfcls(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _is_bfcls(name: str) -> bool:
    return name.partition(".")[0] == "bfcl_eval"
