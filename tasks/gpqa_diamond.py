"""GPQA-Diamond: 198 graduate-level questions with four choices each, zero-shot with a chain of thought.

D. Rein et al., "GPQA: A Graduate-Level Google-Proof Q&A Benchmark", 2023, https://arxiv.org/abs/2311.12022. Its authors
ask that its examples appear nowhere in plain text or images online, so nothing here puts its text into a message.

`prompt` asks in the words that published scores were asked in: those of Artificial Analysis
(https://artificialanalysis.ai/methodology/intelligence-benchmarking; NeMo Evaluator's `gpqa_diamond_aa_v2`), or of
OpenAI's simple-evals (https://github.com/openai/simple-evals, MIT). Choices are shuffled alike, and answers read alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from pathlib import Path

from quantgate.evals.contract.options import TaskOption
from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.settings.presets import REASONING_SAMPLING
from quantgate.tasks.data.hub import HubFile, download, hub_fetch
from quantgate.tasks.data.rows import read_rows
from quantgate.tasks.extract.choices import LETTERS, extract_letter

NAME = "gpqa_diamond"
VERSION = "1"
METRIC = "exact_match"

REVISION = "633f5ee89ab8ad4522a9f850766b73f62147ffdd"
"""Commit of `Idavidrein/gpqa` on the Hugging Face hub."""

SOURCE = HubFile("Idavidrein/gpqa", "gpqa_diamond.csv", REVISION)
COUNT = 198
"""How many questions the published file holds."""

REQUEST = (
    "GPQA's authors ask not to reveal its examples in plain text or images online, so that they do not leak into "
    "training data: keep the file to yourself"
)

BENCHMARK = Benchmark(SOURCE.dataset, NAME, COUNT)
_REPEATS = 4
_ID = "Record ID"
_COLUMNS = (_ID, "Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
_ORDERS = tuple(permutations(range(len(LETTERS))))
_INSTRUCTION = (
    "Exactly one of the four choices answers this question. Think it through step by step, then close with a line that "
    "holds only your decision, in this form:\nANSWER: X\nwhere X is A, B, C or D."
)


class Wording(StrEnum):
    """Whose words ask a question."""

    OWN = "quantgate"
    AA = "aa"
    SIMPLE_EVALS = "simple-evals"

    @property
    def template(self) -> str:
        """The message, with places for `question` and `choices`."""
        return _TEMPLATES[self]


_TEMPLATES = {
    Wording.OWN: f"{{question}}\n\n{{choices}}\n\n{_INSTRUCTION}",
    Wording.AA: (
        "Answer the following multiple choice question. The last line of your response should be in the following "
        "format: 'Answer: A/B/C/D' (e.g. 'Answer: A').\n\n{question}\n\n{choices}"
    ),
    Wording.SIMPLE_EVALS: (
        "Answer the following multiple choice question. The last line of your response should be of the following "
        "format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering."
        "\n\n{question}\n\n{choices}"
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question; of `answers` the first is right. Surrounding white space is stripped, nothing else is changed."""

    item_id: str
    text: str
    answers: tuple[str, str, str, str]


class GpqaDiamond:
    """GPQA-Diamond as quantgate asks it: own prompt, choices shuffled by a hash of (item id, repeat).

    The shuffle is the same on every machine, so two builds see the same exam, and each repeat of an item another order.

    Parameters
    ----------
    questions
        From `read_questions`.
    limit
        Only the first so many of them.
    provenance
        Where the questions came from, for the record.
    wording
        Whose words ask.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        limit: int | None = None,
        provenance: Mapping[str, str] | None = None,
        wording: Wording = Wording.OWN,
    ) -> None:
        self._questions = {question.item_id: question for question in questions[:limit]}
        rows = sorted([question.item_id, question.text, *question.answers] for question in questions)
        self._data_hash = canonical_hash(rows)
        self._provenance = dict(provenance or {})
        self._wording = wording

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version=VERSION,
            grader="choices 1",
            metric=METRIC,
            data_hash=self._data_hash,
            settings={} if self._wording is Wording.OWN else {"prompt": str(self._wording)},
            provenance=self._provenance,
        )

    @property
    def sampling(self) -> Sampling:
        return REASONING_SAMPLING

    @property
    def at_once(self) -> int:
        return 20_000

    @property
    def repeats(self) -> int:
        return _REPEATS

    def items(self) -> Sequence[Item]:
        return [Item(item_id) for item_id in self._questions]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        question = self._questions[item.item_id]
        order = choice_order(item.item_id, repeat)
        choices = "\n".join(f"{LETTERS[at]}) {question.answers[which]}" for at, which in enumerate(order))
        text = self._wording.template.format(question=question.text, choices=choices)
        messages = [{"role": "user", "content": text}]
        return Prompt(tuple(messages), canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        at = choice_order(item.item_id, repeat).index(0)
        return f"{LETTERS[at]}) {self._questions[item.item_id].answers[0]}"

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Right when the letter stands at the right answer; the vote is that answer's place before the shuffle."""
        letter = extract_letter(response)
        if letter is None:
            return Grade(0.0, None, {METRIC: 0.0})
        chosen = choice_order(item.item_id, repeat)[LETTERS.index(letter)]
        score = float(chosen == 0)
        return Grade(score, letter, {METRIC: score}, vote=str(chosen))


