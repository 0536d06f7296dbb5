"""GSM8K as lm-eval asks it: 1,319 grade-school problems, five worked examples, the number read from the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from quantgate.evals.errors import DataError
from quantgate.tasks.lm_eval.task import LmEvalSource, LmEvalTask

REVISION = "cc7b047b6e5bb11b4f1af84efc572db110a51b3c"
"""Commit of `openai/gsm8k` on the Hugging Face hub."""

METRIC = "exact_match,flexible-extract"
"""Published cards of quantized models quote flexible-extract; strict-match is recorded beside it."""


def gsm8k(
    limit: int | None = None,
    test: Path | None = None,
    train: Path | None = None,
    metric: str | None = None,
    origin: Mapping[str, str] | None = None,
) -> LmEvalTask:
    """GSM8K from the hub, or from local files (JSON Lines, CSV, Parquet) in the published form (`question`, `answer`).

    The task's stop strings are not sent: on some engines they fire inside a thought. `lm-eval:gsm8k` sends them.

    Parameters
    ----------
    limit
        Only the first so many questions.
    test, train
        Local files of the questions and of the few-shot examples; `train.jsonl` beside `test` by default.
    metric
        The metric that becomes the score; the default is `METRIC`.
    origin
        What is known of where the files came from, for the record.

    Raises
    ------
    DataError
        When a file is missing or broken, or the hub cannot be reached.
    """
    given = {split: file for split, file in (("test", test), ("train", train)) if file is not None}
    source = LmEvalSource(
        name="gsm8k",
        lm_eval_name="gsm8k",
        revision=REVISION,
        files=local_files(given) if given else None,
        metric=metric or METRIC,
        stop=False,
        origin=origin,
    )
    return LmEvalTask(source, limit)


def local_files(given: Mapping[str, Path]) -> dict[str, Path]:
    """Both files of a local GSM8K: `train.jsonl` lies beside the test file unless it is given.

    Raises
    ------
    DataError
        When one of them is missing.
    """
    test, train = given.get("") or given.get("test"), given.get("train")
    if test is None:
        raise DataError("gsm8k.train is given without the test questions: add --data gsm8k=FILE")
    if test.is_dir():
        raise DataError(f"--data gsm8k={test} is a folder: name the file, such as {test / 'test.jsonl'}")
    if not test.exists():
        raise DataError(f"--data gsm8k={test}: there is no such file")
    train = train or test.with_name("train.jsonl")
    if not train.exists():
        raise DataError(
            f"gsm8k draws its worked examples from the training questions, and {train} does not exist: "
            "put train.jsonl beside the test file, or name it with --data gsm8k.train=FILE"
        )
    return {"test": test, "train": train}
