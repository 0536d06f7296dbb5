"""GSM8K-Platinum as lm-eval asks it: GSM8K's test questions without those whose label is wrong or open to doubt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.contract.published import Benchmark
from quantgate.evals.contract.records import Sampling
from quantgate.evals.contract.task import TOLERANT, Fetched, TaskData, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.tasks.gsm8k import METRIC, tolerant_task

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.prebuilt import PrebuiltTask
    from quantgate.tasks.lm_eval.source import LmEvalSource
    from quantgate.tasks.lm_eval.task import LmEvalTask

NAME = "gsm8k_platinum"
DATASET = "madrylab/gsm8k-platinum"

BENCHMARK = Benchmark(DATASET, NAME, 1209)


def gsm8k_platinum(
    test: Path | None = None, metric: str | None = None, origin: Mapping[str, str] | None = None
) -> LmEvalTask:
    """GSM8K-Platinum from the hub, the newest commit, or from a local file in GSM8K's form.

    The worked examples are drawn from the same questions, as lm-eval's task has it; its stop strings are not sent.

    Raises
    ------
    DataError
        When the file is missing or broken, or the hub cannot be reached.

    References
    ----------
    Vendrow, Vendrow, Beery, Madry: Do Large Language Model Benchmarks Test Reliability? arXiv 2502.03461, 2025.
    """
    return tolerant_task(_source(test, metric, origin), None)


def _source(test: Path | None, metric: str | None, origin: Mapping[str, str] | None) -> LmEvalSource:
    from quantgate.tasks.lm_eval.source import LmEvalSource

    if test is not None and not test.is_file():
        raise DataError(f"--data {NAME}={test}: {'is a folder' if test.is_dir() else 'there is no such file'}")
    return LmEvalSource(
        name=NAME,
        lm_eval_name=NAME,
        files=None if test is None else {"test": test},
        metric=metric or METRIC,
        stop=False,
        origin=origin,
        file="gsm8k_platinum/gsm8k-platinum.yaml",
    )


def _load(options: TaskOptions) -> LmEvalTask | PrebuiltTask:
    from quantgate.tasks.lm_eval.prebuilt import prebuilt_or

    source = _source(options.data.get("test"), options.metric, options.origin)
    return prebuilt_or(source, options.limit, tolerant_task)


def _fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    from quantgate.tasks.lm_eval.opening import exported

    if given:
        return Fetched(dict(given), {f"file_{split}": file.name for split, file in given.items()})
    return exported(gsm8k_platinum(), folder)


INFO = TaskInfo(
    name=NAME,
    summary="GSM8K-Platinum: GSM8K's 1,209 sound questions, 5-shot, lm-eval's prompts and scores",
    load=_load,
    data=TaskData(f"{DATASET} on the Hugging Face hub", ("test",), _fetch),
    items=BENCHMARK.items,
    metrics=(METRIC, "exact_match,strict-match", TOLERANT),
    sampling=Sampling(temperature=0.0, max_tokens=2048),
    repeats=1,
    benchmark=BENCHMARK,
    typical=Typical(accuracy=0.95, rerun_variance=0.036, measured="50 greedy runs of one model on gsm8k"),
)
