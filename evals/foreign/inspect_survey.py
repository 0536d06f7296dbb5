"""What has to be known of an Inspect log as a whole before its samples can be read one by one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.foreign.inspect_samples import (
    Reading,
    number_of,
    question_of,
    says_nothing,
    scores_of,
    shows_prompt,
    status_of,
)
from quantgate.evals.runs.record import SameBy
from quantgate.evals.text import natural_key

_SAME = 1e-9
_METRICS = ("accuracy", "mean")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a log holds.

    `printed` is the figure that Inspect gives for the score that counts, `printed_as` its metric and reducer, and
    `mean` that of all scores in the log; `zeroed` counts answers that score 0 here and did not there; `guess` is what
    guessing among the choices scores.
    """

    reading: Reading
    samples: int
    zeroed: int
    printed: float | None
    printed_as: str
    mean: float | None
    guess: float

    @property
    def differs(self) -> bool:
        """Whether the figure that Inspect gives is another than the mean of its scores."""
        if self.printed is None or self.mean is None:
            return False
        return not math.isclose(self.printed, self.mean, rel_tol=0, abs_tol=_SAME)


@dataclass(slots=True)
class _Score:
    """One score over all samples of a log: its values by item, and what of them stands for no answer."""

    by_item: dict[str, list[float]] = field(default_factory=dict)
    zeroed: int = 0

    def mean(self) -> float | None:
        means = [math.fsum(values) / len(values) for values in self.by_item.values()]
        return math.fsum(means) / len(means) if means else None


def survey_of(header: Any, samples: Iterator[tuple[str, Any]]) -> Survey:
    """Go through the samples of a log once; those that cannot be read are passed over."""
    questions: dict[str, str] = {}
    scores: dict[str, _Score] = {}
    chances: list[float] = []
    count, whole = 0, True
    for _, sample in samples:
        if isinstance(sample, str):
            continue
        count += 1
        whole = whole and shows_prompt(sample)
        chances.append(1 / len(sample.choices) if sample.choices else 0.0)
        if not isinstance(sample.id, str):
            questions[str(sample.id)] = question_of(sample)
        _add(scores, sample)
    primary = _primary(header, scores)
    printed, printed_as = _printed(header, primary)
    found = scores.get(primary, _Score())
    is_choice = primary.partition("/")[0] == "choice" and all(chances)
    return Survey(
        reading=Reading(primary, SameBy.PROMPT if whole else SameBy.TEXT, _among(questions)),
        samples=count,
        zeroed=found.zeroed,
        printed=printed,
        printed_as=printed_as,
        mean=found.mean(),
        guess=math.fsum(chances) / len(chances) if chances and is_choice else 0.0,
    )


def _add(scores: dict[str, _Score], sample: Any) -> None:
    status, _ = status_of(sample)
    for name, value in scores_of(sample).items():
        kept = scores.setdefault(name, _Score())
        try:
            number = number_of(value)
        except ValueError:
            continue
        if number is not None:
            kept.by_item.setdefault(str(sample.id), []).append(number)
            kept.zeroed += number > 0 and says_nothing(sample, status)


def _among(questions: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Which of those that ask the same a sample is, by its id, and of how many, wherever there are several."""
    same: dict[str, list[str]] = {}
    for id, question in questions.items():
        same.setdefault(question, []).append(id)
    return {
        id: (place, len(ids))
        for ids in same.values()
        if len(ids) > 1
        for place, id in enumerate(sorted(ids, key=natural_key))
    }


def _primary(header: Any, scores: Mapping[str, object]) -> str:
    """The score that counts: what Inspect itself puts first, else the first that there is."""
    headline = getattr(header.results, "headline", None)
    if headline is not None:
        for name in (f"{headline.scorer}/{headline.score}", headline.scorer):
            if name in scores:
                return str(name)
    return next(iter(scores), "score")


def _printed(header: Any, primary: str) -> tuple[float | None, str]:
    """The figure that Inspect gives for a score, and its name."""
    scorer, _, part = primary.partition("/")
    for score in header.results.scores if header.results is not None else ():
        if score.scorer == scorer and score.name in (part or scorer, primary):
            metric = next((score.metrics[name] for name in _METRICS if name in score.metrics), None)
            if metric is not None:
                reducer = f", {score.reducer} of epochs" if score.reducer else ""
                return float(metric.value), f"{metric.name} of {primary}{reducer}"
    return None, ""
