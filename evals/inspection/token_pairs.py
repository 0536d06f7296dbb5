"""How far two runs agree on a task of log-probabilities, for whoever looks at what changed."""

from __future__ import annotations

from quantgate.evals.fidelity.figures import Fidelity
from quantgate.evals.fidelity.summary import summarise, without_tokens
from quantgate.evals.inspection.opened import OpenedRun
from quantgate.evals.pairing.pairing import Run, pair_runs

_ALPHA = 0.05


def fidelity_between(left: OpenedRun, right: OpenedRun, task: str, *, private: bool) -> Fidelity | str:
    """The figures of a task of both runs, or why they cannot be held against each other.

    Of a `private` text no token is told.
    """
    pairs = pair_runs(Run.load(left.folder), Run.load(right.folder))
    found = next(each for each in pairs.tasks if each.task == task)
    if found.fidelity is None:
        return "; ".join(found.problems) or "no document has answers of both"
    told = summarise(found.fidelity, _ALPHA)
    return without_tokens(told) if private else told
