"""What the task `tool_calls` declares of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from quantgate.evals.contract.call_metrics import CallMetric
from quantgate.evals.contract.options import TaskOption, whole_number
from quantgate.evals.contract.task import Fetched, TaskData, TaskInfo, TaskOptions
from quantgate.tasks.tool_calls.generated import COUNT, VERSION, generated
from quantgate.tasks.tool_calls.recorded import line_of_case, read_requests
from quantgate.tasks.tool_calls.task import METRICS, NAME, SAMPLING, ToolCalls

_FORM_SHARE = 0.1
_REQUESTS, _REFERENCES = "requests", "references"
_MOST_SEED = 1 << 31


def _share(value: object) -> float:
    """A share. Raises ValueError for anything else."""
    try:
        share = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError("must be a share from 0 to 1")
    return share


def _load(options: TaskOptions) -> ToolCalls:
    metric = CallMetric(options.metric or METRICS[0])
    share = float(options.own.get("form_share", 1.0 if metric is CallMetric.STREAM_EQUAL else _FORM_SHARE))
    if (file := options.data.get(_REQUESTS)) is None:
        seed = int(options.own.get("set_seed", 0))
        made = {"source": "generated", "set": VERSION, "set_seed": str(seed)}
        return ToolCalls(generated(seed)[: options.limit], metric, share, True, made)
    told = read_requests(file, options.data.get(_REFERENCES))
    notes = []
    if told.without_tools:
        notes.append(f"{told.without_tools:,} lines of {file.name} offer no tools and are left out")
    if told.not_sent:
        fields = ", ".join(told.not_sent[:8])
        notes.append(f"of the recorded requests {fields} are not sent: the run's own sampling holds for all")
    known = {"file_requests": file.name, **options.origin}
    return ToolCalls(told.cases[: options.limit], metric, share, False, known, tuple(notes))


def _fetch(files: Mapping[str, Path], folder: Path) -> Fetched:
    """The files that were given, else the generated set written out."""
    if files:
        return Fetched(files, {"source": "given"})
    file = folder / "requests.jsonl"
    file.write_text("".join(map(line_of_case, generated())), encoding="utf-8")
    return Fetched({_REQUESTS: file}, {"source": "generated", "set": VERSION, "set_seed": "0"})


INFO = TaskInfo(
    name=NAME,
    summary=f"tool calls: {COUNT} made requests with 1 to 128 tools, or recorded ones; valid by the tools' schemas",
    load=_load,
    data=TaskData("quantgate's own generated requests", (_REQUESTS, _REFERENCES), _fetch),
    items=None,
    metrics=METRICS,
    sampling=SAMPLING,
    repeats=1,
    options=(
        TaskOption(
            "form_share",
            "The share of requests that are asked streamed and not, to be compared; default 0.1, 0 for none.",
            _share,
        ),
        TaskOption("set_seed", "The seed of the generated requests; default 0.", whole_number(0, _MOST_SEED)),
    ),
    needs_tools=True,
)
