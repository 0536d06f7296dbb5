"""Runs, lists and items as the store makes them, without a file: what the tests of the pages show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Continuation, Sample, SampleKey, Status
from quantgate.evals.inspection.parting import parting
from quantgate.evals.inspection.seen import seen
from quantgate.view.addresses import PART
from quantgate.view.types import (
    AnswerRow,
    DecidedTask,
    DecisionRow,
    Filter,
    Flipped,
    ItemPage,
    ItemRow,
    ItemView,
    Overview,
    RunRow,
    TaskCount,
)

QUESTION = "Natalia sold clips to 48 of her friends in April, and then half as many in May. How many in all?"


def sample(item_id: str = "1", response: str | None = "48 / 2 = 24.\nThe answer is 72.", **fields: object) -> Sample:
    told: dict[str, object] = {
        "task": "gsm8k",
        "repeat": 0,
        "prompt_hash": "5f2c" * 16,
        "status": Status.OK,
        "score": 1.0,
        "extracted": "72",
        "metrics": {"exact_match": 1.0},
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 611, "completion_tokens": 121},
        "latency_s": 1.234,
        "time": "2026-11-27T10:00:00Z",
        **fields,
    }
    return Sample(item_id=item_id, response=response, **told)  # type: ignore[arg-type]


def asked(item_id: str = "1", text: str = QUESTION, **fields: object) -> Asked:
    told: dict[str, object] = {"messages": ({"role": "user", "content": text},), "reference": "72", **fields}
    return Asked("gsm8k", item_id, "5f2c" * 16, **told)  # type: ignore[arg-type]


def run(key: str = "fp8", **fields: object) -> RunRow:
    told: dict[str, object] = {
        "label": key,
        "model": "org/model-fp8",
        "folder": f"runs/{key}",
        "created": "2026-11-27T10:00:00+00:00",
        "live": False,
        "tasks": (TaskCount("gsm8k", 250, 250, 0.9553, {"ok": 250}),),
        **fields,
    }
    return RunRow(key=key, **told)  # type: ignore[arg-type]


def decision(**fields: object) -> DecisionRow:
    told: dict[str, object] = {
        "title": "mxfp4 against fp8: gsm8k",
        "verdict": "regressed",
        "headline": "gsm8k: the candidate loses 3.20 points, surely more than the margin of 1.",
        "created": "2026-11-27T10:00:00+00:00",
        "file": "gate.json",
        "tasks": (
            DecidedTask("gsm8k", "regressed", 0.9553, 0.9233, -0.032, -0.045, -0.018, 0.01, 250, 14, 6),
            DecidedTask("arithmetic", "equivalent", 0.58, 0.581, 0.001, -0.004, 0.006, 0.01, 100, 0, 1),
        ),
        "baseline": "fp8",
        "candidate": "mxfp4",
        **fields,
    }
    return DecisionRow(key="gate", **told)  # type: ignore[arg-type]


@dataclass
class InMemory:
    """What a store would show, of two runs with the same items; `live` ones can be grown."""

    runs: dict[str, RunRow]
    samples: dict[str, list[Sample]]
    asked: dict[str, Asked] = field(default_factory=dict)
    decisions: tuple[DecisionRow, ...] = ()
    hidden: str | None = None

    def overview(self) -> Overview:
        return Overview(self.decisions, tuple(self.runs.values()))

    def decision(self, key: str) -> DecisionRow:
        return next(one for one in self.decisions if one.key == key)

    def items(self, runs: tuple[str, ...], chosen: Filter, offset: int) -> ItemPage:
        found = self._rows(runs, chosen)
        some = tuple(found[offset : offset + PART])
        return ItemPage(tuple(self.runs[key] for key in runs), chosen, some, offset, len(found), PART)

    def item(self, runs: tuple[str, ...], chosen: Filter, key: SampleKey) -> ItemView:
        found = self._rows(runs, chosen)
        number = next(n for n, row in enumerate(found) if (row.task, row.item_id, row.repeat) == key)
        answers = tuple(next((one for one in self.samples[run] if one.key == key), None) for run in runs)
        question = self.asked.get(key[1])
        hidden = self.hidden is not None
        told = tuple(None if one is None else seen(one, question, Path("runs"), hidden=hidden) for one in answers)
        texts = [one.answer for one in told if one is not None]
        return ItemView(
            runs=tuple(self.runs[run] for run in runs),
            filter=chosen,
            asked=None if hidden else question,
            answers=told,
            parting=parting(*texts) if len(texts) == 2 and not hidden else None,
            number=number,
            total=len(found),
            previous=found[number - 1] if number else None,
            following=found[number + 1] if number + 1 < len(found) else None,
            repeats=tuple(sorted({one.repeat for one in self.samples[runs[0]] if one.item_id == key[1]})),
            hidden=self.hidden,
        )

    def _rows(self, runs: tuple[str, ...], chosen: Filter) -> list[ItemRow]:
        beside = {one.key: one for one in self.samples[runs[-1]]}
        rows = []
        for one in self.samples[runs[0]]:
            other = beside.get(one.key)
            if not self._is_chosen(one, other, chosen):
                continue
            reference = self.asked[one.item_id].reference if one.item_id in self.asked else None
            right = answer(other) if len(runs) == 2 else None
            number = len(rows)
            rows.append(
                ItemRow(number, one.task, one.item_id, one.repeat, one.stratum, reference, answer(one), right, QUESTION)
            )
        return rows

    def _is_chosen(self, one: Sample, other: Sample | None, chosen: Filter) -> bool:
        change = (other.score or 0) - (one.score or 0) if other else 0
        wanted = {None: True, Flipped.ANY: change, Flipped.LOSSES: change < 0, Flipped.GAINS: change > 0}
        return bool(
            wanted[chosen.flipped]
            and (chosen.task in (None, one.task))
            and (chosen.status in (None, one.status))
            and (not chosen.wrong or one.score == 0)
            and chosen.search.lower() in (one.response or "").lower()
        )


def answer(one: Sample | None) -> AnswerRow | None:
    if one is None:
        return None
    tokens = (one.usage or {}).get("completion_tokens")
    return AnswerRow(one.status, one.score, one.extracted, one.unparsed, tokens, one.latency_s)


def pair(items: int = 250, texts: tuple[str, ...] = ()) -> InMemory:
    """Two runs of as many items, of which every tenth is lost; `texts` are the first answers of the candidate."""
    before = "She sold 48 clips in April.\nIn May she sold 48 / 2 = 24 clips.\n"
    left = [
        sample(str(n), f"{before}In all 48 + 24 = {n + 71}.\nThe answer is {n + 71}.", extracted=str(n + 71))
        for n in range(items)
    ]
    right = [
        replace(one, score=0.0, extracted=str(n), response=f"{before}In all she sold {n}.\nThe answer is {n}.")
        if n % 10 == 4
        else one
        for n, one in enumerate(left)
    ]
    for number, text in enumerate(texts):
        right[number] = replace(right[number], response=text, extracted=text[:200], score=0.0)
    questions = {str(n): asked(str(n), f"Question {n}. {QUESTION}", reference=str(n + 71)) for n in range(items)}
    runs = {"fp8": run("fp8"), "mxfp4": run("mxfp4", model="org/model-mxfp4")}
    return InMemory(runs, {"fp8": left, "mxfp4": right}, questions, (decision(),))


def choices() -> tuple[Asked, Sample]:
    continuations = (Continuation("The sky is", " blue"), Continuation("The sky is", " green"))
    answered = sample("c", '{"loglikelihoods": [[-1.25, true], [-3.5, false]]}', extracted=" blue", margin=2.25)
    return asked("c", messages=(), continuations=continuations, reference=" blue"), answered
