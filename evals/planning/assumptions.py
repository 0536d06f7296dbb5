"""What a plan rests on: guesses, and what is assumed where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from quantgate.evals.contract.fidelity import TOP1
from quantgate.evals.contract.task import TaskInfo, Typical
from quantgate.evals.errors import UsageError
from quantgate.evals.pairing.greedy import is_greedy
from quantgate.evals.planning.options import check_guess, sizes
from quantgate.evals.planning.types import Assumptions, Guess

# The variance of items' true change in solve rate that is assumed: a standard deviation of five points.
BETWEEN = 0.0025
_NINETEEN_OF_TWENTY = 1.96


def assume(task: str | None, items: int | None, guess: Guess, known: TaskInfo | None = None) -> Assumptions:
    """What a plan without a pilot rests on; what was not given is derived or assumed, and named in the notes.

    `known` is what the task declares, where it is an installed one.

    Half of the most flips that an accuracy allows, 2 min(a, 1 - a), are assumed; and that of the flips all but
    `BETWEEN` is noise of re-runs, at most the 2 a (1 - a) of builds that answer each item with that probability. Where
    the noise of re-runs was measured and is what items flip by, flips are that and `BETWEEN`.

    Raises
    ------
    UsageError
        Naming the option.
    """
    check_guess(guess)
    strata = sizes(task, items, known)
    typical = known.typical if known is not None else None
    notes: list[str] = []
    accuracy, psi = guess.accuracy, guess.discordance
    if psi is None:
        if accuracy is None:
            accuracy = typical.accuracy if typical is not None else 0.9
            notes.append(f"assumed: an accuracy of {accuracy:g}; give --accuracy")
        psi = min(accuracy, 1 - accuracy)
        if typical is not None and typical.plan_by_reruns and typical.rerun_variance is not None:
            psi, flips = _by_reruns(typical, accuracy, strata)
        else:
            flips = f"assumed: {psi:.2%} of the items flip, half of the most that this accuracy allows"
        notes.append(f"{flips}; give --discordance, or two run directories of a pilot")
        if psi < (guess.within_variance or 0.0):
            psi = guess.within_variance or 0.0
            notes[-1] = f"assumed: {psi:.2%} of the items flip, all of it noise of re-runs (--within-variance)"
    within_guess = guess.within_variance
    if within_guess is None and typical is not None and typical.rerun_variance is not None:
        within_guess = min(typical.rerun_variance, psi, 1 - psi)
        notes.append(
            f"assumed for repeats: {within_guess / psi if psi else 0:.0%} of the flips are noise of re-runs, as was "
            f"measured on {task} ({typical.measured}); a server that always answers alike gains nothing by them; "
            "give --within-variance"
        )
    between, within, said = flip_parts(psi, accuracy, within_guess)
    return Assumptions(
        task=task or "the task",
        items=sum(strata),
        strata=strata,
        discordance=psi,
        between=between,
        within=within,
        tokens=guess.tokens,
        notes=(*notes, *said, *strata_note(strata)),
        one_answer=guess.within_variance is None and _greedy(known),
        accuracy=accuracy if accuracy is not None or typical is None else typical.accuracy,
        fresh=items is None and known is not None and known.fresh is not None,
    )


def _by_reruns(typical: Typical, accuracy: float, strata: Sequence[int]) -> tuple[float, str]:
    """(flips, a sentence on them) of a task whose conversations flip by themselves."""
    assert typical.rerun_variance is not None
    reruns = min(typical.rerun_variance, 2 * min(accuracy, 1 - accuracy))
    chance = _NINETEEN_OF_TWENTY * math.sqrt(reruns * sum(1 / size for size in strata)) / len(strata)
    return min(reruns + BETWEEN, 1.0), (
        f"measured: {reruns:.2%} of the items flip between two runs of one model ({typical.measured}), so that single "
        f"runs of {sum(strata)} items differ by up to {100 * chance:.1f} points by chance, 19 times in 20; "
        f"{reruns + BETWEEN:.2%} are planned with"
    )


def planned_by_flips(known: TaskInfo | None) -> TaskInfo | None:
    """The same, where flips decide it; raises UsageError with what does where they do not (`not_planned`)."""
    if known is not None and TOP1 in known.metrics:
        raise not_planned(known.name)
    return known


def not_planned(task: str) -> UsageError:
    """Why a task is not planned whose answers are log-probabilities: its bounds are of other measures."""
    return UsageError(
        f"{task} is decided by agreement and divergence, not by flips: at a margin of {{top1: 0.01}} it takes 299 "
        "documents that agree in all, at {kl: 0.05} about 90; of two runs `quantgate gate` says how many settle it"
    )


def _greedy(known: TaskInfo | None) -> bool:
    """Whether the task declares greedy decoding; whoever samples it says what re-runs vary by."""
    return known is not None and known.sampling is not None and is_greedy(asdict(known.sampling))


def flip_parts(psi: float, accuracy: float | None, within: float | None) -> tuple[float, float, tuple[str, ...]]:
    """(between, within, notes): the flips, split into true change and re-run noise.

    Half the flips or more are true change where they are so many that noise, at most a coin's, leaves no other way:
    between + 2 * within is at most 1.
    """
    if within is not None:
        if within <= psi and psi + within > 1 + 1e-9:
            raise UsageError(
                f"--within-variance {within:g}: where {psi:g} of the items flip, the noise of re-runs explains "
                f"{1 - psi:.4g} at most; write that or less"
            )
        if within > psi + 1e-9:
            raise UsageError(
                f"--within-variance {within:g}: the noise of re-runs is a part of the flips ({psi:g}); write that or "
                "less, or a larger --discordance"
            )
        return max(psi - within, 0.0), within, ()
    between = max(min(psi, BETWEEN), 2 * psi - 1)
    if accuracy is not None:
        between = max(between, psi - 2 * accuracy * (1 - accuracy))
    return (
        between,
        psi - between,
        (
            f"assumed for repeats: {1 - between / psi if psi else 0:.0%} of the flips are noise of re-runs, as when "
            "sampling at temperature 1; with greedy decoding repeats help far less; give --within-variance",
        ),
    )


def strata_note(strata: Sequence[int]) -> tuple[str, ...]:
    """A sentence on how a macro average is planned; none for one pool."""
    if len(strata) == 1:
        return ()
    parts = " + ".join(str(size) for size in strata)
    return (f"macro average over {parts} items: its power is that of the bound over strata, which decides there",)
