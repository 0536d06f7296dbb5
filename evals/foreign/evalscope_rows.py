"""One review of evalscope as a row: what was asked and answered, how that ended by its prediction, what it scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Message, Sample, Status, is_number
from quantgate.evals.endpoint.finish_reasons import CUT_SHORT, Ending, ending_of
from quantgate.evals.foreign.evalscope_files import object_at, part_of
from quantgate.evals.foreign.sources import digest_of, lines_of, object_of
from quantgate.evals.foreign.types import Row
from quantgate.evals.secrets import redacted, without_keys
from quantgate.evals.text import one_line

_LONGEST_REASON = 200
_ID_LENGTH = 16
_UNTOLD = "unknown"
_TURNED_AWAY = ("model_length", "content_filter")
_NO_ANSWER = "the model gave no answer"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the file of predictions tells of one answer, and the reviews do not."""

    finish_reason: str | None
    error: str | None
    usage: Mapping[str, Any] | None
    latency_s: float | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Which answer a review is of: the position of its question, and which repeat."""

    group: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Position:
    """Of which task, item and repeat a row is."""

    task: str
    item: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an answer: `score` is what counts, `scored` what evalscope gave."""

    status: Status
    score: float | None
    scored: float | None
    why: str | None


class Predictions:
    """The predictions of one subset by their running index, and by the id of the message, which both files have."""

    def __init__(self, file: Path) -> None:
        self._told: dict[tuple[int, str | None], Prediction] = {}
        if not file.is_file():
            return
        for _, line in lines_of(file):
            cells = object_of(line)
            if not isinstance(cells, str) and isinstance(index := cells.get("index"), int):
                self._told[index, _answer_id(cells)] = _prediction(cells.get("model_output"))

    def __bool__(self) -> bool:
        return bool(self._told)

    def of(self, cells: Mapping[str, Any]) -> Prediction | None:
        index = cells.get("index")
        return self._told.get((index, _answer_id(cells))) if isinstance(index, int) else None