def choice_order(item_id: str, repeat: int) -> tuple[int, ...]:
    """Which answer stands at A, B, C and D, 0 being the right one.

    One of the 24 orders by SHA-256: the remainder of 256 bits by 24 favours none by more than 1 in 2**250.
    """
    digest = hashlib.sha256(f"{NAME}\n{VERSION}\n{item_id}\n{repeat}".encode()).digest()
    return _ORDERS[int.from_bytes(digest) % len(_ORDERS)]


def gpqa_diamond(
    limit: int | None = None,
    file: Path | None = None,
    origin: Mapping[str, str] | None = None,
    wording: Wording = Wording.OWN,
) -> GpqaDiamond:
    """GPQA-Diamond from a local file with the published columns, or else from the hub.

    `origin` is what is known of where the file came from, `wording` whose words ask.

    Raises
    ------
    DataError
        When the file is broken, or the hub gives no access or cannot be reached, or what came from there is incomplete.
    """
    published = {"dataset": SOURCE.dataset, "revision": SOURCE.revision}
    known = published if file is None else {"file_train": file.name, **(origin or {})}
    questions = read_questions(download(SOURCE, NAME) if file is None else file)
    if published.items() <= known.items() and len(questions) != COUNT:
        raise DataError(f"{NAME}: the hub's {SOURCE.path} holds {len(questions)} questions instead of {COUNT}")
    return GpqaDiamond(questions, limit, known, wording)


def read_questions(file: Path) -> list[Question]:
    """The questions of a CSV, JSON Lines or Parquet file with the published columns, in the file's order.

    Raises
    ------
    DataError
        When a column is missing, a cell is empty or no text, or an id occurs twice; names the line, never the text.
    """
    if file.is_dir():
        raise DataError(f"--data {NAME}={file} is a folder: name the file, such as {file / SOURCE.path}")
    questions: dict[str, Question] = {}
    for row in read_rows(file):
        missing = [column for column in _COLUMNS if column not in row.values]
        if missing:
            raise DataError(
                f"{row.where}: there is no column {', '.join(map(repr, missing))}; {NAME} needs the columns that "
                f"{SOURCE.path} is published with: {', '.join(_COLUMNS)}"
            )
        cells = []
        for column in _COLUMNS:
            value = row.values[column]
            if value is None or (isinstance(value, str) and not value.strip()):
                raise DataError(f"{row.where}: the column {column!r} is empty")
            if not isinstance(value, str):
                raise DataError(f"{row.where}: the column {column!r} holds no text but a {type(value).__name__}")
            cells.append(value.strip())
        item_id, text, *answers = cells
        if item_id in questions:
            raise DataError(f"{row.where}: its {_ID} is that of an earlier row")
        questions[item_id] = Question(item_id, text, (answers[0], answers[1], answers[2], answers[3]))
    return list(questions.values())


def _wording(value: object) -> Wording:
    """Read the option `prompt`. Raises ValueError with what there is."""
    if value not in tuple(Wording):
        raise ValueError(f"must be one of {', '.join(Wording)}")
    return Wording(str(value))


def _load(options: TaskOptions) -> GpqaDiamond:
    wording = options.own.get("prompt", Wording.OWN)
    return gpqa_diamond(options.limit, options.data.get("train"), options.origin, wording)


INFO = TaskInfo(
    name=NAME,
    summary="GPQA-Diamond: 198 graduate-level questions with four choices, zero-shot thinking, 4 repeats",
    load=_load,
    data=TaskData(f"{SOURCE.dataset} on the Hugging Face hub, gated", ("train",), hub_fetch(NAME, {"train": SOURCE})),
    items=COUNT,
    metrics=(METRIC,),
    sampling=REASONING_SAMPLING,
    repeats=_REPEATS,
    private=REQUEST,
    benchmark=BENCHMARK,
    published=(
        PublishedScore("glm-5.2", 0.9217, 0.05, "the published MXFP4 card's FP8 baseline, 2 samples"),
        PublishedScore("deepseek-r1-0528", 0.810, 0.05, "DeepSeek's model card, 16 samples, 64k tokens"),
        PublishedScore("deepseek-r1", 0.715, 0.05, "DeepSeek's model card, 16 samples, 64k tokens"),
        PublishedScore("gpt-oss-120b", 0.801, 0.05, "OpenAI's model card, high reasoning, no tools"),
    ),
    typical=Typical(accuracy=0.90),
    guess=1 / len(LETTERS),
    options=(
        TaskOption(
            "prompt", f"Whose words ask: {', '.join(Wording)}; default {Wording.OWN}. Unlike ones never pair.", _wording
        ),
    ),
)
