"""MMLU-Pro: 12,032 questions of fourteen subjects with up to ten choices each, zero-shot with a chain of thought.

Y. Wang et al., "MMLU-Pro: A More Robust and Challenging Multi-Task Language Understanding Benchmark", 2024,
https://arxiv.org/abs/2406.01574. The prompt is that of Artificial Analysis
(https://artificialanalysis.ai/methodology/intelligence-benchmarking), which NVIDIA's cards use through NeMo Evaluator's
simple-evals (`mmlu_pro_aa_v2`): greedy, 16,384 tokens, once. Letters go as far as a question has choices; NeMo asks
all ten, with `None` for what is not there. The five worked examples of lm-eval are had by `lm-eval:mmlu_pro`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.records import Grade, Item, Prompt, Sampling
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.data.hub import HubFile, download, hub_fetch
from quantgate.tasks.data.rows import Row, read_rows
from quantgate.tasks.extract.choices import TEN_LETTERS, extract_letter

NAME = "mmlu_pro"
VERSION = "1"
METRIC = "exact_match"

SOURCE = HubFile("TIGER-Lab/MMLU-Pro", "data/test-00000-of-00001.parquet", "527feea0afed1de15a8c115abf7be4c912123315")

SUBJECTS = {
    "math": 1351,
    "physics": 1299,
    "chemistry": 1132,
    "law": 1101,
    "engineering": 969,
    "other": 924,
    "economics": 844,
    "health": 818,
    "psychology": 798,
    "business": 789,
    "biology": 717,
    "philosophy": 499,
    "computer science": 410,
    "history": 381,
}
"""How many questions the published test split has of each, from its card."""

COUNT = sum(SUBJECTS.values())

_SPLIT = "test"
_SAMPLING = Sampling(temperature=0.0, max_tokens=16384)
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its choices as they stand in the data; `right` is the letter of the right one."""

    item_id: str
    subject: str
    text: str
    choices: tuple[str, ...]
    right: str

    @property
    def letters(self) -> str:
        """The letters of its choices."""
        return TEN_LETTERS[: len(self.choices)]


