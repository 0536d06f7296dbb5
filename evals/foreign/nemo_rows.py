"""One result of NeMo Evaluator as a row; how its answer ended stands in the log of requests or of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status, is_number
from quantgate.evals.endpoint.finish_reasons import CUT_SHORT, Ending, ending_of
from quantgate.evals.foreign.sources import digest_of, lines_of, object_of
from quantgate.evals.foreign.types import Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted, without_keys
from quantgate.evals.text import one_line

METRIC = "reward"
_LONGEST_REASON = 200
_OUT_OF_TURNS = ("max_turns", "turn limit", "turn_limit", "max turns")
"""How an agent that had no turns left is told, which is its own doing."""

Place = tuple[int, int]
"""(problem, repeat): which answer a line is of."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the log of requests tells of an answer: of the last request of the model, where there are several."""

    finish_reason: str | None
    fault: str | None
    usage: Mapping[str, Any] | None
    time: str


@dataclass(frozen=True, slots=True)
class Inference:
    """What the log of answers tells: how one ended, and what was asked, where the results do not say."""

    finish_reason: str | None
    prompt: str | None
    expected: str | None
    response: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Logs:
    """What stands beside the results of a benchmark."""

    replies: Mapping[Place, Reply]
    inferences: Mapping[Place, Inference]


def place_of(cells: Mapping[str, Any]) -> Place:
    """Raises ValueError where a line does not say which answer it is of."""
    problem, repeat = cells.get("problem_idx"), cells.get("repeat", 0)
    for name, value in (("problem_idx", problem), ("repeat", repeat)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"its {name} must be a whole number from 0")
    return int(problem), int(repeat)  # type: ignore[arg-type]  # it has been looked at above


def replies_of(file: Path) -> dict[Place, Reply]:
    """The last reply of the model to each question; none where there is no such log. What is torn tells nothing."""
    return {place: _reply(cells) for place, cells in _told(file) if cells.get("service") in (None, "", "model")}


def inferences_of(file: Path, *, texts: bool) -> dict[Place, Inference]:
    """What each answer's log says; the texts only where they are wanted, as they are most of it."""
    return {place: _inference(cells, texts) for place, cells in _told(file)}


def prompt_of(cells: Mapping[str, Any], logged: Inference | None) -> str | None:
    """What was asked; `None` where nothing says it."""
    prompt = cells.get("prompt")
    if isinstance(prompt, str) and prompt:
        return prompt
    return logged.prompt if logged is not None else None


def row_of(cells: Mapping[str, Any], logs: Logs, same_by: SameBy, system: str | None) -> Row:
    """A result as a row. Raises ValueError saying why it is none."""
    place = place_of(cells)
    reply, logged = logs.replies.get(place), logs.inferences.get(place)
    prompt = prompt_of(cells, logged)
    scored = _reward(cells.get(METRIC))
    told = cells.get("model_response", cells.get("response"))
    response = told if isinstance(told, str) else ""
    reason = (reply.finish_reason if reply else None) or (logged.finish_reason if logged else None)
    status, why = _status(cells, response, reason, reply)
    score = None if status is Status.ERROR else scored
    if status in (Status.EMPTY, Status.REFUSED):
        score = 0.0
    prompt_hash = digest_of(prompt) if same_by is SameBy.PROMPT and prompt is not None else ""
    item = str(place[0])
    expected = cells.get("expected_answer", logged.expected if logged else None)
    latency, extracted = cells.get("latency_ms"), cells.get("extracted_answer")
    sample = Sample(
        task="",
        item_id=item,
        repeat=place[1],
        prompt_hash=prompt_hash,
        status=status,
        score=score,
        error=why,
        extracted=redacted(str(extracted)) if extracted not in (None, "") and status is not Status.ERROR else None,
        metrics=_metrics(cells, scored) if status.scored else {},
        response=redacted(response) or None,
        finish_reason=reason,
        usage=reply.usage if reply else None,
        latency_s=_seconds(latency),
        time=reply.time if reply else "",
    )
    return Row(sample, _asked(item, prompt_hash, prompt, system, expected), scored=scored)


def unscored_row(place: Place, logged: Inference, same_by: SameBy, system: str | None) -> Row:
    """An answer that was logged, and not scored before the run broke off."""
    prompt_hash = digest_of(logged.prompt) if same_by is SameBy.PROMPT and logged.prompt is not None else ""
    item = str(place[0])
    sample = Sample(
        task="",
        item_id=item,
        repeat=place[1],
        prompt_hash=prompt_hash,
        status=Status.ERROR,
        score=None,
        error="it was answered, and not scored before the run broke off",
        response=logged.response or None,
        finish_reason=logged.finish_reason,
    )
    return Row(sample, _asked(item, prompt_hash, logged.prompt, system, logged.expected))


