"""Why a task of two runs cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping

from quantgate.evals.pairing.common import with_common
from quantgate.evals.pairing.pairs import TaskPairs
from quantgate.evals.settings.policy import TaskPolicy


def obstacle(pairs: TaskPairs, policy: TaskPolicy) -> str:
    """What stands in the way: the runs were asked unlike, or too little was answered; empty where nothing does.

    Where both have something in common that could be decided on, that is said, too.
    """
    told = "; ".join(pairs.problems) or _unanswered(pairs, policy)
    if told:
        return f"{told}; {with_common(pairs.in_common)}" if pairs.in_common else told
    if pairs.table.empty:
        return "no item was asked"
    silent = [build for build, counts in pairs.validity.items() if not counts.ok]
    verb = "has" if len(silent) == 1 else "have"
    return f"the {' and the '.join(silent)} {verb} no complete answer at all" if silent else ""


def _unanswered(pairs: TaskPairs, policy: TaskPolicy) -> str:
    unscored = {
        build: counts.unscored
        for build, counts in pairs.validity.items()
        if counts.unscored > policy.max_missing * pairs.builds[build].planned
    }
    ungraded = {build: pairs.validity[build].ungraded for build in unscored}
    unasked = {build: count - ungraded[build] for build, count in unscored.items()}
    imported = {build: count for build, count in unasked.items() if pairs.builds[build].imported}
    unasked = {build: count for build, count in unasked.items() if build not in imported}
    said = [(unasked, "have no answer; run the same `quantgate run` again to ask them"),
            (imported, "have no answer that counts in the files that they are read from; evaluate those items again"),
            (ungraded, "are ungraded; `quantgate regrade RUN` grades them without asking again")]  # fmt: skip
    return "; ".join(f"{_counted(counts)} {advice}" for counts, advice in said if any(counts.values()))


def _counted(counts: Mapping[str, int]) -> str:
    return " and ".join(f"{count} of the {build}'s samples" for build, count in counts.items() if count)
