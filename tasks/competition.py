"""Competition mathematics, zero-shot with a chain of thought: AIME 2024 to 2026, HMMT February 2025 and MATH-500.

The prompt is the problem and the line that DeepSeek and Qwen recommend for mathematics
(https://huggingface.co/deepseek-ai/DeepSeek-R1, "Usage Recommendations"); the answer is what stands in the last box,
compared by math-verify as lighteval does, by which Red Hat publishes AIME and MATH-500. Makers of models sample with
temperature 0.6 or 1.0 and top_p 0.95, 32,768 tokens or more, and average 8 to 64 answers to each problem.

The problems: AIME from https://maa.org; M. Balunović et al., "MathArena: Evaluating LLMs on Uncontaminated Math
Competitions", 2025, https://arxiv.org/abs/2505.23281; H. Lightman et al., "Let's Verify Step by Step", 2023,
https://arxiv.org/abs/2305.20050 (the 500 of D. Hendrycks et al., https://arxiv.org/abs/2103.03874).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from quantgate.evals.contract.published import PublishedScore
from quantgate.evals.contract.records import Grade, Item, Prompt
from quantgate.evals.contract.task import TaskData, TaskIdentity, TaskInfo, TaskOptions, Typical
from quantgate.evals.errors import DataError
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.settings.presets import REASONING_SAMPLING
from quantgate.tasks.data.hub import HubFile, download, hub_fetch
from quantgate.tasks.data.rows import Row, read_rows
from quantgate.tasks.extract.boxed import final_answer
from quantgate.tasks.extract.equality import equal, grader, load, needs

VERSION = "1"
METRIC = "math_verify"
INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
REPEATS = 8
_SPLIT = "test"
_PARQUET = "data/train-00000-of-00001.parquet"
_IDS = ("unique_id", "problem_idx", "id")
_LARGEST_AIME = 999


@dataclass(frozen=True, slots=True)
class Exam:
    """One benchmark: its name, what it is called, its file on the hub and how many problems that holds.

    `whole_numbers` says that its answers are those of an AIME, from 0 to 999.
    """

    name: str
    title: str
    source: HubFile
    count: int
    whole_numbers: bool


AIME24 = Exam(
    "aime24",
    "AIME 2024",
    HubFile("HuggingFaceH4/aime_2024", _PARQUET, "2fe88a2f1091d5048c0f36abc874fb997b3dd99a"),
    30,
    True,
)
AIME25 = Exam(
    "aime25", "AIME 2025", HubFile("math-ai/aime25", "test.jsonl", "563bb8404243c5f09de6ec262f2db674fe5bce9b"), 30, True
)
AIME26 = Exam(
    "aime26",
    "AIME 2026",
    HubFile("MathArena/aime_2026", _PARQUET, "d2de22f3c656b4f56cf8981212186377d1e23bc3"),
    30,
    True,
)
HMMT25 = Exam(
    "hmmt25",
    "HMMT February 2025",
    HubFile("MathArena/hmmt_feb_2025", _PARQUET, "6fdc4277120810ff75aa22d2d5489b91f7a262a1"),
    30,
    False,
)
MATH500 = Exam(
    "math500",
    "MATH-500",
    HubFile("HuggingFaceH4/MATH-500", "test.jsonl", "6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be"),
    500,
    False,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with its answer in LaTeX, and its subject where the data name one."""

    item_id: str
    text: str
    answer: str
    subject: str | None


class Competition:
    """An exam as quantgate asks it.

    Parameters
    ----------
    exam
        Which one.
    problems
        From `read_problems`.
    limit
        Only the first so many of them.
    provenance
        Where the problems came from, for the record.
    """

    def __init__(
        self,
        exam: Exam,
        problems: Sequence[Problem],
        limit: int | None = None,
        provenance: Mapping[str, str] | None = None,
    ) -> None:
        self._exam = exam
        self._problems = {problem.item_id: problem for problem in problems[:limit]}
        self._data_hash = canonical_hash(sorted([each.item_id, each.text, each.answer] for each in problems))
        self._provenance = dict(provenance or {})

    @property
    def identity(self) -> TaskIdentity:
        return TaskIdentity(
            name=self._exam.name,
            version=VERSION,
            grader=grader(),
            metric=METRIC,
            data_hash=self._data_hash,
            settings={"weights": "items"},
            provenance=self._provenance,
        )

    sampling = REASONING_SAMPLING
    repeats = REPEATS

    def load(self) -> None:
        """Import what compares answers."""
        load()

    def items(self) -> Sequence[Item]:
        return [Item(problem.item_id, stratum=problem.subject) for problem in self._problems.values()]

    def prompt(self, item: Item, repeat: int) -> Prompt:
        messages = ({"role": "user", "content": f"{self._problems[item.item_id].text}\n\n{INSTRUCTION}"},)
        return Prompt(messages, canonical_hash(messages))

    def reference(self, item: Item, repeat: int) -> str:
        return self._problems[item.item_id].answer

    def grade(self, item: Item, repeat: int, response: str) -> Grade:
        """Right when the text's final answer is equal to the problem's; all right answers have one vote."""
        gold, answer = self._problems[item.item_id].answer, final_answer(response)
        score = float(answer is not None and equal(gold, answer))
        return Grade(score, answer, {METRIC: score}, vote=gold if score else answer)


