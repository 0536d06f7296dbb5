"""A decision as CSV (RFC 4180) for a spreadsheet or a script: its table, and the items that flipped.

What a model or a file may have said begins no formula: such a cell has an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.described import Flip, FlipAnswer, FlipTexts
from quantgate.evals.decision.types import Decided, TaskDecision, Verdict
from quantgate.evals.text import printable
from quantgate.reports.words.flipped import flipped
from quantgate.reports.words.flips import in_natural_order

_MOST = 5_000
"""Characters of a cell; no text that a decision keeps is longer, and Excel holds 32,767."""

Cell = str | int | float | None

_FORMULA = frozenset("=+-@＝＋－＠")
"""With these a spreadsheet takes a cell for a formula; some also in the wide forms of Chinese and Japanese."""


def decision_csv(decision: Verdict | Comparison) -> str:
    """A row for each build and task, strata below theirs; fractions as in the JSON, empty where there is none."""
    if isinstance(decision, Verdict):
        return _document(_TABLE, _rows("", None, decision.rows))
    priced = (row for build in decision.formats for row in _rows(build.name, build.cost, build.rows))
    return _document(("format", "cost", *_TABLE), priced)


def flips_csv(decision: Verdict | Comparison) -> str:
    """A row for each item that flipped, task by task, in natural order; texts only where the decision has them."""
    several = isinstance(decision, Comparison)
    told = flipped(decision)
    with_texts = any(flip.texts is not None for one in told for flip in one.task.flips)
    columns = (*(["format"] if several else []), *_FLIPS, *(_TEXTS if with_texts else []))
    rows = (
        {"format": one.build, "task": one.task.task, **_flip_row(flip)}
        for one in told
        for flip in in_natural_order(one.task.flips)
    )
    return _document(columns, rows)


_TABLE = (
    *("task", "stratum", "tier", "verdict", "items", "repeats", "baseline", "candidate", "difference"),
    *("lower", "upper", "alpha", "method", "margin_points", "margin_recovery", "recovery", "losses", "gains", "reason"),
)
_FIGURES = ("items", "repeats", "baseline", "candidate", "difference", "lower", "upper", "method", "recovery")


def _rows(build: str, cost: float | None, rows: Iterable[TaskDecision]) -> Iterator[Mapping[str, Cell]]:
    for row in rows:
        own: dict[str, Cell] = {"format": build, "cost": cost, "task": row.task, "tier": row.tier.value}
        asked: dict[str, Cell] = {
            "alpha": row.alpha,
            "margin_points": row.margin.points,
            "margin_recovery": row.margin.recovery,
        }
        table = row.flip_table if isinstance(row, Decided) else None
        yield {
            **own,
            **asked,
            **({name: getattr(row, name) for name in _FIGURES} if isinstance(row, Decided) else {}),
            **({} if table is None else {"losses": table.losses, "gains": table.gains}),
            "verdict": row.verdict.value,
            "reason": row.reason,
        }
        for part in row.strata if isinstance(row, Decided) else ():
            known = {each.name for each in fields(part)}
            figures = {name: getattr(part, name) for name in _FIGURES if name in known}
            yield {**own, **asked, **figures, "stratum": part.stratum, "verdict": part.verdict.value}


_FLIPS = (
    *("task", "item_id", "stratum", "repeat", "turned", "baseline_score", "candidate_score"),
    *("baseline_extracted", "candidate_extracted", "reference", "baseline_status", "candidate_status", "prompt_hash"),
)
_TEXTS = ("question", "baseline_text", "candidate_text")


def _flip_row(flip: Flip) -> dict[str, Cell]:
    answers, texts = flip.answers, flip.texts or FlipTexts(None, None)
    return {
        "item_id": flip.item_id,
        "stratum": flip.stratum,
        "repeat": flip.repeat,
        "turned": "lost" if flip.lost else "won",
        "baseline_score": flip.baseline,
        "candidate_score": flip.candidate,
        "reference": flip.reference,
        "prompt_hash": flip.prompt_hash,
        **({} if answers is None else {**_answer("baseline", answers.baseline)}),
        **({} if answers is None else {**_answer("candidate", answers.candidate)}),
        "question": texts.question,
        "baseline_text": texts.baseline,
        "candidate_text": texts.candidate,
    }


def _answer(build: str, answer: FlipAnswer | None) -> dict[str, Cell]:
    if answer is None:
        return {f"{build}_status": "missing"}
    return {f"{build}_status": answer.status.value, f"{build}_extracted": answer.extracted}


def _document(columns: tuple[str, ...], rows: Iterable[Mapping[str, Cell]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return stream.getvalue()


def _cell(value: Cell) -> str:
    """A cell: figures as they are, text without what a terminal obeys, and so that it is no formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    text = printable(value[:_MOST])
    return f"'{text}" if text.lstrip()[:1] in _FORMULA else text
