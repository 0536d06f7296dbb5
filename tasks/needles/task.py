"""The task `needles`: questions about long generated texts, by length and kind, which need no data and no judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from quantgate.evals.contract.records import Grade, Item, Message, Prompt, Sampling
from quantgate.evals.contract.task import TaskIdentity
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.needles import words
from quantgate.tasks.needles.grading import EXACT, MATCH, Question, grade_of
from quantgate.tasks.needles.measure import K, label
from quantgate.tasks.needles.sources import KINDS, SOURCES, source_of

NAME = "needles"
VERSION = "1"
METRICS = (MATCH, EXACT)
SAMPLING = Sampling(temperature=0.0, max_tokens=4096)
LENGTHS = tuple(K * length for length in (4, 8, 16, 32, 64, 128))
PER_CELL = 10
_TEXTS_KEPT = 4
_QUESTIONS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Cell:
    """One question: its kind, the length of its context in tokens, and the number of the text that it is about."""

    kind: str
    length: int
    number: int

    @property
    def item(self) -> Item:
        """The item. Questions about one text are a cluster; of each kind at each length it has one at most."""
        of = f"{label(self.length)}-{self.number}"
        return Item(f"{self.kind}-{of}", stratum(self.length, self.kind), f"{source_of(self.kind).name}-{of}")


def stratum(length: int, kind: str) -> str:
    """What the questions of a kind at a length are called together."""
    return f"{label(length)} {kind}"


def askable(lengths: Sequence[int], kinds: Sequence[str]) -> list[tuple[int, str]]:
    """The lengths and kinds for which a text can be made, in the order in which they are asked."""
    return [
        (length, kind)
        for length in lengths
        for source in SOURCES
        if source.fits(length)
        for kind in source.asks
        if kind in kinds
    ]


class Needles:
    """Questions about texts that are generated from a seed, the same on every machine whatever model is asked.

    A question does not depend on which others are asked.

    Parameters
    ----------
    lengths
        Of contexts, in tokens, ascending.
    kinds
        Some of `KINDS`.
    per_cell
        How many questions of each kind at each length.
    seed
        What the texts are drawn from.
    limit
        Only the first so many items.
    metric
        The one of `METRICS` that becomes the score.

    Raises
    ------
    ValueError
        When no kind can be asked at any of the lengths.
    """

    def __init__(
        self,
        lengths: Sequence[int] = LENGTHS,
        kinds: Sequence[str] = KINDS,
        per_cell: int = PER_CELL,
        seed: int = 0,
        limit: int | None = None,
        metric: str = MATCH,
    ) -> None:
        asked = askable(lengths, kinds)
        if not asked:
            told = ", ".join(map(label, lengths))
            raise ValueError(f"no text for {', '.join(kinds)} can be made at a length of {told}")
        self._seed, self._metric = seed, metric
        # Questions about one text stand side by side, for servers that keep a prefix which they have read; and each
        # round has all lengths, so that what an interrupted run has is a smaller run.
        cells = [Cell(kind, length, number) for number in range(per_cell) for length, kind in asked][:limit]
        self._cells = {cell.item.item_id: cell for cell in cells}
        left_out = [f"{kind} at {label(length)}" for length in lengths for kind in kinds if (length, kind) not in asked]
        self._notes = (f"not asked, as no such text can be made: {', '.join(left_out)}",) if left_out else ()
        self._begun = lru_cache(_TEXTS_KEPT)(self._begin)
        self._asked = lru_cache(_QUESTIONS_KEPT)(self._ask)

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version=VERSION,
            grader="needles 1",
            metric=self._metric,
            data_hash=canonical_hash([NAME, VERSION, self._seed, words.ALL]),
            settings={"weights": "items", "text_seed": self._seed},
            provenance={"source": "generated", "text_seed": str(self._seed)},
            notes=self._notes,
        )

    @property
    def sampling(self) -> Sampling:
        return SAMPLING

    @property
    def at_once(self) -> int:
        return 4000

    @property
    def repeats(self) -> int:
        return 1

    @property
    def longest(self) -> Mapping[str, Mapping[str, Item]]:
        """By the name of each length, shortest first, and by the sort of text the first item."""
        found: dict[str, dict[str, Item]] = {}
        for cell in sorted(self._cells.values(), key=lambda cell: cell.length):
            found.setdefault(label(cell.length), {}).setdefault(source_of(cell.kind).name, cell.item)
        return found

    def items(self) -> Sequence[Item]:
        return [cell.item for cell in self._cells.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        """The text first and the question last, so that questions about one text share what comes before."""
        cell = self._cells[item.item_id]
        *turns, last = self._begun(source_of(cell.kind).name, cell.length, cell.number)
        question = self._asked(cell).question
        if last["role"] == "user":
            messages = (*turns, {**last, "content": last["content"] + question})
        else:
            messages = (*turns, last, {"role": "user", "content": question})
        return Prompt(messages, canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        return self._asked(self._cells[item.item_id]).answer

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """By `grade_of`; the score is the chosen metric."""
        grade = grade_of(self._asked(self._cells[item.item_id]), response)
        return grade if self._metric == MATCH else Grade(grade.metrics[EXACT], grade.extracted, grade.metrics)

    def _begin(self, source: str, length: int, number: int) -> tuple[Message, ...]:
        made = next(each for each in SOURCES if each.name == source)
        return made.begins(length, (VERSION, self._seed, length, number))

    def _ask(self, cell: Cell) -> Question:
        return source_of(cell.kind).asks[cell.kind]((VERSION, self._seed, cell.length, cell.number))
