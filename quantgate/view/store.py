"""What the pages show, out of the runs and decisions that are open; nothing is written into them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Self

from quantgate.evals.contract.records import SampleKey
from quantgate.evals.errors import QuantgateError, RunDirectoryError
from quantgate.evals.text import one_line
from quantgate.view.addresses import PART
from quantgate.view.app import Unknown
from quantgate.view.choices import Choices
from quantgate.view.index import State
from quantgate.view.kept import forget_unused
from quantgate.view.lists import Chosen, listing, second_alone
from quantgate.view.live import Work
from quantgate.view.opened import Opened
from quantgate.view.pairs import Flips, find_flips, unlike
from quantgate.view.places import Broken
from quantgate.view.rows import item_rows, item_whole, neighbour
from quantgate.view.runs import ViewedRun
from quantgate.view.search import Search
from quantgate.view.types import DecisionRow, Filter, ItemPage, ItemView, Overview, RunRow

_PATIENCE_S = 0.2
"""So long a page waits for work that may go on behind it, and then shows what there is."""
_WAIT_FOR_PROMPT_S = 5.0
_MOST_SEARCHES = 16
_SELDOM = 5
"""What takes long is done in no more than this part of all time."""


@dataclass(slots=True)
class _Standing:
    """What a page of some runs rests on: their rows, what narrows the list, and what the reader should know."""

    rows: tuple[RunRow, ...]
    choices: Chosen
    references: bool
    alone: int | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Counted:
    """The flips of a pair as its indexes were, and until when they do although these have grown."""

    states: tuple[State, State, bool]
    flips: Flips
    until: float


class Store:
    """The runs and decisions of one viewer; `close` ends what still goes on.

    Parameters
    ----------
    named
        Run directories, decisions, and folders of such.
    reveal
        Whether texts of private tasks are shown.
    patience_s
        How long a page waits for what goes on behind it.

    Raises
    ------
    UsageError, DataError
        As `Opened`.
    """

    def __init__(self, named: Sequence[Path], *, reveal: bool = False, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        forget_unused()
        self._work = Work()
        self._choices = Choices()
        self._lock = Lock()
        self._searches: dict[tuple[str, int, str], Search] = {}
        self._alone: dict[tuple[str, str], tuple[tuple[State, State], int]] = {}
        self._flips: dict[tuple[str, str], _Counted] = {}
        try:
            self._opened = Opened(named, self._choices.folder, self._work, reveal=reveal)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._work.close()
        self._choices.close()

    @property
    def cut(self) -> bool:
        """Whether the folders hold more than is looked through."""
        return self._opened.cut

    def overview(self) -> Overview:
        """Everything that is open, the newest first."""
        self._opened.look()
        until = time.monotonic() + self._patience_s / 2
        rows = [_row_of(run, max(until - time.monotonic(), 0)) for run in self._opened.runs]
        # A check writes each format's decision by itself and in a comparison: it is one.
        decisions = {(row.title, row.created, row.verdict, row.tasks): row for row in self._opened.decisions}
        return Overview(
            decisions=tuple(sorted(decisions.values(), key=lambda row: row.created, reverse=True)),
            runs=tuple(sorted(rows, key=lambda row: row.created, reverse=True)),
        )

    def decision(self, key: str) -> DecisionRow:
        """One decision. Raises Unknown."""
        found = next((row for row in self._opened.decisions if row.key == key), None)
        if found is None:
            raise Unknown("There is no such decision open.")
        return found

    def items(self, runs: tuple[str, ...], chosen: Filter, offset: int) -> ItemPage:
        """A part of the list of one run or of a pair. Raises Unknown, and RunDirectoryError as reading does."""
        opened = [self._run(key) for key in runs]
        try:
            standing = self._standing(opened, chosen, self._patience_s)
            with listing(
                [run.index.address for run in opened], chosen, self._choices, standing.choices, standing.alone
            ) as listed:
                total = listed.total()
                offset = min(offset, max(total - 1, 0) // PART * PART)
                part = listed.part(offset, PART)
        except Broken as error:
            raise _told(opened, error) from None
        rows = item_rows(opened, part, offset, references=standing.references)
        return ItemPage(standing.rows, chosen, rows, offset, total, PART, tuple(standing.notes))

    def item(self, runs: tuple[str, ...], chosen: Filter, key: SampleKey) -> ItemView:
        """One item and repeat whole. Raises as `items`."""
        opened = [self._run(each) for each in runs]
        try:
            standing = self._standing(opened, chosen, _WAIT_FOR_PROMPT_S)
            with listing(
                [run.index.address for run in opened], chosen, self._choices, standing.choices, standing.alone
            ) as listed:
                row = listed.row(key)
                if row is not None and not listed.holds(key):
                    # An address from before its answer was another one: it stands in the whole list.
                    return self.item(runs, Filter(), key)
                number, total, repeats = listed.number(key), listed.total(), listed.repeats(key)
                before, after = listed.before(key), listed.after(key)
        except Broken as error:
            raise _told(opened, error) from None
        if row is None:
            task, item, repeat = key
            raise Unknown(f"There is no answer to item {one_line(item)} of {one_line(task)}, repeat {repeat}.")
        asked, answers, part, hidden = item_whole(opened, row)
        return ItemView(
            runs=standing.rows,
            filter=chosen,
            asked=asked,
            answers=answers,
            parting=part,
            number=number,
            total=total,
            previous=neighbour(before, number - 1),
            following=neighbour(after, number + 1),
            repeats=repeats,
            hidden=None if hidden is None else f"{hidden.rstrip('.')}. quantgate view --reveal shows the texts.",
        )

    def _run(self, key: str) -> ViewedRun:
        found = self._opened.run(key)
        if found is None:
            raise Unknown("There is no such run open.")
        return found

    def _standing(self, runs: Sequence[ViewedRun], chosen: Filter, prompts_s: float) -> _Standing:
        until = time.monotonic() + self._patience_s
        fresh = [run.freshen(max(until - time.monotonic(), 0)) for run in runs]
        notes = [
            f"{run.record().label}: its answers are being read, {run.share():.0%} so far; the list grows."
            for run, done in zip(runs, fresh, strict=True)
            if not done
        ]
        for run in runs:
            notes += _notes(run)
        choices: list[list[int]] = []
        whole = all(fresh)
        if chosen.search:
            searches = [self._search(run, chosen.search) for run in runs]
            choices.append([search.number for search, _ in searches])
            for run, (search, done) in zip(runs, searches, strict=True):
                whole = whole and done
                if not done:
                    # It knows of how many only after the questions.
                    of = max(search.of, run.index.state().lines)
                    notes.append(f"The search has looked through {search.looked:,} of {of:,} answers so far.")
        alone = None
        if len(runs) == 2:
            alone = self._second_alone(runs[0], runs[1])
            notes += [f"gate would not compare these runs. {problem}" for problem in _unlike(*runs)]
            if chosen.flipped is not None:
                flips = self._flips_of(runs[0], runs[1], alone, growing=not all(fresh))
                choices.append([flips.choices[chosen.flipped]])
                notes += flips.notes
        references = all([run.prompts_ready(prompts_s) for run in runs])
        rows = tuple(run.row(fresh=done and whole and references) for run, done in zip(runs, fresh, strict=True))
        return _Standing(rows, choices, references, alone, notes)

    def _search(self, run: ViewedRun, text: str) -> tuple[Search, bool]:
        """The search for a text in a run, gone on with for a while; whether it has looked through all there is."""
        name = (run.key, run.index.state().generation, text)
        with self._lock:
            search = self._searches.pop(name, None)
            if search is None or self._choices.forgotten(search.number):
                search = Search(run.index, self._choices, text, run.hidden())
            self._searches[name] = search
            while len(self._searches) > _MOST_SEARCHES:
                del self._searches[next(iter(self._searches))]
        done = self._work.done(("search", *name), search.go_on, self._patience_s)
        return search, done and search.state == run.index.state()

    def _second_alone(self, left: ViewedRun, right: ViewedRun) -> int:
        """The choice of what the second run of a pair alone has."""
        states = (left.index.state(), right.index.state())
        with self._lock:
            known = self._alone.get((left.key, right.key))
            kept = known is not None and not self._choices.forgotten(known[1])
            if known is None or not kept or known[0] != states:
                number = known[1] if known is not None and kept else self._choices.new()
                self._choices.fill(number, second_alone([left.index.address, right.index.address], self._choices))
                known = self._alone[left.key, right.key] = (states, number)
        return known[1]

    def _flips_of(self, left: ViewedRun, right: ViewedRun, alone: int, *, growing: bool) -> Flips:
        growing = growing or left.row(fresh=True).live or right.row(fresh=True).live
        states = (left.index.state(), right.index.state(), growing)
        with self._lock:
            known = self._flips.get((left.key, right.key))
            before = None if known is None or self._gone(known.flips) else known.flips
            if known is None or before is None or (known.states != states and time.monotonic() >= known.until):
                began = time.monotonic()
                found = find_flips(left, right, self._choices, alone, before, growing=growing)
                # Of large runs that grow this takes long: they are not counted anew at every page.
                until = began + (_SELDOM * (time.monotonic() - began) if growing else 0)
                known = self._flips[left.key, right.key] = _Counted(states, found, until)
        return known.flips

    def _gone(self, flips: Flips) -> bool:
        return any(self._choices.forgotten(number) for number in flips.choices.values())


def _row_of(run: ViewedRun, seconds: float) -> RunRow:
    """The run as the overview has it, with what is wrong where it cannot be read."""
    try:
        return run.row(fresh=run.freshen(seconds, readable=seconds > 0))
    except (QuantgateError, Broken) as error:
        return RunRow(run.key, run.folder.name, "", str(run.folder), "", False, (), str(error))


def _notes(run: ViewedRun) -> list[str]:
    """What is not in the list, or not in sight."""
    state, label = run.index.state(), run.record().label
    found = []
    if state.damaged:
        lines = "1 damaged line" if state.damaged == 1 else f"{state.damaged:,} damaged lines"
        found.append(f"{label}: passed over in samples.jsonl: {lines}.")
    if state.unplanned:
        answers = "1 answer" if state.unplanned == 1 else f"{state.unplanned:,} answers"
        found.append(f"{label}: left out, since not to be asked or not of a finished regrade: {answers}.")
    if hidden := sorted(run.hidden()):
        found.append(f"{label}: texts of {', '.join(hidden)} are hidden; quantgate view --reveal shows them.")
    return found


def _unlike(left: ViewedRun, right: ViewedRun) -> list[str]:
    return unlike(left.record(), right.record())


def _told(runs: Sequence[ViewedRun], error: Broken) -> RunDirectoryError:
    for run in runs:
        run.broken()
    return RunDirectoryError(f"the index of {' or '.join(run.folder.name for run in runs)} is broken ({error}): reload")
