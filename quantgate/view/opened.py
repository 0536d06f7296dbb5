"""What is open: the runs and decisions that the user named, and those that lie, or come, under folders of theirs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from quantgate.evals.decision.json import load_decision
from quantgate.evals.errors import QuantgateError, UsageError
from quantgate.evals.foreign.opening import foreign_format, run_directory
from quantgate.evals.runs.record import RUN_FILE, RunRecord
from quantgate.evals.samples.lines import SAMPLES_FILE
from quantgate.view.decisions import Decision, Identity, identity, read_decisions, runs_near
from quantgate.view.found import Found, find, is_run
from quantgate.view.live import Work
from quantgate.view.runs import ViewedRun
from quantgate.view.types import DecisionRow

_LONG_S = 0.1
_SELDOM = 10
"""Where looking takes long, it is done in no more than this part of all time."""
_OF_A_RUN = (RUN_FILE, SAMPLES_FILE)


class Opened:
    """The runs and decisions, by their keys; `look` finds what has come since.

    Raises
    ------
    UsageError, DataError
        For something named that is not there, or is neither a run, nor files of another tool, nor a decision, nor a
        folder of such.
    """

    def __init__(self, named: Sequence[Path], scratch: Path, work: Work, *, reveal: bool) -> None:
        self._scratch = scratch
        self._work = work
        self._reveal = reveal
        self._lock = Lock()
        self._runs: dict[str, ViewedRun] = {}
        self._decisions: dict[Path, tuple[float, list[Decision]]] = {}
        self._near: dict[Path, list[ViewedRun]] = {}
        self._next_look = 0.0
        self._folders: list[Path] = []
        self._given: list[Path] = []
        for path in named:
            self._name(path)
        self.cut = False
        self.look()
        if not (self._runs or self._decisions):
            where = ", ".join(str(folder) for folder in self._folders)
            raise UsageError(
                f"{where}: no run directory and no decision lies there; name one, or make one with `quantgate run`"
            )

    def _name(self, path: Path) -> None:
        if path.is_dir():
            if is_run(path):
                self._add(path)
            elif foreign_format(path) is not None and not find([path]).runs:
                self._import(path)
            else:
                self._folders.append(path)
        elif path.name in _OF_A_RUN and is_run(path.parent):
            self._add(path.parent)
        elif foreign_format(path) is not None:
            self._import(path)
        elif path.exists():
            load_decision(path)
            self._given.append(path)
        else:
            raise UsageError(f"{path}: there is no such run directory, decision or folder")

    def look(self) -> None:
        """Find what has come under the folders since; where that takes long, it is not done at every page."""
        began = time.monotonic()
        if began < self._next_look:
            return
        found = find(self._folders) if self._folders else Found()
        took = time.monotonic() - began
        if took > _LONG_S:
            self._next_look = time.monotonic() + _SELDOM * took
        with self._lock:
            self.cut = found.cut
            for folder in found.runs:
                self._add(folder)
            for file in dict.fromkeys([*self._given, *found.decisions]):
                self._read(file)

    def _add(self, folder: Path) -> ViewedRun:
        folder = folder.resolve()
        run = ViewedRun(folder, self._scratch, self._work, reveal=self._reveal)
        return self._runs.setdefault(run.key, run)

    def _import(self, path: Path) -> None:
        folder = run_directory(path)
        run = ViewedRun(folder, self._scratch, self._work, reveal=self._reveal, given=path)
        self._runs.setdefault(run.key, run)

    def _read(self, file: Path) -> None:
        try:
            changed = file.stat().st_mtime
        except OSError:
            self._decisions.pop(file, None)
            return
        known = self._decisions.get(file)
        if known is None or known[0] != changed:
            self._decisions[file] = (changed, [self._with_runs(file, each) for each in read_decisions(file)])

    def _with_runs(self, file: Path, decision: Decision) -> Decision:
        """The decision with the keys of its runs, which are opened where they can be found."""
        keys = [None if record is None else self._key_of(file, decision, record) for record in decision.records]
        return replace(decision, row=replace(decision.row, baseline=keys[0], candidate=keys[1]))

    def _key_of(self, file: Path, decision: Decision, record: RunRecord) -> str | None:
        wanted = identity(record)
        for run in self._runs.values():
            if _identity(run) == wanted:
                return run.key
        if file not in self._near:
            near = runs_near(file.absolute(), decision.named)
            self._near[file] = [ViewedRun(it.resolve(), self._scratch, self._work, reveal=self._reveal) for it in near]
        for run in self._near[file]:
            if _identity(run) == wanted:
                return self._runs.setdefault(run.key, run).key
        return None

    @property
    def runs(self) -> list[ViewedRun]:
        with self._lock:
            return list(self._runs.values())

    def run(self, key: str) -> ViewedRun | None:
        return self._runs.get(key)

    @property
    def decisions(self) -> list[DecisionRow]:
        with self._lock:
            return [each.row for _, of_file in self._decisions.values() for each in of_file]


def _identity(run: ViewedRun) -> Identity | None:
    """What tells it from others, `None` of a run that cannot be read."""
    try:
        return identity(run.record())
    except QuantgateError:
        return None
