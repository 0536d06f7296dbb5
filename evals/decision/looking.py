"""Decides about pairs of run directories with the looks that they have had, and keeps the one that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from quantgate.evals.decision.look import Looks
from quantgate.evals.decision.looks import count_looks, is_new, sizes_of
from quantgate.evals.decision.types import Decided, TaskDecision
from quantgate.evals.errors import StorageError, UsageError
from quantgate.evals.pairing.pairs import Pairs
from quantgate.evals.runs.looks import LOOKS_FILE, Line, PastLooks, TakenLook, keep_look, past_looks, run_id
from quantgate.evals.runs.record import now
from quantgate.evals.settings.policy import Policy
from quantgate.evals.storage.opening import send_back

Decision = TypeVar("Decision")


@dataclass(frozen=True, slots=True)
class Looked:
    """A pair and the candidate's run directory, in which its looks are kept."""

    pairs: Pairs
    candidate: Path


def decide_with_looks(
    looked: Mapping[str, Looked],
    policy: Policy,
    decide: Callable[[Mapping[str, Looks]], Decision],
    decisions: Callable[[Decision], Mapping[str, Iterable[TaskDecision]]],
    declared: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Decision:
    """Decide as `decide` does, given the look at each pair, and keep those looks once they are taken.

    A task that could not be decided has not been looked at. Where another decision has kept a look meanwhile, it is
    decided again after that one. A look that cannot be kept is told, and decides all the same.

    Parameters
    ----------
    looked
        The pairs, by name.
    policy
        What is asked of each; of which tasks the suite is.
    decide
        From the looks, by the pairs' names, to the decision.
    decisions
        Of a decision, each pair's tasks.
    declared
        Which look the user says it is.
    tell
        Called with what is wrong with the file of looks, or with what is declared, in a sentence.

    Raises
    ------
    UsageError
        For a number that no look has.
    """
    if declared is not None and declared < 1:
        raise UsageError(f"--looks {declared}: looks are counted from 1, which declares a fresh start")
    if declared is not None and (planned := _planned(looked.values())):
        tell(f"--looks {declared} says nothing of {', '.join(planned)}: looks were planned before the first answer")
    while True:
        past = {name: past_looks(one.candidate) for name, one in looked.items()}
        decision = decide({name: _counted(one, past[name], policy, declared) for name, one in looked.items()})
        tasks = decisions(decision)
        if all([_kept(one, tasks[name], past[name], declared, tell) for name, one in looked.items()]):
            for problem in dict.fromkeys(found.problem for found in past.values() if found.problem):
                tell(problem)
            return decision


def _planned(looked: Iterable[Looked]) -> list[str]:
    """The tasks that have looks of their own."""
    sizes = [sizes_of(one.pairs) for one in looked]
    return list(dict.fromkeys(name for held in sizes for name, size in held.items() if size.planned))


def _counted(one: Looked, past: PastLooks, policy: Policy, declared: int | None) -> Looks:
    suite = () if policy.suite is None else tuple(policy.suite.shares)
    return count_looks(_of_pair(one.pairs, past), sizes_of(one.pairs), suite, declared)


def _kept(
    one: Looked,
    tasks: Iterable[TaskDecision],
    past: PastLooks,
    declared: int | None,
    tell: Callable[[str], None],
) -> bool:
    """Keep the look where it is a new one; whether none has come between, for then it is another than was decided."""
    sizes = sizes_of(one.pairs)
    seen = {task.task: sizes[task.task] for task in tasks if isinstance(task, Decided)}
    look = TakenLook(now(), *_ids(one.pairs), seen, declared)
    if not seen or not is_new(look, _of_pair(one.pairs, past)):
        return True
    try:
        return keep_look(one.candidate, look, past) and send_back(one.candidate, LOOKS_FILE)
    except (OSError, StorageError) as error:
        why = getattr(error, "strerror", None) or error
        tell(
            f"{one.candidate / LOOKS_FILE} cannot be written ({why}): this look is not kept, so "
            "count it yourself with --looks when the pair has grown"
        )
        return True


def _ids(pairs: Pairs) -> tuple[str, str]:
    return run_id(pairs.baseline), run_id(pairs.candidate)


def _of_pair(pairs: Pairs, past: PastLooks) -> list[Line]:
    """The looks at this pair, and what nobody can read, which may have been such."""
    return [line for line in past.lines if line is None or (line.baseline, line.candidate) == _ids(pairs)]
