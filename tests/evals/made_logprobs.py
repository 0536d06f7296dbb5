"""Runs whose answers are log-probabilities of tokens, made in memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from quantgate.evals.contract.fidelity import ANSWERS, TOKEN_LOGPROBS
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.contract.token_logprobs import TokenLogprobs, write_token_logprobs
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import RunRecord
from tests.evals.made_runs import TASK

LIKELIHOOD = replace(
    TASK,
    name="likelihood",
    grader="token log-probabilities",
    metric="top1_accuracy",
    settings={ANSWERS: TOKEN_LOGPROBS, "weights": "items"},
)


def top(first: float, turned: bool = False) -> dict[int | str, float]:
    """A distribution with 7 as its likeliest token, or with 8 where it is turned round."""
    likely, second = (8, 7) if turned else (7, 8)
    return {likely: math.log(first), second: math.log((1 - first) * 0.8), 9: math.log((1 - first) * 0.1)}


def document(turned: Sequence[int] = (), first: float = 0.9, length: int = 100, tokens: int = 7) -> TokenLogprobs:
    """A document whose likeliest token is another at some positions."""
    places = tuple(range(1, length + 1))
    tops = tuple(top(first, at in turned) for at in places)
    return TokenLogprobs((tokens,) * length, tuple(each[7] for each in tops), tops, places)


def logprob_run(documents: Sequence[TokenLogprobs | None], label: str = "fp8", repeats: int = 1, **task: Any) -> Run:
    """A run of the task with one item per document (`None` for a fault); `task` changes its record."""
    record = replace(LIKELIHOOD, items=len(documents), repeats=repeats, **task)
    samples = [
        Sample(
            record.name,
            f"text {number:03}",
            repeat,
            f"hash {number}",
            Status.ERROR if told is None else Status.OK,
            None if told is None else 0.5,
            extracted=None if told is None else f"{len(told.tokens)} tokens",
            response=None if told is None else write_token_logprobs(told),
        )
        for repeat in range(repeats)
        for number, told in enumerate(documents)
    ]
    return Run(RunRecord(label, label, {}, (record,), {}, "then"), {sample.key: sample for sample in samples})
