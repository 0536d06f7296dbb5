"""Looks for a text in what was asked and answered, goes on where it was left off, and with what has come since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from threading import Event

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import question
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.files import open_to_read
from quantgate.evals.inspection.conversation import conversation
from quantgate.evals.samples.blocks import blocks
from quantgate.evals.samples.lines import SAMPLES_FILE, parse_line
from quantgate.evals.samples.prompts import PROMPTS_FILE, parse_prompt
from quantgate.view.choices import Choices
from quantgate.view.index import Index, State
from quantgate.view.naming import told
from quantgate.view.places import Row

_MAY_BE_CONVERSATION = b'"simulations/'
"""Stands in the line of an answer that names the file of a conversation (tau2)."""
_TOGETHER = 4000
"""Answers that are looked through before what was found is told."""


class Search:
    """One text in one run: what was found is the choice `number`, `state` that of the index that is looked through.

    It is looked for in ids, answers, thoughts, results, errors, and in the question and the right answer, whatever the
    case of its letters; of the tasks in `hidden` in ids alone.
    """

    def __init__(self, index: Index, choices: Choices, text: str, hidden: frozenset[str]) -> None:
        self.number = choices.new()
        self.state: State | None = None
        self._index = index
        self._choices = choices
        self._text = text.casefold()
        self._written = json.dumps(text, ensure_ascii=False)[1:-1].casefold()
        self._hidden = hidden
        self._questions: set[tuple[str, str]] = set()
        self._prompts_read = 0
        self._answers_read = 0
        self.looked = 0
        self.of = 0

    def go_on(self, stop: Event) -> None:
        """Look through what has not been looked through yet. Raises RunDirectoryError when a file cannot be read."""
        # Questions that cannot be read are no more missed than those that were not kept.
        with suppress(OSError):
            self._look_through_prompts(stop)
        try:
            self._look_through_answers(stop)
        except OSError as error:
            raise RunDirectoryError(f"{self._index.folder} cannot be read: {error.strerror or error}") from None

    def _look_through_prompts(self, stop: Event) -> None:
        with open_to_read(self._index.folder / PROMPTS_FILE) as stream:
            stream.seek(self._prompts_read)
            for block in blocks(stream):
                if stop.is_set():
                    return
                for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True):
                    if block.data is not None and self._may_hold(line := block.data[start:end]):
                        self._note(line)
                self._prompts_read = block.end

    def _note(self, line: bytes) -> None:
        try:
            asked = parse_prompt(line)
        except ValueError:
            return
        if asked.task not in self._hidden and self._holds(_question(asked)):
            self._questions.add((asked.task, asked.item_id))

    def _look_through_answers(self, stop: Event) -> None:
        state = self._index.state()
        with self._index.reading() as database:
            wanted = "SELECT task, place, item, repeat, start, size FROM answer WHERE start >= ? ORDER BY start"
            rows: list[tuple[bytes, bytes, bytes, int, int, int]] = database.execute(
                wanted, (self._answers_read,)
            ).fetchall()
        self.looked, self.of = self.of, self.of + len(rows)
        if not rows:
            self.state = state
            return
        again = self._answers_read > 0
        with open_to_read(self._index.folder / SAMPLES_FILE) as stream:
            for begin in range(0, len(rows), _TOGETHER):
                if stop.is_set():
                    return
                found: list[Row] = []
                others: list[Row] = []
                for task, place, item, repeat, start, size in rows[begin : begin + _TOGETHER]:
                    stream.seek(start)
                    row = (task, place, item, repeat)
                    (found if self._is_found(row, stream.read(size)) else others).append(row)
                # What was found of an answer that has been replaced since is found no more.
                self._choices.put(self.number, found, others if again else ())
                self._answers_read = rows[min(begin + _TOGETHER, len(rows)) - 1][4] + 1
                self.looked += min(_TOGETHER, len(rows) - begin)
        self.state = state

    def _is_found(self, row: Row, line: bytes) -> bool:
        task, item = told(row[0]), told(row[2])
        if self._text in item.casefold() or (task, item) in self._questions:
            return True
        if task in self._hidden or not (self._may_hold(line) or _MAY_BE_CONVERSATION in line):
            return False
        try:
            sample = parse_line(line)[1]
        except ValueError:
            return False
        turns = (turn.text for turn in conversation(self._index.folder, sample))
        return self._holds([sample.response, sample.reasoning, sample.extracted, sample.error, *turns])

    def _may_hold(self, line: bytes) -> bool:
        """Whether a line of JSON may hold the text: where letters are escaped, only reading it tells."""
        written = line.decode("utf-8", "replace").casefold()
        return self._written in written or "\\u" in written

    def _holds(self, texts: Sequence[str | None]) -> bool:
        return any(self._text in text.casefold() for text in texts if text)


def _question(asked: Asked) -> tuple[str | None, ...]:
    return question(asked), asked.reference
