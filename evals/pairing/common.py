"""The part of a task that two runs both have: the items that both were asked, and of these whose answers are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.pairing.left_out import LeftOut
from quantgate.evals.pairing.pairs import TaskRun
from quantgate.evals.runs.planned import parsed, written
from quantgate.evals.runs.record import Draw, TaskRecord
from quantgate.evals.samples.columns import NONE, Bools, Places

ALPHA = 0.05
"""Under this two-sided p-value the builds do not lack answers alike. To be stopped costs asking again, no more."""

_Both = tuple["_Answers", "_Answers"]


@dataclass(frozen=True, slots=True)
class Common:
    """Both runs of a task, cut to what they share, and what was left out for it, if anything.

    `problem` says why what is left cannot be compared; empty where it can.
    """

    baseline: TaskRun
    candidate: TaskRun
    left_out: LeftOut | None = None
    problem: str = ""


def common_part(baseline: TaskRun, candidate: TaskRun) -> Common:
    """Cut two runs of a task to the items, and of these the repeats, that both have answered.

    Items that only one was to be asked go first. Where all others are answered, each build keeps all of its repeats.
    Else as many answers are kept as can be: of the items that are answered whole, or of those that both builds have
    answered in so many of the same repeats, which are numbered anew. That depends on which answers are there alone, and
    on no score.

    A task that is looked at on the way stays as it is: its looks were fixed for all of it, and count what is missing.
    """
    ours, theirs = baseline.record, candidate.record
    if ours is None or theirs is None or ours.design is not None or theirs.design is not None:
        return Common(baseline, candidate)
    every = _items(baseline, candidate), _items(candidate, baseline)
    shared = set(every[0]) & set(every[1])
    items = [item for item in every[0] if item in shared]
    held = _answers(baseline, ours, every[0], items), _answers(candidate, theirs, every[1], items)
    if len(items) == len(every[0]) == len(every[1]) and all(each.scored.all() for each in held):
        return Common(baseline, candidate)
    kept, *rows = _most(held)
    names = [items[place] for place in np.flatnonzero(kept).tolist()]
    lacks = [each.lacking[:, : min(ours.repeats, theirs.repeats)].sum(axis=1) for each in held]
    left_out = LeftOut(
        kept=len(names),
        alone=(len(every[0]) - len(items), len(every[1]) - len(items)),
        unanswered=len(items) - len(names),
        lacking=(int((lacks[0] > lacks[1]).sum()), int((lacks[1] > lacks[0]).sum())),
        unreached=(held[0].unreached, held[1].unreached),
        answers=(int(held[0].scored[kept].sum()) - rows[0].size, int(held[1].scored[kept].sum()) - rows[1].size),
    )
    draw = Draw.FIRST if Draw.FIRST in (ours.draw, theirs.draw) else ours.draw or theirs.draw
    cut = _cut(baseline, ours, names, rows[0], draw), _cut(candidate, theirs, names, rows[1], draw)
    return Common(*cut, left_out, _problem(left_out, ours.strata | theirs.strata, cut[0]))


def p_value(left_out: LeftOut) -> float:
    """Two-sided, that an item lacks answers of either build as likely: the exact sign test over those that do.

    References
    ----------
    Dixon and Mood 1946, JASA 41:557; of paired shares it is McNemar's test, 1947, Psychometrika 12:153.

    Examples
    --------
    >>> p_value(LeftOut(1000, (0, 0), 11, (1, 10), (0, 0), (0, 0)))
    0.01171875
    """
    from quantgate.evals.stats.describe.mcnemar import mcnemar_pvalue

    return mcnemar_pvalue(*left_out.lacking)


def with_common(items: int) -> str:
    """The remedy, where runs are refused that have so many items in common."""
    told = "the item" if items == 1 else f"the {items:,} items"
    return f"`quantgate gate --common` (and `compare --common`) decides on {told} that both have answered"


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """A build's answers to the items that both were to be asked; each array has the shape (items, repeats).

    `rows` has the place of each answer, `scored` whether it has a score, `lacking` whether it has none though this
    build was asked as far as it.
    """

    rows: Places
    scored: Bools
    lacking: Bools

    @property
    def unreached(self) -> int:
        """Items of which some answer was not come to."""
        return int((~self.scored & ~self.lacking).any(axis=1).sum())


def _items(run: TaskRun, other: TaskRun) -> list[str]:
    """The items that a run was to ask, in that order; of one that does not tell, what it or its like has heard of."""
    ids = run.record.item_ids if run.record is not None and run.record.planned_items is not None else None
    if ids is not None:
        return [item for each in ids for item in parsed([each])]
    heard = dict.fromkeys(run.samples.item.present())
    both = heard | dict.fromkeys(other.samples.item.present())
    is_like = run.record is not None and other.record is not None and run.record.items == other.record.items
    return list(both if is_like and run.record is not None and len(both) <= run.record.items else heard)


def _answers(run: TaskRun, record: TaskRecord, every: Sequence[str], items: Sequence[str]) -> _Answers:
    samples, place_of = run.samples, {item: place for place, item in enumerate(every)}
    places = [place_of[item] for item in items]
    all_rows = samples.rows_of(every, record.repeats)
    # Whole passes over the items are asked one after the other: what stands behind the last answer was not come to.
    answered = np.flatnonzero((all_rows != NONE).T.ravel())
    asked = answered[-1] + 1 if len(answered) and record.item_ids is not None else all_rows.size
    reached = (np.arange(all_rows.size) < asked).reshape(record.repeats, len(every)).T[places]
    rows = all_rows[places]
    scored = (rows != NONE) & (samples.scored[rows] if len(samples) else False)
    return _Answers(rows, scored, reached & ~scored)


def _most(held: _Both) -> tuple[Bools, Places, Places]:
    """Which items are kept, and the places of each build's answers to them, so that as many are kept as can be."""
    ours, theirs = held
    whole: Bools = np.asarray(ours.scored.all(axis=1) & theirs.scored.all(axis=1))
    most = int(whole.sum()) * (ours.scored.shape[1] + theirs.scored.shape[1])
    repeats = min(ours.scored.shape[1], theirs.scored.shape[1])
    both = ours.scored[:, :repeats] & theirs.scored[:, :repeats]
    counts = both.sum(axis=1)
    of_so_many = [2 * many * int((counts >= many).sum()) for many in range(1, repeats + 1)]
    best = int(np.argmax(of_so_many)) + 1 if of_so_many else 0
    if not of_so_many or most >= of_so_many[best - 1]:
        return whole, ours.rows[whole], theirs.rows[whole]
    kept = counts >= best
    first: NDArray[np.intp] = np.argsort(~both[kept], axis=1, kind="stable")[:, :best]
    return (
        kept,
        np.take_along_axis(ours.rows[kept], first, axis=1),
        np.take_along_axis(theirs.rows[kept], first, axis=1),
    )


