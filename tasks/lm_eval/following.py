"""lm-eval's IFEval: its checkers by instruction, each answer without its thoughts, and the same verdict every time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from quantgate.evals.contract.records import Grade, Item
from quantgate.evals.contract.thoughts import split_thoughts
from quantgate.evals.errors import DataError
from quantgate.tasks.lm_eval.source import LmEvalSource
from quantgate.tasks.lm_eval.task import LmEvalTask

_SHARES = {
    "inst_level_strict_acc": "inst_level_strict_share",
    "inst_level_loose_acc": "inst_level_loose_share",
}
"""By lm-eval's metric, a list of verdicts that it pools over all prompts, the share of one prompt that is kept."""

SHARES = tuple(f"{share},none" for share in _SHARES.values())

_SEED = 0


class FollowingTask(LmEvalTask):
    """A task of IFEval's form: each prompt has instructions that code can check.

    Raises
    ------
    DataError
        When a document names an instruction that lm-eval has no checker for, or has not the arguments of each.
    """

    def __init__(self, source: LmEvalSource, limit: int | None = None) -> None:
        super().__init__(source, limit)
        from lm_eval.tasks.ifeval.instructions_registry import INSTRUCTION_DICT

        with _same_draws():
            for number, document in enumerate(self._task.eval_docs):
                _check(f"{source.name}: document {number}", document, INSTRUCTION_DICT)

    @property
    def metrics(self) -> list[str]:
        return [*super().metrics, *SHARES]

    def reference(self, item: Item, repeat: int) -> str:
        """The instructions, with their arguments, that are to be followed."""
        document = self._document(item)
        told = []
        for name, arguments in zip(document["instruction_id_list"], document["kwargs"], strict=True):
            given = ", ".join(f"{key}={value!r}" for key, value in arguments.items() if value)
            told.append(f"{name} ({given})" if given else name)
        return "; ".join(told)

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """As lm-eval grades what stands after the thoughts; `extracted` says how many instructions were followed."""
        grade = super().grade(item, repeat, response)
        if grade.extracted is None:
            return grade
        of = len(self._document(item)["instruction_id_list"])
        share = grade.metrics[SHARES["loose" in self.metric]]
        return replace(grade, extracted=f"{round(share * of)} of {of} instructions")

    def _graded(self, item: Item, responses: Sequence[object]) -> tuple[dict[str, float], dict[str, object]]:
        with _same_draws():
            return super()._graded(item, [split_thoughts(str(response))[1] for response in responses])

    def _numbers_of(self, results: Mapping[str, Any]) -> Mapping[str, Any]:
        shares = {share: sum(results[metric]) / len(results[metric]) for metric, share in _SHARES.items()}
        return {**results, **shares}


def _check(where: str, document: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    prompt, names, arguments = (document.get(field) for field in ("prompt", "instruction_id_list", "kwargs"))
    if not isinstance(prompt, str) or not prompt.strip():
        raise DataError(f"{where} has no prompt")
    if not names or not isinstance(names, list) or not isinstance(arguments, list):
        raise DataError(f"{where} has no instruction_id_list, or no kwargs, as google/IFEval is published with")
    if strange := [name for name in names if name not in known]:
        raise DataError(f"{where} has the instruction {strange[0]!r:.60}, which lm-eval has no checker for")
    if len(arguments) != len(names):
        raise DataError(f"{where} has {len(names)} instructions and kwargs of {len(arguments)}")
    for name, given in zip(names, arguments, strict=True):
        try:
            known[name](name).build_description(**{key: value for key, value in given.items() if value})
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise DataError(f"{where} has kwargs that {name} cannot take: {error!s:.80}") from None


@contextmanager
def _same_draws() -> Iterator[None]:
    """One text, one verdict: langdetect guesses from random samples of a text, and checkers draw what is not given."""
    from langdetect import DetectorFactory

    DetectorFactory.seed = _SEED
    state = random.getstate()
    random.seed(_SEED)
    try:
        yield
    finally:
        random.setstate(state)