def competition(
    exam: Exam, limit: int | None = None, file: Path | None = None, origin: Mapping[str, str] | None = None
) -> Competition:
    """An exam from a local file, or else from the hub; `origin` is what is known of where the file came from.

    Raises
    ------
    DataError
        When the file is broken, the hub cannot be reached, or what came from there is incomplete.
    """
    published = {"dataset": exam.source.dataset, "revision": exam.source.revision}
    known = published if file is None else {f"file_{_SPLIT}": file.name, **(origin or {})}
    problems = read_problems(exam, download(exam.source, exam.name) if file is None else file)
    if published.items() <= known.items() and len(problems) != exam.count:
        raise DataError(f"{exam.name}: the hub's {exam.source.path} holds {len(problems)} problems, not {exam.count}")
    return Competition(exam, problems, limit, known)


def read_problems(exam: Exam, file: Path) -> list[Problem]:
    """The problems of a CSV, JSON Lines or Parquet file, in the file's order.

    The columns `problem` (or `question`) and `answer` are needed, in any case; `id` (or `unique_id`, `problem_idx`) and
    `subject` are taken where they are there. Without ids a problem's is the beginning of its text's hash.

    Raises
    ------
    DataError
        When a column is missing, a cell is empty, a problem occurs twice, or an answer of an AIME is none; names the
        line, never the text.
    """
    if file.is_dir():
        raise DataError(f"--data {exam.name}={file} is a folder: name the file, such as {file / 'test.jsonl'}")
    problems: dict[str, Problem] = {}
    for row in read_rows(file):
        columns = {name.lower(): name for name in row.values}
        text = _cell(row, exam, columns.get("problem") or columns.get("question"), "problem")
        answer = _cell(row, exam, columns.get("answer"), "answer")
        if exam.whole_numbers and not (answer.isascii() and answer.isdigit() and int(answer[-19:]) <= _LARGEST_AIME):
            raise DataError(f"{row.where}: the answer is no whole number from 0 to {_LARGEST_AIME}, as an AIME's are")
        named = next((columns[name] for name in _IDS if name in columns), None)
        item_id = _cell(row, exam, named, named) if named else hashlib.sha256(text.encode()).hexdigest()[:12]
        subject = columns.get("subject")
        if item_id in problems:
            raise DataError(f"{row.where}: its {named or 'problem'} is that of an earlier row")
        problems[item_id] = Problem(
            item_id, text, answer, _cell(row, exam, subject, "subject") if subject is not None else None
        )
    return list(problems.values())


def _cell(row: Row, exam: Exam, column: str | None, called: str) -> str:
    """A cell's text; whole numbers are text, too."""
    if column is None:
        raise DataError(f"{row.where}: there is no column {called!r}; {exam.name} needs problem and answer")
    value = row.values[column]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        found = "is empty" if value is None or isinstance(value, str) else f"holds a {type(value).__name__}, not a text"
        raise DataError(f"{row.where}: the column {column!r} {found}")
    return value.strip()


def _load(exam: Exam, options: TaskOptions) -> Competition:
    return competition(exam, options.limit, options.data.get(_SPLIT), options.origin)


def _info(
    exam: Exam,
    accuracy: float,
    published: tuple[PublishedScore, ...] = (),
    subjects: Mapping[str, int] = MappingProxyType({}),
) -> TaskInfo:
    return TaskInfo(
        name=exam.name,
        summary=f"{exam.title}: {exam.count} competition problems, zero-shot thinking, {REPEATS} repeats",
        load=partial(_load, exam),
        data=TaskData(
            f"{exam.source.dataset} on the Hugging Face hub", (_SPLIT,), hub_fetch(exam.name, {_SPLIT: exam.source})
        ),
        items=exam.count,
        metrics=(METRIC,),
        sampling=REASONING_SAMPLING,
        repeats=REPEATS,
        shown_strata=subjects,
        published=published,
        typical=Typical(accuracy=accuracy),
        needs=needs,
    )


_R1 = "DeepSeek's model card, 64 samples, 32k tokens"
_R1_0528 = "DeepSeek's model card, 16 samples, 64k tokens"
_GPT_OSS = "OpenAI's model card, high reasoning, no tools"

INFO_AIME24 = _info(
    AIME24,
    0.90,
    (
        PublishedScore("deepseek-r1-0528", 0.914, 0.08, _R1_0528),
        PublishedScore("deepseek-r1", 0.798, 0.08, _R1),
        PublishedScore("gpt-oss-120b", 0.958, 0.08, _GPT_OSS),
    ),
)
INFO_AIME25 = _info(
    AIME25,
    0.90,
    (
        PublishedScore("deepseek-r1-0528", 0.875, 0.08, _R1_0528),
        PublishedScore("gpt-oss-120b", 0.925, 0.08, _GPT_OSS),
    ),
)
INFO_AIME26 = _info(AIME26, 0.90)
INFO_HMMT25 = _info(HMMT25, 0.80, (PublishedScore("deepseek-r1-0528", 0.794, 0.08, _R1_0528),))
_MATH500_SUBJECTS = {
    "Algebra": 124,
    "Intermediate Algebra": 97,
    "Prealgebra": 82,
    "Number Theory": 62,
    "Precalculus": 56,
    "Geometry": 41,
    "Counting & Probability": 38,
}
INFO_MATH500 = _info(MATH500, 0.97, (PublishedScore("deepseek-r1", 0.973, 0.03, _R1),), _MATH500_SUBJECTS)