def _cut(run: TaskRun, record: TaskRecord, items: Sequence[str], rows: Places, draw: Draw | None) -> TaskRun:
    """A run with the answers at some places alone, shape (items, repeats), their repeats numbered by those."""
    columns = run.samples
    kept, repeat = np.zeros(len(columns), dtype=np.bool_), columns.repeat.copy()
    kept[rows.ravel()] = True
    repeat[rows] = np.arange(rows.shape[1], dtype=repeat.dtype)
    strata = Counter(columns.stratum[row] for row in rows[:, :1].ravel().tolist())
    record = replace(
        record,
        items=len(items),
        repeats=rows.shape[1],
        item_ids=written(items),
        strata={name: count for name, count in strata.items() if name is not None},
        draw=draw,
    )
    return replace(run, record=record, held=replace(run.held, columns=replace(columns, repeat=repeat)).chosen(kept))


def _problem(left_out: LeftOut, strata: Mapping[str, int], cut: TaskRun) -> str:
    if not left_out.kept:
        return "the builds have no item in common that both have answered"
    record = cut.record
    if record is not None and record.strata_weigh and (gone := sorted(strata.keys() - record.strata.keys())):
        return f"of {gone[0]} no item is left that both builds have answered, and it is part of the score"
    probability = p_value(left_out)
    if probability >= ALPHA:
        return ""
    ours, theirs = left_out.lacking
    more, less = ("candidate", "baseline") if theirs > ours else ("baseline", "candidate")
    return (
        f"what is left out differs by build beyond chance: the {more} lacks answers to {max(ours, theirs):,} items, "
        f"the {less} to {min(ours, theirs):,} others (exact sign test, p = {probability:.2g}, under {ALPHA:g}), "
        "and to leave out what a build fails on favours it; "
        + ("evaluate them again" if cut.imported else "run the same `quantgate run` again to ask them")
    )