def place_of(cells: Mapping[str, Any], repeats: int) -> Place:
    """Raises ValueError where a review does not say which it is."""
    index, score = cells.get("index"), cells.get("sample_score")
    group, repeat = part_of(score, "group_id"), part_of(score, "generation_index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise ValueError("its index must be a whole number")
    if not isinstance(group, int | str) or isinstance(group, bool):
        group = index // repeats
    if not isinstance(repeat, int) or isinstance(repeat, bool):
        repeat = index % repeats
    if repeat < 0:
        raise ValueError("its generation_index must be a whole number from 0")
    return Place(str(group), repeat)


def question_of(cells: Mapping[str, Any]) -> str:
    """A hash of what a review asked: the prompt and the right answers."""
    return digest_of([_hashed(prompt_of(cells)), cells.get("target")])[:_ID_LENGTH]


def prompt_of(cells: Mapping[str, Any]) -> tuple[Message, ...]:
    """What was sent before the model said anything. Raises ValueError where a review has none of it."""
    sent = []
    for message in _messages(cells):
        if message.get("role") == "assistant" and message.get("source") == "generate":
            break
        sent.append(message)
    else:
        while sent and sent[-1].get("role") == "assistant":
            sent.pop()
    if not sent:
        raise ValueError("it has no messages, so that nobody can tell what was asked")
    return tuple({"role": str(each.get("role")), "content": _text(each.get("content"))} for each in sent)


def judged(cells: Mapping[str, Any], metric: str, prediction: Prediction | None) -> Judged:
    """What became of an answer, and its score. Raises ValueError for a score that cannot be."""
    score = part_of(cells, "sample_score", "score")
    value = part_of(score, "value", metric)
    scored = _score(metric, value) if value is not None else None
    fault = _fault(cells, prediction)
    if fault is not None:
        return Judged(Status.ERROR, None, scored, fault)
    status, why = _ended(cells, prediction)
    if status in (Status.EMPTY, Status.REFUSED) or why is not None:
        return Judged(status, 0.0, scored, why)
    if scored is None:
        told = part_of(score, "status")
        reason = f" ({one_line(told, 40)})" if isinstance(told, str) and told != "success" else ""
        return Judged(Status.ERROR, None, None, f"evalscope has no {one_line(metric, 40)} for it{reason}")
    return Judged(status, scored, scored, None)


def row_of(
    cells: Mapping[str, Any], at: Position, metric: str, stratum: str | None, prediction: Prediction | None
) -> Row:
    """A review as a row. Raises ValueError saying why it is none."""
    found, prompt = judged(cells, metric, prediction), prompt_of(cells)
    prompt_hash = digest_of(_hashed(prompt))
    turned_away = found.status is not Status.ERROR and found.why is not None
    extracted = part_of(cells, "sample_score", "score", "extracted_prediction")
    text, thoughts = _answered(cells)
    values = object_at(cells, "sample_score", "score", "value")
    return Row(
        Sample(
            task=at.task,
            item_id=at.item,
            repeat=at.repeat,
            prompt_hash=prompt_hash,
            status=found.status,
            score=found.score,
            stratum=stratum,
            error=found.why,
            extracted=redacted(extracted) if isinstance(extracted, str) and extracted and not turned_away else None,
            metrics={name: float(told) for name, told in values.items() if is_number(told) or isinstance(told, bool)}
            if found.status.scored
            else {},
            response=redacted(text) if text and not turned_away else None,
            reasoning=redacted(thoughts) if thoughts else None,
            finish_reason=prediction.finish_reason if prediction else None,
            usage=prediction.usage if prediction else None,
            latency_s=prediction.latency_s if prediction else None,
        ),
        Asked(at.task, at.item, prompt_hash, messages=prompt, reference=_reference(cells)),
        scored=found.scored,
    )


def _score(metric: str, value: Any) -> float:
    if not isinstance(value, bool | int | float) or not 0 <= value <= 1:
        raise ValueError(f"{one_line(metric, 40)} must be a number from 0 to 1, and is {one_line(str(value), 40)}")
    return float(value)


def _fault(cells: Mapping[str, Any], prediction: Prediction | None) -> str | None:
    if prediction is not None and prediction.error is not None:
        return prediction.error
    generated = any(each.get("role") == "assistant" and each.get("source") == "generate" for each in _messages(cells))
    # Older versions keep what was asked alone, and the answer with its score.
    told = part_of(cells, "sample_score", "score", "prediction")
    if (prediction is not None and not prediction.answered) or not (generated or isinstance(told, str)):
        return _NO_ANSWER
    return None


def _ended(cells: Mapping[str, Any], prediction: Prediction | None) -> tuple[Status, str | None]:
    """How an answer ended, and what the server said that would not take the request."""
    reason = prediction.finish_reason if prediction is not None else None
    ending = Ending.COMPLETE if reason is None else ending_of(reason)
    text, _ = _answered(cells)
    refused = ending is Ending.REFUSED or _declined(cells)
    # Evalscope keeps what the server said as if the model had; then there is no usage.
    away = prediction is not None and prediction.usage is None and reason in _TURNED_AWAY
    why = _told(text) or "the server would not take the request" if away else None
    if refused:
        return Status.REFUSED, why
    if ending in CUT_SHORT:
        return Status.TRUNCATED, why
    if not text.strip() and not any(each.get("tool_calls") for each in _messages(cells)):
        return Status.EMPTY, None
    return Status.OK, None


def _prediction(output: Any) -> Prediction:
    choices, error, time = (part_of(output, name) for name in ("choices", "error", "time"))
    first = choices[0] if isinstance(choices, list) and choices else None
    reason = part_of(first, "stop_reason")
    usage = part_of(output, "usage")
    return Prediction(
        finish_reason=reason if isinstance(reason, str) and reason != _UNTOLD else None,
        error=_told(str(error)) if error else None,
        usage=_usage(usage) if isinstance(usage, Mapping) else None,
        latency_s=time if isinstance(time, float) and is_number(time) else None,
        answered=first is not None,
    )


def _usage(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a request used, by the names that servers have for it."""
    found: dict[str, Any] = {
        "prompt_tokens": told.get("input_tokens"),
        "completion_tokens": told.get("output_tokens"),
        "total_tokens": told.get("total_tokens"),
    }
    reasoning = told.get("reasoning_tokens")
    return found if reasoning is None else {**found, "completion_tokens_details": {"reasoning_tokens": reasoning}}


def _messages(cells: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    messages = cells.get("messages")
    if not isinstance(messages, list):
        # Before 1.10 the prompt was one text.
        asked = cells.get("input")
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) and asked else []
    return [each for each in messages if isinstance(each, dict)]


def _answer_id(cells: Mapping[str, Any]) -> str | None:
    ids = [each.get("id") for each in _messages(cells) if each.get("role") == "assistant"]
    return ids[-1] if ids and isinstance(ids[-1], str) else None


def _answered(cells: Mapping[str, Any]) -> tuple[str, str]:
    """The text of the last answer, and what was thought before it."""
    said = [each for each in _messages(cells) if each.get("role") == "assistant" and each.get("source") == "generate"]
    if not said:
        told = part_of(cells, "sample_score", "score", "prediction")
        return (told if isinstance(told, str) else ""), ""
    content = said[-1].get("content")
    return _text(content), "\n".join(_parts(content, "reasoning"))


def _declined(cells: Mapping[str, Any]) -> bool:
    said = [each.get("content") for each in _messages(cells) if each.get("role") == "assistant"]
    parts = said[-1] if said and isinstance(said[-1], list) else []
    return any(isinstance(part, Mapping) and part.get("refusal") for part in parts)


def _text(content: Any) -> str:
    """The text of a message; what is no text stands in it by its kind and a hash."""
    if isinstance(content, str):
        return content
    parts = []
    for part in content if isinstance(content, list) else []:
        kind = part_of(part, "type")
        if kind == "text":
            parts.append(str(part_of(part, "text")))
        elif kind != "reasoning":
            parts.append(f"[{one_line(str(kind), 20)} {digest_of(part)[:_ID_LENGTH]}]")
    return "\n".join(parts)


def _parts(content: Any, kind: str) -> Iterator[str]:
    for part in content if isinstance(content, list) else []:
        if part_of(part, "type") == kind and isinstance(told := part_of(part, kind), str) and told:
            yield told


def _hashed(prompt: Sequence[Message]) -> list[list[str]]:
    return [[each["role"], each["content"]] for each in prompt]


def _reference(cells: Mapping[str, Any]) -> str | None:
    target = cells.get("target")
    targets = target if isinstance(target, list) else [target]
    return " or ".join(str(each) for each in targets if each is not None) or None


def _told(text: str) -> str:
    return one_line(without_keys(text), _LONGEST_REASON)