class MmluPro:
    """MMLU-Pro with its subjects as strata; the score is the mean over all questions, as its makers' is.

    Parameters
    ----------
    questions
        From `read_questions`.
    limit
        Only the first so many of them.
    provenance
        Where the questions came from, for the record.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        limit: int | None = None,
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        self._questions = {question.item_id: question for question in questions[:limit]}
        rows = sorted([each.item_id, each.subject, each.text, *each.choices, each.right] for each in questions)
        self._data_hash = canonical_hash(rows)
        self._provenance = dict(provenance or {})

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=NAME,
            version=VERSION,
            grader="choices 1",
            metric=METRIC,
            data_hash=self._data_hash,
            settings={"weights": "items"},
            provenance=self._provenance,
        )

    @property
    def sampling(self) -> Sampling:
        return _SAMPLING

    @property
    def at_once(self) -> int:
        return 20_000

    @property
    def repeats(self) -> int:
        return 1

    @property
    def guess(self) -> float:
        """What guessing scores: a tenth, and more where choices were taken out."""
        return sum(1 / len(each.choices) for each in self._questions.values()) / len(self._questions)

    def items(self) -> Sequence[Item]:
        return [Item(question.item_id, stratum=question.subject) for question in self._questions.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        question = self._questions[item.item_id]
        choices = "\n".join(
            f"{letter}) {choice}" for letter, choice in zip(question.letters, question.choices, strict=True)
        )
        instruction = (
            "Answer the following multiple choice question. The last line of your response should be in the following "
            f"format: 'Answer: {'/'.join(question.letters)}' (e.g. 'Answer: A')."
        )
        messages = [{"role": "user", "content": f"{instruction}\n\n{question.text}\n\n{choices}"}]
        return Prompt(tuple(messages), canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        question = self._questions[item.item_id]
        return f"{question.right}) {question.choices[question.letters.index(question.right)]}"

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        question = self._questions[item.item_id]
        letter = extract_letter(response, question.letters)
        score = float(letter == question.right)
        return Grade(score, letter, {METRIC: score})


def mmlu_pro(limit: int | None = None, file: Path | None = None, origin: Mapping[str, str] | None = None) -> MmluPro:
    """MMLU-Pro from a local file (Parquet, JSON Lines) with the published columns, or else from the hub.

    `origin` is what is known of where the file came from.

    Raises
    ------
    DataError
        When the file is broken, or the hub cannot be reached, or what came from there is incomplete.
    """
    published = {"dataset": SOURCE.dataset, "revision": SOURCE.revision}
    known = published if file is None else {f"file_{_SPLIT}": file.name, **(origin or {})}
    questions = read_questions(download(SOURCE, NAME) if file is None else file)
    if published.items() <= known.items() and len(questions) != COUNT:
        raise DataError(f"{NAME}: the hub's {SOURCE.path} holds {len(questions):,} questions instead of {COUNT:,}")
    return MmluPro(questions, limit, known)


def read_questions(file: Path) -> list[Question]:
    """The questions of a file with the published columns, in its order.

    Raises
    ------
    DataError
        When a column is missing or holds something else, or an id occurs twice; names the line or row.
    """
    if file.is_dir():
        raise DataError(f"--data {NAME}={file} is a folder: name the file, such as {file / Path(SOURCE.path).name}")
    questions: dict[str, Question] = {}
    for row in read_rows(file):
        question = _question(row)
        if question.item_id in questions:
            raise DataError(f"{row.where}: its question_id is that of an earlier row")
        questions[question.item_id] = question
    return list(questions.values())


def _question(row: Row) -> Question:
    values = row.values
    missing = [
        name for name in ("question_id", "category", "question", "options", "answer") if values.get(name) is None
    ]
    if missing:
        raise DataError(
            f"{row.where} has no {missing[0]}; {NAME} needs the columns of {SOURCE.dataset}'s {SOURCE.path}"
        )
    for name in ("category", "question"):
        if not isinstance(values[name], str) or not values[name].strip():
            raise DataError(f"{row.where}: {name} must be a text that says something")
    if not isinstance(values["question_id"], str | int) or isinstance(values["question_id"], bool):
        raise DataError(f"{row.where}: question_id must be a whole number or a text")
    options = values["options"]
    of_text = isinstance(options, list) and all(isinstance(option, str) for option in options)
    if not of_text or not _FEWEST <= len(options) <= len(TEN_LETTERS):
        raise DataError(f"{row.where}: options must be a list of 2 to 10 texts")
    question = Question(
        item_id=str(values["question_id"]),
        subject=values["category"].strip(),
        text=values["question"].strip(),
        choices=tuple(option.strip() for option in options),
        right=str(values["answer"]),
    )
    if len(question.right) != 1 or question.right not in question.letters:
        raise DataError(f"{row.where}: answer must be a letter from A to {question.letters[-1]}")
    if values.get("answer_index") not in (None, question.letters.index(question.right)):
        raise DataError(f"{row.where}: answer and answer_index name two choices")
    return question


def _load(options: TaskOptions) -> MmluPro:
    return mmlu_pro(options.limit, options.data.get(_SPLIT), options.origin)


INFO = TaskInfo(
    name=NAME,
    summary="MMLU-Pro: 12,032 questions of 14 subjects with ten choices, zero-shot thinking",
    load=_load,
    data=TaskData(f"{SOURCE.dataset} on the Hugging Face hub", (_SPLIT,), hub_fetch(NAME, {_SPLIT: SOURCE})),
    items=COUNT,
    metrics=(METRIC,),
    sampling=_SAMPLING,
    repeats=1,
    shown_strata=SUBJECTS,
    typical=Typical(accuracy=0.80),
    guess=0.1,
)
