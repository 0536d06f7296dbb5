"""What a margin costs before anything is spent: assumptions -> items, repeats, requests, tokens, hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quantgate.evals.errors import UsageError
from quantgate.evals.planning.population import on_these, population_of, relative
from quantgate.evals.planning.reach import smallest_margin
from quantgate.evals.planning.types import MOST_ITEMS, Aim, Assumptions, LossPower, MarginRow, Plan, Split
from quantgate.evals.stats.planning.items import items_for_power
from quantgate.evals.stats.planning.macro import macro_items, macro_repeats
from quantgate.evals.stats.planning.power import exact_power
from quantgate.evals.stats.planning.simulation import (
    PlannedRepeats,
    SimulatedPower,
    simulated_power,
    simulated_repeats,
    solve_rates,
)
from quantgate.evals.stats.planning.splits import fewest_repeats, power_of_split
from quantgate.evals.stats.planning.strata import macro_power
from quantgate.evals.stats.ratio.planning import RecoveryPlanning

_LOSSES = (0.0, 0.005, 0.01)
"""True losses at which every plan says its power."""
_TIMES = 4
"""So many times as often as both builds would be asked a proposed baseline is."""


def make_plan(assumed: Assumptions, aim: Aim) -> Plan:
    """Plan one task at every margin, in ascending order, and at every recovery.

    A recovery is a margin of so much of the baseline's accuracy, and it is the bound of candidate - recovery x baseline
    that decides.

    Raises
    ------
    UsageError
        For a recovery of a baseline whose accuracy nobody has said, or which has nothing right, or less than it is to
        lose.
    """
    rows = [_row(assumed, aim, margin) for margin in sorted(set(aim.margins))]
    for recovery in sorted(set(aim.recoveries), reverse=True):
        accuracy = assumed.accuracy
        if not accuracy:
            raise UsageError(
                f"--recovery {recovery:g}: how much may be lost depends on the baseline's accuracy, which must be "
                "above 0: give --accuracy"
            )
        if aim.true_loss > accuracy:
            raise UsageError(
                f"--true-loss {aim.true_loss:g}: a baseline with an accuracy of {accuracy:.4g} has no more to lose; "
                "write that or less"
            )
        rows.append(_row(relative(assumed, recovery, accuracy), aim, (1 - recovery) * accuracy, recovery))
    return Plan(assumed, aim, tuple(rows), smallest_margin(assumed, aim, rows))


def _row(assumed: Assumptions, aim: Aim, margin: float, recovery: float | None = None) -> MarginRow:
    if on_these(assumed, aim) or aim.baseline_repeats is not None:
        of_repeats = _row_of_repeats(assumed, aim, margin, _others(aim, margin))
        return _priced(replace(of_repeats, recovery=recovery), assumed, aim)
    row = MarginRow(
        margin=margin,
        items_needed=None,
        power_now=_power_once(assumed, assumed.strata, aim, margin, aim.true_loss, recovery),
        ask=None,
        repeats=None,
        requests=None,
        tokens=None,
        hours=None,
        recovery=recovery,
    )
    if aim.true_loss >= margin:
        return row
    sizes, power = _needed_once(assumed, aim, margin, recovery)
    row = replace(row, items_needed=sum(sizes) or None)
    if sizes and all(size <= most for size, most in zip(sizes, assumed.strata, strict=True)):
        row = _with_power(replace(row, ask=sum(sizes), repeats=1), power)
        losses = tuple(
            LossPower(loss, _power_once(assumed, sizes, aim, margin, loss, recovery)) for loss in _others(aim, margin)
        )
        return _priced(replace(row, at_losses=losses), assumed, aim)
    # At least two answers: that one is too few is known.
    found = _repeats(assumed, aim, margin)
    if found is None:
        return row
    row = _with_power(replace(row, ask=assumed.items, repeats=found.repeats), found.power)
    losses = tuple(
        LossPower(loss, _power_repeated(assumed, found.repeats, aim, margin, loss)) for loss in _others(aim, margin)
    )
    row = replace(row, at_losses=losses, split=_proposed_split(assumed, aim, margin, found.repeats))
    return _priced(row, assumed, aim)


def _row_of_repeats(assumed: Assumptions, aim: Aim, margin: float, losses: Sequence[float]) -> MarginRow:
    """All items, and the fewest repeats that do: of the candidate where the baseline's are settled, else of both.

    `losses` are true ones, of which the power is said besides.
    """
    population, room = population_of(assumed, aim), margin - aim.true_loss
    row = MarginRow(margin, None, 0.0, None, None, None, None, None)
    if room <= 0:
        return row
    once = (aim.baseline_repeats or 1, 1)
    row = replace(row, power_now=power_of_split(population, once, room, alpha=aim.alpha).power)
    found = fewest_repeats(
        population, room, baseline=aim.baseline_repeats, alpha=aim.alpha, power=aim.task_power, largest=aim.repeats
    )
    if found is None:
        return row
    asked = (aim.baseline_repeats or found.repeats, found.repeats)
    return replace(
        row,
        ask=assumed.items,
        repeats=found.repeats,
        power=found.power.power,
        power_error=found.power.standard_error,
        simulations=found.power.runs,
        at_losses=tuple(
            LossPower(loss, power_of_split(population, asked, margin - loss, alpha=aim.alpha, seed=2).power)
            for loss in losses
        ),
        baseline_repeats=aim.baseline_repeats,
    )


def _proposed_split(assumed: Assumptions, aim: Aim, margin: float, repeats: int) -> Split | None:
    """What takes fewer answers of a candidate than `repeats` of either build; `None` where nothing does.

    A baseline is paid once for all candidates.
    """
    baseline = min(_TIMES * repeats, aim.repeats)
    if repeats < 2 or baseline <= repeats:
        return None
    found = fewest_repeats(
        population_of(assumed, aim),
        margin - aim.true_loss,
        baseline=baseline,
        alpha=aim.alpha,
        power=aim.task_power,
        largest=repeats - 1,
    )
    return None if found is None else Split(baseline, found.repeats, found.power.power, found.power.standard_error)


def _others(aim: Aim, margin: float) -> list[float]:
    """The losses, below the margin, of which the power is said besides that which was aimed at."""
    return [loss for loss in _LOSSES if loss < margin and loss != aim.true_loss]


def _needed_once(
    assumed: Assumptions, aim: Aim, margin: float, recovery: float | None
) -> tuple[tuple[int, ...], float | SimulatedPower]:
    """Items of each stratum that are enough at one answer each, with their power; none where no benchmark has them."""
    loss = aim.true_loss
    if len(assumed.strata) == 1:
        psi = max(assumed.discordance, loss)
        search = items_for_power if (own := _of_recovery(assumed, recovery)) is None else own.items_for
        needed = search(margin, psi, -loss, aim.alpha, aim.task_power, MOST_ITEMS)
        if needed is None:
            return (), 0.0
        return (needed,), _power_once(assumed, (needed,), aim, margin, loss, recovery)
    found = macro_items(
        assumed.strata,
        margin - loss,
        [part.discordance for part in assumed.each],
        weights=[part.weight for part in assumed.each],
        alpha=aim.alpha,
        power=aim.task_power,
        largest=max(MOST_ITEMS, assumed.items),
    )
    if found is None:
        return (), 0.0
    return found.sizes, found.power or _power_once(assumed, found.sizes, aim, margin, loss, recovery)


def _power_once(
    assumed: Assumptions, sizes: tuple[int, ...], aim: Aim, margin: float, loss: float, recovery: float | None
) -> float:
    """By the exact test of one pool; of a macro average by a formula, which simulation bears out to two points."""
    if len(sizes) == 1:
        psi = max(assumed.discordance, loss)
        power_of = exact_power if (own := _of_recovery(assumed, recovery)) is None else own.power_of
        return power_of(sizes[0], margin, psi, -loss, aim.alpha)
    variances = [max(part.discordance, loss) - loss**2 for part in assumed.each]
    weights = [part.weight for part in assumed.each]
    return macro_power(sizes, variances, margin, difference=-loss, alpha=aim.alpha, weights=weights)


def _of_recovery(assumed: Assumptions, recovery: float | None) -> RecoveryPlanning | None:
    """The planning of the exact test of a recovery, where one is planned."""
    if recovery is None or assumed.accuracy is None:
        return None
    return RecoveryPlanning(recovery, assumed.accuracy)


def _repeats(assumed: Assumptions, aim: Aim, margin: float) -> PlannedRepeats | None:
    room = margin - aim.true_loss
    if len(assumed.strata) == 1:
        return simulated_repeats(
            assumed.items,
            room,
            between_variance=assumed.between,
            within_variance=assumed.within,
            alpha=aim.alpha,
            power=aim.task_power,
            largest=aim.repeats,
        )
    return macro_repeats(
        assumed.strata,
        room,
        between_variance=[part.between for part in assumed.each],
        within_variance=[part.within for part in assumed.each],
        weights=[part.weight for part in assumed.each],
        alpha=aim.alpha,
        power=aim.task_power,
        largest=aim.repeats,
    )


def _power_repeated(assumed: Assumptions, repeats: int, aim: Aim, margin: float, loss: float) -> float:
    """A loss that all items share alike leaves the power of a margin that is smaller by it."""
    if len(assumed.strata) == 1:
        rates = solve_rates(assumed.between, assumed.within)
        return simulated_power(*rates, assumed.items, repeats, margin - loss, alpha=aim.alpha, seed=2).power
    variances = [part.between + part.within / repeats for part in assumed.each]
    weights = [part.weight for part in assumed.each]
    return macro_power(assumed.strata, variances, margin, difference=-loss, alpha=aim.alpha, weights=weights)


def _with_power(row: MarginRow, power: float | SimulatedPower) -> MarginRow:
    if isinstance(power, float):
        return replace(row, power=power)
    return replace(row, power=power.power, power_error=power.standard_error, simulations=power.runs)


def _priced(row: MarginRow, assumed: Assumptions, aim: Aim) -> MarginRow:
    if row.ask is None or row.repeats is None:
        return row
    requests = row.ask * (row.repeats + (row.baseline_repeats or row.repeats))
    tokens = None if assumed.tokens is None else requests * assumed.tokens
    hours = None if tokens is None or aim.throughput is None else tokens / aim.throughput / 3600
    return replace(row, requests=requests, tokens=tokens, hours=hours)
