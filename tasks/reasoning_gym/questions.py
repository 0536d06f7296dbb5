"""Questions made by a generator of reasoning-gym, each by its number and the seed alone, and their verifier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.text import excerpt

MOST_SEED = 4293
MOST_QUESTIONS = 1_000_000
"""Questions of one seed. reasoning-gym draws question k from seed + k, so that the seeds of two runs must lie apart,
and NumPy, which some of its generators draw with, takes none from 2^32 on."""

_SERIES = 1000
"""Questions of one data set: some generators make others where it is larger, so that its size is always the same."""

_IN_A_ROW = 1000
"""After so many repeated ones there are no more questions."""

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What verifiers raise for a text that is no answer of their form."""


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """One question with its number, its answer where there is a single one, and all that its verifier knows of it."""

    number: int
    text: str
    answer: str | None
    entry: Mapping[str, Any] = field(repr=False)


class Generator:
    """One generator of reasoning-gym.

    Question k of a seed is number k mod 1,000 of the data set `create_dataset(name, seed=seed * 1_000_000 + k - k %
    1000, size=1000, **config)`: it depends on seed, k and the configuration alone, and no two seeds share any.

    Parameters
    ----------
    name
        One that `checked_name` lets through.
    seed
        From 0 to `MOST_SEED`.
    config
        Fields of the generator's configuration.

    Raises
    ------
    UsageError
        For a configuration that the generator does not take.
    """

    def __init__(self, name: str, seed: int, config: Mapping[str, Any]) -> None:
        self.name = name
        self.seed = seed
        self.config = dict(config)
        self._series = lru_cache(maxsize=2)(self._made_series)
        _ = self._verifier

    def distinct(self, wanted: int) -> list[MadeQuestion]:
        """The first so many questions, without those whose text was there before; fewer where there are no more.

        One that the generator fails to make is left out, too: it fails everywhere.

        Raises
        ------
        DataError
            When it makes none at all.
        """
        found: dict[str, MadeQuestion] = {}
        in_a_row, failure = 0, ""
        for number in range(MOST_QUESTIONS):
            if len(found) == wanted or in_a_row == _IN_A_ROW:
                break
            try:
                made = self._made(number)
            except Exception as error:  # noqa: BLE001
                # A generator may fail in any way of its own, and does so on every machine.
                made, failure = None, f"{type(error).__name__}: {error}"
            in_a_row = in_a_row + 1 if made is None or made.text in found else 0
            if made is not None:
                found.setdefault(made.text, made)
        if not found:
            raise DataError(
                f"{self.name} of reasoning-gym makes no question with this configuration: {excerpt(failure)}"
            )
        return list(found.values())

    def verdict(self, answer: str | None, question: MadeQuestion) -> float:
        """What reasoning-gym's own verifier gives an answer, in [0, 1]; 0 where it cannot read it."""
        try:
            score = float(self._verifier.score_answer(answer=answer, entry=question.entry))
        except _UNREADABLE:
            return 0.0
        return min(max(score, 0.0), 1.0) if math.isfinite(score) else 0.0

    def _made(self, number: int) -> MadeQuestion:
        place = number % _SERIES
        entry = self._series(number - place)[place]
        answer = entry["answer"]
        return MadeQuestion(number, entry["question"], None if answer is None else str(answer), entry)

    @cached_property
    def _verifier(self) -> Any:
        return self._series(0)

    def _made_series(self, first: int) -> Any:
        import reasoning_gym

        seed = self.seed * MOST_QUESTIONS + first
        try:
            return reasoning_gym.create_dataset(self.name, seed=seed, size=_SERIES, **self.config)
        except (AssertionError, TypeError, ValueError) as error:
            said = excerpt(str(error)) or "it is not of the form that is expected"
            raise UsageError(f"config of {self.name}: {said}; its fields are {', '.join(self._fields())}") from None

    def _fields(self) -> Iterator[str]:
        from dataclasses import fields

        from reasoning_gym.factory import DATASETS

        return (each.name for each in fields(DATASETS[self.name][1]) if each.name not in ("seed", "size"))
