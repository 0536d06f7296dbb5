"""One sample of an Inspect log as a row: which question it is of, what was asked and answered, and what that scores."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Message, Sample, Status, is_number
from quantgate.evals.endpoint.finish_reasons import CUT_SHORT, Ending, ending_of
from quantgate.evals.foreign.sources import digest_of, item_of_several
from quantgate.evals.foreign.types import Row
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import one_line

_ID_LENGTH = 16
_LONGEST_REASON = 200
_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_CUT_BY = frozenset({"context", "token", "message", "turn"})
"""Limits that the model itself ran into; time, cost and whoever stopped it by hand are none of its doing."""
_UNTOLD = "unknown"
_TURNED_AWAY = ("model_length", "content_filter")
_REFUSAL = "ModelRefusalError"
_BLANK_LINE = re.compile(r"(?:\\n|\n){2,}")
_ATTACHMENT = "attachment://"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the samples of one log are read.

    `primary` names the score that counts; `same_by` what rows' hashes are of; `among` has, for the ids of samples
    whose question others of the log have word for word, which of them it is, from 0, and how many there are.
    """

    primary: str
    same_by: SameBy
    among: Mapping[str, tuple[int, int]]


def question_of(sample: Any) -> str:
    """A hash of what a sample asks: input, choices in whatever order, and target."""
    choices = list(sample.choices or ())
    return digest_of([_input(sample), sorted(choices), _targets(sample, choices)])[:_ID_LENGTH]


def item_of(sample: Any, among: Mapping[str, tuple[int, int]]) -> str:
    """The id of a sample's question: the dataset's own, or a hash where Inspect has counted, after the shuffle."""
    if isinstance(sample.id, str):
        return sample.id
    return item_of_several(question_of(sample), *among.get(str(sample.id), (0, 1)))


def scores_of(sample: Any) -> dict[str, Any]:
    """The values of a sample's scores by scorer, those of a scorer with several as `scorer/name`."""
    found: dict[str, Any] = {}
    for name, score in (sample.scores or {}).items():
        if isinstance(score.value, Mapping):
            found |= {f"{name}/{part}": value for part, value in score.value.items()}
        else:
            found[name] = score.value
    return found


def number_of(value: Any) -> float | None:
    """A score as the number that Inspect's metrics take it for; `None` for NaN, which stands for no score.

    Raises ValueError for what is no number.
    """
    if isinstance(value, bool | float) or is_number(value):
        return None if isinstance(value, float) and math.isnan(value) else float(value)
    if isinstance(value, str):
        if value in _LETTERS:
            return _LETTERS[value]
        if value.lower() in _WORDS:
            return _WORDS[value.lower()]
        try:
            return number_of(float(value))
        except ValueError:
            pass
    raise ValueError(f"the score {one_line(str(value), 40)!r} is no number")


def shows_prompt(sample: Any) -> bool:
    """Whether a sample has the messages that were sent, which one that failed before may lack."""
    return bool(sample.messages) or sample.error is not None


def row_of(sample: Any, reading: Reading) -> Row:
    """A sample as a row. Raises ValueError saying why it is none."""
    values = scores_of(sample)
    status, fault = status_of(sample)
    try:
        score = number_of(values[reading.primary]) if reading.primary in values else None
        if score is not None and not 0 <= score <= 1:
            raise ValueError(f"the score must lie between 0 and 1, not {score:g}")
    except ValueError:
        if fault is None:
            raise
        score = None
    scored = score
    if says_nothing(sample, status):
        score = 0.0
    elif status is Status.ERROR:
        score = None
    elif score is None:
        status, fault = Status.ERROR, _unscored(sample, reading.primary)
    refusal = None if fault is not None else _turned_away(sample)
    prompt = _prompt(sample)
    item_id = item_of(sample, reading.among)
    prompt_hash = digest_of(
        [[each["role"], each["content"]] for each in prompt] if reading.same_by is SameBy.PROMPT else _input(sample)
    )
    output = sample.output
    return Row(
        Sample(
            task="",
            item_id=item_id,
            repeat=_repeat(sample.epoch),
            prompt_hash=prompt_hash,
            status=status,
            score=score,
            error=fault or refusal,
            extracted=_extracted(sample, reading) if refusal is None else None,
            metrics=_metrics(values) if status.scored else {},
            response=_completion(sample) or None if refusal is None else None,
            reasoning=_reasoning(sample) or None,
            finish_reason=_finish_reason(sample),
            usage=_usage(sample),
            latency_s=output.time if is_number(output.time) else None,
            attempts=1 + len(sample.error_retries or ()),
            time=str(sample.completed_at or ""),
        ),
        Asked("", item_id, prompt_hash, messages=prompt, reference=answer_of(sample)),
        scored=scored,
    )


def status_of(sample: Any) -> tuple[Status, str | None]:
    """What became of a sample before anybody scored it, and why it is no answer where it is none."""
    fault = _fault(sample)
    return (_status(sample), None) if fault is None else (Status.ERROR, fault)


def says_nothing(sample: Any, status: Status) -> bool:
    """Whether a sample is the model's own doing and has no word that could be right: it scores 0 whoever scored it."""
    return status in (Status.EMPTY, Status.REFUSED) or (status is Status.TRUNCATED and _turned_away(sample) is not None)


def _turned_away(sample: Any) -> str | None:
    """What the server said that would not take the request, which Inspect keeps as if the model had said it."""
    output = sample.output
    if output.usage is not None or sample.model_usage or _finish_reason(sample) not in _TURNED_AWAY:
        return None
    return _told(_completion(sample)) or "the server would not take the request"


