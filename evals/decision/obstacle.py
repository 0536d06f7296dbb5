"""Why a task of two runs cannot be compared."""

from __future__ import annotations

from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.settings.policy import TaskPolicy


def obstacle(pairs: TaskPairs, policy: TaskPolicy) -> str:
    """What stands in the way: the runs were asked unlike, or too little was answered; empty where nothing does."""
    if pairs.problems:
        return "; ".join(pairs.problems)
    if pairs.frame.empty:
        return "no item was asked"
    unscored = {
        build: counts.unscored
        for build, counts in pairs.validity.items()
        if counts.unscored > policy.max_missing * len(pairs.frame)
    }
    if unscored:
        counted = " and ".join(f"{count} of the {build}'s samples" for build, count in unscored.items())
        return f"{counted} have no answer; run the same `quantgate run` again to ask them"
    silent = [build for build, counts in pairs.validity.items() if not counts.ok]
    verb = "has" if len(silent) == 1 else "have"
    return f"the {' and the '.join(silent)} {verb} no complete answer at all" if silent else ""
