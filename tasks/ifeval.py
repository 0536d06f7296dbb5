"""IFEval as lm-eval asks and grades it: 541 prompts with instructions that code can check.

J. Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023, https://arxiv.org/abs/2311.07911.
Model cards quote the prompt-level strict accuracy of lm-eval's task, zero-shot and greedy with 1,280 tokens (Red Hat;
NVIDIA's NeMo Evaluator runs the same task). Thoughts count against that budget: `--preset reasoning` has room for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.contract.records import Sampling
from quantgate.evals.contract.task import Fetched, Need, TaskData, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError

if TYPE_CHECKING:
    from quantgate.tasks.lm_eval.following import FollowingTask
    from quantgate.tasks.lm_eval.prebuilt import PrebuiltTask
    from quantgate.tasks.lm_eval.source import LmEvalSource
    from quantgate.tasks.lm_eval.task import LmEvalTask

NAME = "ifeval"
DATASET = "google/IFEval"
REVISION = "966cd89545d6b6acfd7638bc708b98261ca58e84"
"""Commit of `google/IFEval` on the Hugging Face hub."""

SPLIT = "train"
METRICS = (
    "prompt_level_strict_acc,none",
    "prompt_level_loose_acc,none",
    "inst_level_strict_share,none",
    "inst_level_loose_share,none",
)
"""lm-eval's own, and of each prompt the share of its instructions that were followed. lm-eval's `inst_level_*_acc` are
these shares weighted by how many instructions a prompt has."""

_FILE = "ifeval/ifeval.yaml"
_COUNT = 541


def ifeval(
    file: Path | None = None,
    limit: int | None = None,
    metric: str | None = None,
    origin: Mapping[str, str] | None = None,
) -> FollowingTask:
    """IFEval from the hub at the pinned commit, or from a local file (JSON Lines, Parquet) with the published fields.

    Raises
    ------
    DataError
        When the file is missing or broken, or the hub cannot be reached.
    """
    return _built(_source(file, metric, origin), limit)


def _source(file: Path | None, metric: str | None, origin: Mapping[str, str] | None) -> LmEvalSource:
    from quantgate.tasks.lm_eval.source import LmEvalSource

    if file is not None and not file.is_file():
        raise DataError(f"--data {NAME}={file}: {'is a folder' if file.is_dir() else 'there is no such file'}")
    return LmEvalSource(
        name=NAME,
        lm_eval_name=NAME,
        revision=REVISION,
        files=None if file is None else {SPLIT: file},
        metric=metric or METRICS[0],
        origin=origin,
        file=_FILE,
    )


def _built(source: LmEvalSource, limit: int | None) -> FollowingTask:
    from quantgate.tasks.lm_eval.following import FollowingTask

    return FollowingTask(source, limit)


def _load(options: TaskOptions) -> LmEvalTask | PrebuiltTask:
    from quantgate.tasks.lm_eval.prebuilt import prebuilt_or

    source = _source(options.data.get(SPLIT), options.metric, options.origin)
    return prebuilt_or(source, options.limit, _built)


def _needs() -> Sequence[Need]:
    from quantgate.tasks.lm_eval.index import find_entry
    from quantgate.tasks.lm_eval.needs import needs_of

    return needs_of(find_entry(NAME, _FILE))


def _fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
    from quantgate.tasks.lm_eval.opening import exported

    if given:
        return Fetched(dict(given), {f"file_{split}": file.name for split, file in given.items()})
    return exported(ifeval(), folder)


INFO = TaskInfo(
    name=NAME,
    summary="IFEval: 541 prompts with instructions that code can check, zero-shot, lm-eval's checkers",
    load=_load,
    data=TaskData(f"{DATASET} on the Hugging Face hub", (SPLIT,), _fetch),
    items=_COUNT,
    metrics=METRICS,
    sampling=Sampling(temperature=0.0, max_tokens=1280),
    repeats=1,
    typical=Typical(accuracy=0.85),
    needs=_needs,
)
