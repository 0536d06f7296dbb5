"""What shows that two runs of a task were asked the same questions, and whether it shows that they were not."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.question import question
from quantgate.evals.pairing.matching import shared_rows
from quantgate.evals.pairing.pairs import TaskRun
from quantgate.evals.pairing.prompts import other_prompts
from quantgate.evals.runs.record import SameBy, TaskRecord
from quantgate.evals.samples.columns import digest

_NO_HASH = np.uint64(digest(""))
_TABLE = "table"
_TABLES = frozenset({"csv", "jsonl", "parquet"})
_OF_RUNS = _TABLES | {"inspect"}
"""The formats in which a run of our own comes back as it was, hashes included."""
_HINT = "; tables whose prompt_hash were made in unlike ways are compared without that column"


@dataclass(frozen=True, slots=True)
class Identity:
    """By what two runs are paired, and why they must not be; empty where nothing speaks against it.

    `paired_by` is the weaker of what either run has, `None` for two runs of our own: those always have their prompts.
    """

    paired_by: SameBy | None
    problem: str = ""


def identity(left: TaskRun, right: TaskRun) -> Identity:
    """By what two runs of a task are paired: hashes of prompts or questions, their texts where those are kept, or ids.

    Hashes that are all unlike show that other prompts were asked only where both are made in the same way; else the
    texts say it.
    """
    ours, theirs = left.record, right.record
    if ours is None or theirs is None or (ours.imported is None and theirs.imported is None):
        unlike = other_prompts(left.samples, right.samples)
        return Identity(None, _other_hashes(unlike) if unlike else "")
    ways = _way(ours), _way(theirs)
    if ways[0] == ways[1] or SameBy.TEXT not in ways:
        hashed = [samples.take(samples.prompt != _NO_HASH) for samples in (left.samples, right.samples)]
        unlike, shared = other_prompts(*hashed), len(shared_rows(*hashed)[0])
        is_whole = shared == len(shared_rows(left.samples, right.samples)[0])
        if not unlike and is_whole and SameBy.ID not in ways:
            return Identity(ways[0])
        kinds = {_kind(task) for task in (ours, theirs)}
        # The questions of tables are hashed here, with whatever stands around them.
        tables = kinds == {_TABLE}
        made_alike = len(kinds) == 1 and not (tables and SameBy.TEXT in ways)
        if unlike and (made_alike or len(unlike) < shared):
            return Identity(ways[0], _other_hashes(unlike) + (_HINT if tables and made_alike else ""))
    return _by_texts(left, right)


def _way(task: TaskRecord) -> SameBy:
    return SameBy.PROMPT if task.imported is None else task.imported.same_by


def _kind(task: TaskRecord) -> str:
    """Whose way of making hashes it is: lm-eval's tasks have its own here, too, and what was exported keeps its own."""
    format = None if task.imported is None else task.imported.format
    if format is not None and (format not in _OF_RUNS or task.grader.startswith(format)):
        return _TABLE if format in _TABLES else format
    return "lm-eval" if task.grader.startswith("lm-eval") else "quantgate"


def _other_hashes(unlike: list[tuple[str, int]]) -> str:
    item, repeat = unlike[0]
    return f"{len(unlike)} items were asked with different prompts, the first of them {item} (repeat {repeat})"


def _by_texts(left: TaskRun, right: TaskRun) -> Identity:
    """Compare what was asked of each item that both hold, where both have kept it."""
    if not (left.prompts and left.prompts.kept and right.prompts and right.prompts.kept):
        return Identity(SameBy.ID)
    ours, theirs = shared_rows(left.samples, right.samples)
    _, first = np.unique(left.samples.item.codes[ours], return_index=True)
    unlike, all_known = [], len(first) > 0
    for one, other in zip(
        left.held.samples(ours[np.sort(first)]), right.held.samples(theirs[np.sort(first)]), strict=True
    ):
        asked = left.prompts.of(one.task, one.item_id, one.prompt_hash)
        other_asked = right.prompts.of(other.task, other.item_id, other.prompt_hash)
        if asked is None or other_asked is None or not (_text(asked) and _text(other_asked)):
            all_known = False
        elif not _same_question(asked, other_asked):
            unlike.append(one.item_id)
    if unlike:
        return Identity(
            SameBy.ID,
            f"{len(unlike):,} items have other questions in the one run than in the other, the first of them "
            f"{unlike[0]}: their ids are alike, and what was asked is not",
        )
    return Identity(SameBy.TEXT if all_known else SameBy.ID)


def _same_question(asked: Asked, other: Asked) -> bool:
    """Whether one's question stands in what the other was asked, as whole words: worked examples may be around it."""
    return any(_stands_in(question(one) or "", _text(whole)) for one, whole in ((asked, other), (other, asked)))


def _stands_in(part: str, whole: str) -> bool:
    part = " ".join(part.split())
    return bool(part) and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", whole) is not None


def _text(asked: Asked) -> str:
    """All that was asked, with one blank between words."""
    said = [message.get("content", "") for message in asked.messages]
    return " ".join(" ".join([*said, question(asked) or ""]).split())
