"""What the task `needles` declares of itself."""

from __future__ import annotations

from quantgate.evals.contract.options import TaskOption, names, whole_number
from quantgate.evals.contract.task import TaskInfo, TaskOptions
from quantgate.evals.errors import UsageError
from quantgate.tasks.needles.grading import MATCH
from quantgate.tasks.needles.measure import lengths
from quantgate.tasks.needles.sources import KINDS
from quantgate.tasks.needles.task import LENGTHS, METRICS, NAME, PER_CELL, SAMPLING, Needles, askable, stratum

_MOST_PER_CELL = 10_000
_MOST_SEED = 1 << 31
_STRATA = {stratum(length, kind): PER_CELL for length, kind in askable(LENGTHS, KINDS)}


def _kinds(value: object) -> tuple[str, ...]:
    """Some of the kinds, in their own order. Raises ValueError for others."""
    chosen = names(value)
    if unknown := [name for name in chosen if name not in KINDS]:
        raise ValueError(f"must be some of {', '.join(KINDS)}, not {unknown[0][:40]!r}")
    return tuple(kind for kind in KINDS if kind in chosen)


def _load(options: TaskOptions) -> Needles:
    own = options.own
    try:
        return Needles(
            own.get("lengths", LENGTHS),
            own.get("kinds", KINDS),
            own.get("per_cell", PER_CELL),
            own.get("text_seed", 0),
            options.limit,
            options.metric or MATCH,
        )
    except ValueError as error:
        raise UsageError(f"{NAME}: {error}") from None


INFO = TaskInfo(
    name=NAME,
    summary="facts hidden in generated texts of 4k to 128k tokens: needles, variables, frequent words, past turns",
    load=_load,
    data=None,
    items=sum(_STRATA.values()),
    metrics=METRICS,
    sampling=SAMPLING,
    repeats=1,
    strata=_STRATA,
    options=(
        TaskOption("lengths", "Lengths of contexts in tokens, 512 to 1024k; default 4k,8k,16k,32k,64k,128k.", lengths),
        TaskOption("kinds", f"Some of {', '.join(KINDS)}; default all.", _kinds),
        TaskOption(
            "per_cell", f"Questions of each kind at each length; default {PER_CELL}.", whole_number(1, _MOST_PER_CELL)
        ),
        TaskOption("text_seed", "What the texts are drawn from; default 0.", whole_number(0, _MOST_SEED)),
    ),
)
