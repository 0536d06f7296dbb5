"""How much two runs of one model differ on tau2: measured, for whoever plans with it.

References
----------
The submissions to Sierra's leaderboard, `web/leaderboard/public/submissions` of sierra-research/tau2-bench, commit
`a2c0247`: those of type `standard` under version 1.0.1, four trials of each task, the user played by gpt-5.2. For one
task that is solved with probability p, pass^1 is the mean of p and pass^2 that of p squared over tasks, so that
pass^1 - pass^2 is the mean of p (1 - p), without bias; two runs flip twice as many tasks.

Issue 540 of that repository finds from the same files that two single runs of airline must differ by 5.5 to 10.7 points
(10 to 11 in the baselines of 2025) before that is more than repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from quantgate.evals.contract.task import Typical


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over `submissions` models: the `accuracy`, a fraction, and `within`, the mean of p (1 - p) over tasks."""

    accuracy: float
    within: float
    submissions: int


MEASURED: Mapping[str, Measured] = {
    "airline": Measured(0.820, 0.0625, 8),
    "retail": Measured(0.763, 0.1232, 8),
    "telecom": Measured(0.903, 0.0749, 8),
    "banking_knowledge": Measured(0.273, 0.0842, 27),
}


def typical(accuracy: float, domains: Sequence[str]) -> Typical:
    """What to plan with for some domains, which count alike."""
    measured = [MEASURED[domain] for domain in domains]
    models = max(one.submissions for one in measured)
    return Typical(
        accuracy=accuracy,
        rerun_variance=round(2 * fmean(one.within for one in measured), 4),
        measured=f"the median of {models} models on Sierra's leaderboard, pass^1 less pass^2 of four trials",
        plan_by_reruns=True,
    )
