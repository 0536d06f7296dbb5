"""IFBench's own checkers, run out of the wheel as they are, without what they fetch, and with draws that are fixed.

Imported as a package they run spaCy's downloader for a model that nothing uses, and call NLTK's, which asks the network
each time, with every answer. Both are stand-ins here: what NLTK's data are needed for is in `needs`, looked for before
anything is asked. Where an instruction lacks an argument a checker draws one at random, another one each time.
"""

from __future__ import annotations

import builtins
import csv
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType, SimpleNamespace
from typing import Any

from packaging.requirements import Requirement

from quantgate.evals.contract.task import Need
from quantgate.evals.errors import DataError
from quantgate.tasks.data.wheel import WheelFiles
from quantgate.tasks.ifbench.prompts import Instructed

MODULES = ("instructions_util", "instructions", "instructions_registry", "evaluation_lib")
"""What is run of the wheel's package `ifbench`, each after those that it imports."""

NLTK_DATA = ("punkt_tab", "stopwords", "averaged_perceptron_tagger_eng")
"""By 15 of the 294 prompts words are told from punctuation, by 12 stop words are counted, by 6 a verb is looked for."""

_EXTRA = 'pip install "quantgate[ifbench]"'
_PACKAGES = tuple(map(Requirement, ("nltk>=3.9.1,<4", "syllapy>=0.8,<0.9", "emoji>=2.10,<3")))
"""As the extra `ifbench` declares them."""

_FAILINGS = (ArithmeticError, IndexError, KeyError, ValueError, csv.Error)
"""What a checker may fail with for what stands in a text; all else has its cause elsewhere, and is no verdict."""

_SEED = 0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Which instructions of a prompt were followed, in their order; `broken` names checkers that failed, and how.

    Loosely an instruction is followed if it is in any of eight texts: the answer, without its first line, without its
    last, without both, and these without asterisks.
    """

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]
    broken: tuple[str, ...] = ()


class Checker:
    """The authors' evaluation of one answer. The same answer gets the same verdicts each time, in each process.

    Raises
    ------
    DataError
        When a package that the checkers import is not installed.
    """

    def __init__(self, package: WheelFiles) -> None:
        self._draws = random.Random()
        self._broken: list[str] = []
        modules = _load(package, self._draws)
        self._evaluation = modules["evaluation_lib"]
        self._known: dict[str, type[Any]] = modules["instructions_registry"].INSTRUCTION_DICT
        self._data_read = False
        self._known.update({name: _guarded(name, kind, self._broken) for name, kind in self._known.items()})

    def check(self, prompt: Instructed) -> None:
        """Raise DataError when an instruction is not known, or its arguments are not those that its checker has."""
        for instruction in prompt.instructions:
            kind = self._known.get(instruction.name)
            if kind is None:
                raise DataError(f"{prompt.where}: there is no checker for its instruction {instruction.name!r:.60}")
            try:
                kind(instruction.name).build_description(**instruction.arguments)
            except Exception as error:  # noqa: BLE001
                raise DataError(
                    f"{prompt.where}: the checker of {instruction.name} does not take its kwargs: {error!s:.80}"
                ) from None

    def read_data(self) -> None:
        """Use each set of NLTK's data once. Raises DataError when one is not there, or cannot be read."""
        if self._data_read:
            return
        import nltk

        try:
            nltk.corpus.stopwords.words("english")
            nltk.pos_tag(nltk.word_tokenize("It turns."))
        except (LookupError, OSError, ValueError) as error:
            why = (str(error).strip("\n *").splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"IFBench's checkers need NLTK's data, which cannot be read ({why:.80}): "
                f"python -m nltk.downloader {' '.join(NLTK_DATA)}"
            ) from None
        self._data_read = True

    def verdicts(self, prompt: Instructed, answer: str) -> Verdicts:
        """Judge an answer, as it is without thoughts.

        A checker that fails on a text, such as one without a word in it, has not found its instruction followed there:
        the authors' evaluation ends at such an answer, and has no score.

        Raises
        ------
        DataError
            As `read_data`.
        """
        self.read_data()
        self._draws.seed(_SEED)
        self._broken.clear()
        asked = self._evaluation.InputExample(
            key=prompt.item_id,
            instruction_id_list=[instruction.name for instruction in prompt.instructions],
            prompt=prompt.text,
            kwargs=[dict(instruction.arguments) for instruction in prompt.instructions],
        )
        said = {prompt.text: answer}
        strict = self._evaluation.test_instruction_following_strict(asked, said)
        loose = self._evaluation.test_instruction_following_loose(asked, said)
        return Verdicts(
            tuple(strict.follow_instruction_list),
            tuple(loose.follow_instruction_list),
            tuple(dict.fromkeys(self._broken)),
        )


def grader() -> str:
    """What a run records besides the wheel: `nltk 3.10, syllapy 0.8, emoji 2.16`, whose releases count otherwise."""
    return ", ".join(f"{each.name} {'.'.join(_installed(each).split('.')[:2])}" for each in _PACKAGES)


def needs() -> tuple[Need, ...]:
    """The packages that the checkers import, and NLTK's data."""
    from quantgate.tasks.lm_eval.needs import nltk_data

    packages = [
        Need(each.name, _EXTRA, each.specifier.contains(_installed(each), prereleases=True)) for each in _PACKAGES
    ]
    return (*packages, *map(nltk_data, NLTK_DATA))


def _installed(package: Requirement) -> str:
    try:
        return version(package.name)
    except PackageNotFoundError:
        return "0"


def _guarded(name: str, kind: type[Any], broken: list[str]) -> type[Any]:
    """A checker that notes what it fails with, and then has found nothing."""

    def check_following(self: Any, value: str) -> bool:
        try:
            return bool(kind.check_following(self, value))
        except _FAILINGS as error:
            broken.append(f"{name}: {type(error).__name__}")
            return False

    return type(kind.__name__, (kind,), {"check_following": check_following})


def _load(package: WheelFiles, draws: random.Random) -> Mapping[str, ModuleType]:
    """Run the modules; nobody else sees them, nor do they see more than they need of what is around."""
    loaded = {name: ModuleType(f"ifbench.{name}") for name in MODULES}
    instead = {
        "random": draws,
        "nltk": _without_downloads(),
        "spacy.cli": SimpleNamespace(download=_fetches_nothing),
        **{f"ifbench.{name}": SimpleNamespace(**{name: module}) for name, module in loaded.items()},
    }
    own = {**vars(builtins), "__import__": _importing(instead)}
    for name, module in loaded.items():
        file = f"ifbench/{name}.py"
        module.__dict__["__builtins__"] = own
        try:
            exec(compile(package.read(file), file, "exec", dont_inherit=True), module.__dict__)
        except ImportError as error:
            raise DataError(f"IFBench's checkers need {error.name}, which is not installed: {_EXTRA}") from None
    return loaded


def _importing(instead: Mapping[str, object]) -> Callable[..., Any]:
    """An `__import__` that knows some modules as others."""

    def imported(
        name: str, globals_: Any = None, locals_: Any = None, names: Sequence[str] = (), level: int = 0
    ) -> Any:
        return instead[name] if name in instead else builtins.__import__(name, globals_, locals_, names, level)

    return imported


def _without_downloads() -> ModuleType:
    try:
        import nltk
    except ImportError:
        raise DataError(f"IFBench's checkers need nltk, which is not installed: {_EXTRA}") from None

    module = ModuleType("nltk")
    module.__dict__.update(__getattr__=lambda name: getattr(nltk, name), download=_fetches_nothing)
    return module


def _fetches_nothing(*_: object, **__: object) -> bool:
    return True