def results_in(file: Path) -> Iterator[tuple[str, dict[str, Any]] | Unread]:
    """The results of a file with where they stand, and the lines that are none."""
    for where, line in lines_of(file):
        cells = object_of(line)
        if isinstance(cells, str):
            yield Unread(where, cells)
        elif cells.get("_type") != "meta":
            yield where, cells


def _told(file: Path) -> Iterator[tuple[Place, dict[str, Any]]]:
    if not file.is_file():
        return
    for found in results_in(file):
        if isinstance(found, Unread):
            continue
        try:
            yield place_of(found[1]), found[1]
        except ValueError:
            continue


def _reply(cells: Mapping[str, Any]) -> Reply:
    code, kind, reason = cells.get("status_code"), cells.get("error_type"), cells.get("finish_reason")
    fault = None
    if isinstance(kind, str) and kind:
        fault = one_line(without_keys(kind), _LONGEST_REASON)
    elif isinstance(code, int) and not 200 <= code < 400:
        fault = f"HTTP {code}"
    usage, time = cells.get("usage"), cells.get("timestamp")
    return Reply(
        finish_reason=reason if isinstance(reason, str) and reason else None,
        fault=fault,
        usage=dict(usage) if isinstance(usage, Mapping) and usage else None,
        time=time if isinstance(time, str) else "",
    )


def _inference(cells: Mapping[str, Any], texts: bool) -> Inference:
    def text(name: str) -> str | None:
        return found if isinstance(found := cells.get(name), str) and found else None

    return Inference(
        finish_reason=text("finish_reason"),
        prompt=text("prompt") if texts else None,
        expected=text("expected_answer") if texts else None,
        response=redacted(text("response") or "") if texts else None,
        model=text("model"),
    )


def _reward(value: Any) -> float:
    if not isinstance(value, bool | int | float) or not 0 <= value <= 1:
        raise ValueError(f"{METRIC} must be a number from 0 to 1, and is {one_line(str(value), 40)}")
    return float(value)


def _seconds(latency: Any) -> float | None:
    if isinstance(latency, int) and not isinstance(latency, bool) and not is_number(latency):
        raise ValueError("latency_ms is too large for a number")
    return latency / 1000 if is_number(latency) and latency > 0 else None


def _status(
    cells: Mapping[str, Any], response: str, reason: str | None, reply: Reply | None
) -> tuple[Status, str | None]:
    details = cells.get("scoring_details")
    told = details if isinstance(details, Mapping) else {}
    error, category = told.get("error"), told.get("error_category")
    if category is not None or (error and not response):
        why = one_line(without_keys(str(error or category)), _LONGEST_REASON)
        out_of_turns = category == "graceful" and any(each in why.lower() for each in _OUT_OF_TURNS)
        return (Status.TRUNCATED if out_of_turns else Status.ERROR), why
    if not response.strip() and reply is not None and reply.fault is not None:
        return Status.ERROR, reply.fault
    judge = told.get("judge")
    if isinstance(judge, Mapping) and judge.get("error"):
        return Status.ERROR, one_line(without_keys(f"the judge failed: {judge['error']}"), _LONGEST_REASON)
    ending = Ending.COMPLETE if reason is None else ending_of(reason)
    if ending is Ending.FAULT:
        return Status.ERROR, f"it ended with {one_line(str(reason), 40)}"
    if ending in CUT_SHORT:
        return Status.TRUNCATED, None
    if ending is Ending.REFUSED:
        return Status.REFUSED, None
    return (Status.OK if response.strip() else Status.EMPTY), None


def _metrics(cells: Mapping[str, Any], scored: float) -> dict[str, float]:
    others = cells.get("scorer_rewards")
    found = others if isinstance(others, Mapping) else {}
    return {**{name: float(value) for name, value in found.items() if is_number(value)}, METRIC: scored}


def _asked(item: str, prompt_hash: str, prompt: str | None, system: str | None, expected: Any) -> Asked | None:
    if prompt is None:
        return None
    before = ({"role": "system", "content": system},) if system else ()
    reference = None if expected is None or expected == "" else str(expected)
    return Asked("", item, prompt_hash, messages=(*before, {"role": "user", "content": prompt}), reference=reference)