def _fault(sample: Any) -> str | None:
    """Why a sample is no answer; `None` where it is one."""
    if sample.error is not None:
        message = sample.error.message or ""
        return None if message.startswith(_REFUSAL) else _told(reason_of(message) or "an error without a message")
    if getattr(sample, "invalidation", None) is not None:
        return "declared invalid in the log"
    if sample.limit is not None and sample.limit.type not in _CUT_BY:
        return f"stopped by the {sample.limit.type} limit"
    if _generated(sample) or sample.limit is not None:
        return None
    return _told(sample.output.error or "the model gave no answer")


def _status(sample: Any) -> Status:
    if sample.error is not None:
        return Status.REFUSED
    reason = _finish_reason(sample)
    ending = Ending.COMPLETE if reason is None else ending_of(reason)
    if sample.limit is not None or ending in CUT_SHORT:
        return Status.TRUNCATED
    if ending is Ending.REFUSED:
        return Status.REFUSED
    # An agent's last message may be a call: what it has done is what was scored.
    if not _completion(sample).strip() and not any(getattr(each, "tool_calls", None) for each in sample.messages):
        return Status.EMPTY
    return Status.OK


def _unscored(sample: Any, primary: str) -> str:
    score = (sample.scores or {}).get(primary.partition("/")[0])
    reason = getattr(score, "reason", None)
    return "the log has no score for it" + (f" ({_told(str(reason))})" if reason else "")


def reason_of(message: str) -> str:
    """What went wrong, without the request that Inspect puts before it."""
    parts = [part.strip("\\'\") \n") for part in _BLANK_LINE.split(message)]
    return next((part for part in reversed(parts) if part), "").replace("\\'", "'")


def _told(text: str) -> str:
    return one_line(without_keys(text), _LONGEST_REASON)


def _repeat(epoch: int) -> int:
    if epoch < 1:
        raise ValueError("an epoch is a whole number from 1")
    return epoch - 1


def _generated(sample: Any) -> bool:
    return bool(sample.output.choices) or any(each.role == "assistant" for each in sample.messages)


def _finish_reason(sample: Any) -> str | None:
    reason = sample.output.choices[0].stop_reason if sample.output.choices else None
    return None if reason == _UNTOLD else reason


def _completion(sample: Any) -> str:
    choices = sample.output.choices
    text = _text(choices[0].message.content, sample.attachments) if choices else ""
    return text or str(sample.output.completion or "")


def _reasoning(sample: Any) -> str:
    choices = sample.output.choices
    content = choices[0].message.content if choices else ""
    if isinstance(content, str):
        return ""
    return "\n".join(part.reasoning for part in content if part.type == "reasoning" and part.reasoning)


def _extracted(sample: Any, reading: Reading) -> str | None:
    score = (sample.scores or {}).get(reading.primary.partition("/")[0])
    return (score.answer or None) if score is not None else None


def _metrics(values: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in values.items():
        try:
            number = number_of(value)
        except ValueError:
            continue
        if number is not None and math.isfinite(number):
            found[name] = number
    return found


def _usage(sample: Any) -> dict[str, Any] | None:
    """What all calls of a sample used together, by the names that servers have for it."""
    used = list(sample.model_usage.values()) if len(sample.model_usage) == 1 else [sample.output.usage]
    if used[0] is None:
        return None
    told: dict[str, Any] = {
        "prompt_tokens": used[0].input_tokens,
        "completion_tokens": used[0].output_tokens,
        "total_tokens": used[0].total_tokens,
    }
    reasoning = used[0].reasoning_tokens
    return told if reasoning is None else {**told, "completion_tokens_details": {"reasoning_tokens": reasoning}}


def prompt_of(sample: Any) -> tuple[Message, ...]:
    """What a sample's input says, where that is of messages."""
    return tuple(_messages(sample.input, sample.attachments))


def _prompt(sample: Any) -> tuple[Message, ...]:
    """What was sent before the model said anything: of examples in the prompt the answers, too."""
    return tuple(_messages(_sent(sample.messages), sample.attachments))


def _sent(messages: Sequence[Any]) -> Sequence[Any]:
    said = [place for place, each in enumerate(messages) if each.role == "assistant"]
    first = next((place for place in said if messages[place].source == "generate"), said[-1] if said else len(messages))
    return messages[:first]


def _messages(messages: Sequence[Any], attachments: Mapping[str, str]) -> Iterator[Message]:
    for each in messages:
        yield {"role": each.role, "content": _text(each.content, attachments)}


def _text(content: Any, attachments: Mapping[str, str]) -> str:
    """The text of a message; what is no text stands in it by its kind and a hash."""
    if isinstance(content, str):
        return attachments.get(content.removeprefix(_ATTACHMENT), content)
    parts = []
    for part in content:
        if part.type == "text":
            parts.append(_text(part.text, attachments))
        elif part.type != "reasoning":
            held = getattr(part, part.type, None)
            whole = attachments.get(held.removeprefix(_ATTACHMENT), held) if isinstance(held, str) else repr(held)
            parts.append(f"[{part.type} {digest_of(whole)[:_ID_LENGTH]}]")
    return "\n".join(parts)


def _input(sample: Any) -> Any:
    if isinstance(sample.input, str):
        return _text(sample.input, sample.attachments)
    return [[each["role"], each["content"]] for each in _messages(sample.input, sample.attachments)]


def _targets(sample: Any, choices: Sequence[str]) -> list[str]:
    """The right answers; the letters of choices as what they stand for, so that their order means nothing."""
    targets = [sample.target] if isinstance(sample.target, str) else list(sample.target)
    if not choices:
        return targets
    by_letter = {chr(ord("A") + place): choice for place, choice in enumerate(choices)}
    return sorted(by_letter.get(target, target) for target in targets)


def answer_of(sample: Any) -> str:
    """The right answer, or all that are, as a text."""
    return sample.target if isinstance(sample.target, str) else " or ".join(sample.target)
