"""What simple-evals leaves: `*_allresults.json` with every conversation; of its other files there are only totals."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Message, Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.sources import created_of, digest_of, document_of, is_deep, item_of_several
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted
from quantgate.evals.text import one_line

_FORMAT = "simple-evals"
_HEAD = 64 << 10
_ID_LENGTH = 16
_ALL = "_allresults"
_DATE = re.compile(r"_\d{8}_\d{6}$")
_NAMES = (
    *("healthbench_consensus", "healthbench_hard", "healthbench_meta", "healthbench", "browsecomp", "humaneval"),
    *("simpleqa", "mmlu_pro", "mmlu", "mgsm", "math", "gpqa", "drop"),
)
"""What simple-evals calls its evaluations, with which the names of its files begin; longer ones first."""
_RESULT = re.compile(r"<p>(Correct Answer|Extracted Answer|Score): (.*?)</p>", re.DOTALL)
"""What its report shows below each conversation: it is written down nowhere else."""
_UNKNOWN = (
    *("version", "data_hash", "temperature", "top_p", "max_tokens", "stop", "seed", "extra_body", "few_shot", "limit"),
)
_UNTOLD = (
    "simple-evals keeps neither finish reasons nor faults: a cut answer looks whole, and where a request failed the "
    "answer may be empty, which counts as empty here, with the score 0"
)


@dataclass(frozen=True, slots=True)
class _File:
    """One evaluation of one model; `counts` has how often each prompt is there."""

    path: Path
    task: str
    reports: Sequence[Any]
    conversations: Sequence[Any]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def repeats(self) -> int:
        """How often each prompt is there, where all are as often; else those that are alike are numbered."""
        often = set(self.counts.values())
        return often.pop() if len(often) == 1 else 1


def read(path: Path) -> ForeignRun:
    """Read the conversations of an evaluation. Raises DataError, in one line, where there are only totals."""
    document = document_of(path)
    reports, conversations = document.get("htmls"), document.get("convos")
    task, model = _named(path)
    if "score" not in document:
        raise DataError(f"{path}: it is no result of simple-evals, which has a score")
    if not isinstance(reports, list) or not isinstance(conversations, list):
        raise DataError(_only_totals(path, document, task))
    if len(reports) != len(conversations):
        raise DataError(
            f"{path}: it has {len(conversations):,} convos and {len(reports):,} htmls, which belong together"
        )
    file = _File(path, task, reports, conversations)
    file.counts.update(digest_of(prompt) for each in conversations if (prompt := _prompt(each)) is not None)
    printed = document.get("score")
    return ForeignRun(
        format=_FORMAT,
        model=model,
        created=created_of(path),
        tasks=[
            ForeignTask(
                name=task,
                version="unknown",
                grader=_FORMAT,
                metric="score",
                same_by=SameBy.PROMPT,
                rows=partial(_rows, file),
                unknown=_UNKNOWN,
                provenance={"source": str(path), **({} if printed is None else {"score": str(printed)})},
                repeats=file.repeats,
            )
        ],
        notes=(_UNTOLD,),
    )


def _named(path: Path) -> tuple[str, str]:
    """The evaluation and the model that a file's name begins with: `math_MODEL_20260101_120000_allresults.json`."""
    stem = _DATE.sub("", path.stem.removesuffix(_ALL).removesuffix("_DEBUG"))
    task = next((name for name in _NAMES if stem == name or stem.startswith(f"{name}_")), stem)
    return task, stem[len(task) + 1 :] or "unknown"


def recognised(path: Path) -> bool:
    """Whether a path is a file of simple-evals: all results, or totals alone, which its `score` and spread show."""
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        with open_to_read(path) as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    if b'"score"' not in head:
        return False
    if path.stem.endswith(_ALL):
        return b'"htmls"' in head
    return b'"score:std"' in head or (b'"task_name"' in head and b'"score:' in head)


def _rows(file: _File) -> Iterator[Row | Unread]:
    seen: Counter[str] = Counter()
    for number, (report, told) in enumerate(zip(file.reports, file.conversations, strict=True), 1):
        where, prompt = f"{file.path.name}, conversation {number:,}", _prompt(told)
        if prompt is None:
            yield Unread(where, "it is no list of messages that ends with the model's")
            continue
        digest = digest_of(prompt)
        before, seen[digest] = seen[digest], seen[digest] + 1
        repeat, place, count = (before, 0, 1) if file.repeats > 1 else (0, before, file.counts[digest])
        item_id = item_of_several(digest[:_ID_LENGTH], place, count)
        try:
            yield _row(file.task, item_id, repeat, prompt, told[-1].get("content"), report)
        except ValueError as error:
            yield Unread(where, str(error))


def _prompt(told: object) -> list[Mapping[str, Any]] | None:
    """What was asked: all messages but the last, which is the answer."""
    if not isinstance(told, list) or len(told) < 2 or not all(isinstance(each, dict) for each in told) or is_deep(told):
        return None
    return told[:-1] if told[-1].get("role") == "assistant" else None


def _row(task: str, item_id: str, repeat: int, prompt: Sequence[Mapping[str, Any]], answer: Any, report: Any) -> Row:
    """Raises ValueError saying what cannot be."""
    if not isinstance(report, str):
        raise ValueError("its html must be text")
    # The answer stands in the report as well, escaped, above what was read from it.
    found = {name: html.unescape(text) for name, text in _RESULT.findall(report.rpartition("<h3>Results</h3>")[2])}
    score = _score(found.get("Score"))
    response = redacted(_text(answer)) if answer is not None else None
    empty = score == 0 and not (response or "").strip()
    digest = digest_of(prompt)
    extracted = found.get("Extracted Answer")
    sample = Sample(
        task=task,
        item_id=item_id,
        repeat=repeat,
        prompt_hash=digest,
        status=Status.EMPTY if empty else Status.OK,
        score=score,
        metrics={"score": score},
        error=None,
        usage=None,
        attempts=1,
        time="",
        extracted=None if extracted in (None, "None") else redacted(str(extracted)),
        response=response,
    )
    messages: tuple[Message, ...] = tuple(
        {"role": str(each.get("role")), "content": redacted(_text(each.get("content")))} for each in prompt
    )
    return Row(sample, Asked(task, item_id, digest, messages, reference=found.get("Correct Answer")))


def _score(told: str | None) -> float:
    if told is None:
        raise ValueError("its html shows no score")
    words = {"True": 1.0, "False": 0.0}
    try:
        score = words[told] if told in words else float(told)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise ValueError(f"its score must be a number from 0 to 1, and is {one_line(told, 40)}")
    return score


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _only_totals(path: Path, document: Mapping[str, Any], task: str) -> str:
    """That there is nothing to pair, and how two totals are judged."""
    score = document.get("score")
    is_accuracy = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    example = f" --baseline {score:.4g}" if is_accuracy else " --baseline ..."
    name = document.get("task_name")
    named = one_line(name if isinstance(name, str) else task, 60)
    return (
        f"{path}: only totals are there (the conversations are in *{_ALL}.json, where simple-evals writes that); two "
        f"totals are judged by `quantgate claim --task {named} --n ITEMS{example} --candidate ...`"
    )


SIMPLE_EVALS = Format(
    _FORMAT,
    "simple-evals and its like: *_allresults.json; of its other files there are only totals",
    recognised,
    read,
)
