"""What a gate asks for: margins and error rate, fixed before the data are seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evals.errors import UsageError

DEFAULT_MARGIN = 0.02
SMALLEST_MARGIN = 0.0001


@dataclass(frozen=True, slots=True)
class Policy:
    """Margins are differences of scores in [0.0001, 1): 0.02 is two points. `alpha` is one-sided, for each bound."""

    margin: float = DEFAULT_MARGIN
    task_margins: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.05

    def margin_of(self, task: str) -> float:
        return self.task_margins.get(task, self.margin)

    def check_tasks(self, names: Sequence[str]) -> None:
        """Raise UsageError when a margin is given for a task that the runs do not hold."""
        unknown = sorted(set(self.task_margins) - set(names))
        if unknown:
            raise UsageError(
                f"--margin {unknown[0]}=...: the runs hold no such task; they hold {', '.join(names) or 'none'}"
            )

    def as_dict(self) -> dict[str, object]:
        return {"margin": self.margin, "task_margins": dict(self.task_margins), "alpha": self.alpha}


def parse_policy(margins: Sequence[str], alpha: float) -> Policy:
    """A policy from `--margin 0.02` and `--margin gsm8k=0.01` options and `--alpha`.

    Raises
    ------
    UsageError
        For a margin outside (0, 1), an alpha outside [0.001, 0.5), a margin given twice.
    """
    if not 0.001 <= alpha < 0.5:
        raise UsageError(f"--alpha {alpha:g}: the one-sided error rate must lie between 0.001 and 0.5; 0.05 is usual")
    default: float | None = None
    by_task: dict[str, float] = {}
    for text in margins:
        task, named, value = text.rpartition("=")
        margin = _margin(value, text)
        if named and not task:
            raise UsageError(f"--margin {text}: write a margin, or TASK=MARGIN")
        if (named and task in by_task) or (not named and default is not None):
            raise UsageError(f"--margin {text}: {task or 'the margin for all tasks'} is given twice")
        if named:
            by_task[task] = margin
        else:
            default = margin
    return Policy(DEFAULT_MARGIN if default is None else default, by_task, alpha)


def _margin(value: str, given: str) -> float:
    try:
        margin = float(value)
    except ValueError:
        hint = ""
        if value.endswith("%"):
            try:
                hint = f": for {value} write {float(value[:-1]) / 100:g}"
            except ValueError:
                hint = ""
        raise UsageError(f"--margin {given}: a margin is a fraction such as 0.02 (two points){hint}") from None
    if 0 < margin < SMALLEST_MARGIN:
        raise UsageError(f"--margin {given}: under a hundredth of a point no benchmark has the items; 0.01 is strict")
    if not (math.isfinite(margin) and 0 < margin < 1):
        hint = f"; for {margin:g} points write {margin / 100:g}" if 1 <= margin < 100 else ""
        raise UsageError(f"--margin {given}: a margin lies between 0 and 1, 0.02 is two points{hint}")
    return margin
