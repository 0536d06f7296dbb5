"""GSM8K as lm-eval asks it: 1,319 grade-school problems, five worked examples, the number read from the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.contract.records import Sampling
from quantgate.evals.contract.task import TOLERANT, Fetched, TaskData, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.prebuilt import PrebuiltTask
    from quantgate.tasks.lm_eval.source import LmEvalSource
    from quantgate.tasks.lm_eval.task import LmEvalTask

NAME = "gsm8k"
DATASET = "openai/gsm8k"
REVISION = "cc7b047b6e5bb11b4f1af84efc572db110a51b3c"
"""Commit of `openai/gsm8k` on the Hugging Face hub."""

METRIC = "exact_match,flexible-extract"
"""Published cards of quantized models quote flexible-extract; strict-match is recorded beside it."""

BENCHMARK = Benchmark(DATASET, NAME, 1319)


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
    return tolerant_task(_source(given, metric, origin), limit)


def _source(given: Mapping[str, Path], metric: str | None, origin: Mapping[str, str] | None) -> LmEvalSource:
    from quantgate.tasks.lm_eval.source import LmEvalSource

    return LmEvalSource(
        name=NAME,
        lm_eval_name=NAME,
        revision=REVISION,
        files=local_files(given) if given else None,
        metric=metric or METRIC,
        stop=False,
        origin=origin,
        file="gsm8k/gsm8k.yaml",
    )


def local_files(given: Mapping[str, Path]) -> dict[str, Path]:
    """Both files of a local GSM8K: `train.jsonl` lies beside the test file unless it is given.

    Raises
    ------
    DataError
        When one of them is missing.
    """
    test, train = given.get("test"), given.get("train")
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


def _load(options: TaskOptions) -> LmEvalTask | PrebuiltTask:
    from quantgate.tasks.lm_eval.prebuilt import prebuilt_or

    return prebuilt_or(_source(options.data, options.metric, options.origin), options.limit, tolerant_task)


def tolerant_task(source: LmEvalSource, limit: int | None) -> LmEvalTask:
    """The task itself, which lm-eval is loaded for."""
    from quantgate.tasks.lm_eval.tolerant import TolerantTask

    return TolerantTask(source, limit)


def _fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    from quantgate.tasks.lm_eval.opening import exported

    if given:
        files = local_files(given)
        return Fetched(files, {f"file_{split}": file.name for split, file in files.items()})
    return exported(gsm8k(), folder)


INFO = TaskInfo(
    name=NAME,
    summary="GSM8K: 1,319 grade-school maths problems, 5-shot, lm-eval's prompts and scores",
    load=_load,
    data=TaskData(f"{DATASET} on the Hugging Face hub", ("test", "train"), _fetch),
    items=BENCHMARK.items,
    metrics=(METRIC, "exact_match,strict-match", TOLERANT),
    sampling=Sampling(temperature=0.0, max_tokens=2048),
    repeats=1,
    benchmark=BENCHMARK,
    published=(
        PublishedScore("llama-3.1-8b-instruct", 0.845, 0.06, "Meta's model card, 8-shot chain of thought"),
        PublishedScore("llama-3.1-70b-instruct", 0.951, 0.04, "Meta's model card, 8-shot chain of thought"),
        PublishedScore("glm-5.2", 0.965, 0.04, "the published MXFP4 card's FP8 baseline, 5-shot, greedy"),
    ),
    # 50 greedy runs of one model had a standard deviation of 0.37 points: 2 * 1319 * 0.0037^2 for a pair of answers.
    typical=Typical(accuracy=0.95, rerun_variance=0.036, measured="50 greedy runs of one model"),
)
