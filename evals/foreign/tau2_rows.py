"""tau2's conversations as answers: which task they are of, what ended them, and what tau2 gave for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Message, Sample, Status, is_number
from quantgate.evals.foreign.sources import TOO_DEEP, digest_of, is_deep
from quantgate.evals.foreign.types import Row, Unread
from quantgate.evals.secrets import redacted
from quantgate.evals.text import one_line

METRIC = "reward"
_TASK = "tau2"
_FAULTS = {
    "user_error": "the user simulator failed",
    "infrastructure_error": "tau2 says that infrastructure failed",
    "unexpected_error": "tau2 broke off",
    "timeout": "tau2's time was up",
    "context_window_exceeded": "a context was exceeded, and tau2 does not say whose",
}
"""Ends that are not, or need not be, the agent's doing, by tau2's names of them."""
_AGENT_ERROR = "agent_error"
_JUDGED = "NL_ASSERTION"
_LABELS = {
    "domain": "Domain",
    "reason_for_call": "Reason for call",
    "known_info": "Known info",
    "unknown_info": "Unknown info",
    "task_instructions": "Task instructions",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a conversation begins with: a hash of all that a file has of it, and what user and agent are told."""

    digest: str
    messages: tuple[Message, ...]
    judged: bool


def scenarios_of(info: Mapping[str, Any], tasks: Sequence[object]) -> dict[str, Scenario]:
    """The tasks of a file by id. Raises ValueError for one that is none, or is there twice."""
    found: dict[str, Scenario] = {}
    for number, task in enumerate(tasks, 1):
        if not isinstance(task, dict) or (name := _id(task.get("id"))) is None:
            raise ValueError(f"task {number:,} has no id")
        if name in found:
            raise ValueError(f"it has two tasks of the id {one_line(name, 60)}")
        criteria = task.get("evaluation_criteria")
        criteria = criteria if isinstance(criteria, dict) else {}
        basis = criteria.get("reward_basis")
        parts = [task.get(part) for part in ("user_scenario", "ticket", "initial_state", "evaluation_criteria")]
        found[name] = Scenario(
            digest=digest_of([info["domain"], info["policy"], *map(_without_nulls, parts)]),
            messages=_messages(task),
            judged=isinstance(basis, list) and _JUDGED in basis and bool(criteria.get("nl_assertions")),
        )
    return found


def answers(
    domain: str, conversations: Iterable[tuple[str, object]], scenarios: Mapping[str, Scenario], trials: int
) -> Iterator[Row | Unread]:
    """The answers of a domain, and the conversations that are none."""
    for where, told in conversations:
        if not isinstance(told, dict):
            yield Unread(where, told if isinstance(told, str) else "it is no JSON object")
            continue
        if is_deep(told):
            yield Unread(where, TOO_DEEP)
            continue
        try:
            yield _row(domain, told, scenarios, trials)
        except ValueError as error:
            yield Unread(where, str(error))


def _row(domain: str, told: Mapping[str, Any], scenarios: Mapping[str, Scenario], trials: int) -> Row:
    """Raises ValueError saying what cannot be."""
    task_id = _id(told.get("task_id"))
    if task_id is None:
        raise ValueError("it has no task_id")
    reward, parts = _reward(told.get("reward_info"))
    ended = told.get("termination_reason")
    if not isinstance(ended, str):
        raise ValueError("it has no termination_reason")
    fault = _fault(told, ended, reward)
    scenario = scenarios.get(task_id)
    item_id, digest = f"{domain}/{task_id}", "" if scenario is None else scenario.digest
    score = None if fault else reward
    sample = Sample(
        task=_TASK,
        item_id=item_id,
        repeat=_trial(told.get("trial"), trials),
        prompt_hash=digest,
        status=Status.ERROR if fault else Status.OK,
        score=score,
        metrics={} if score is None else {METRIC: score, **parts},
        error=fault,
        usage=_usage(told.get("messages")),
        attempts=1,
        seed=_whole(told.get("seed")),
        time="",
        stratum=domain,
        extracted=None if score is None else f"{score:g}",
        response=_transcript(told.get("messages")),
        finish_reason=ended,
        latency_s=_seconds(told.get("duration")),
    )
    asked = None if scenario is None else Asked(_TASK, item_id, digest, scenario.messages)
    return Row(sample, asked, scored=reward if fault else None)


def _fault(told: Mapping[str, Any], ended: str, reward: float | None) -> str | None:
    """Why a conversation says nothing of the agent; `None` where it does."""
    if told.get("skipped") is True:
        return "tau2 skipped it: a server failed, or tau2 itself"
    if ended == _AGENT_ERROR and not told.get("messages") and not told.get("ticks"):
        return "it ended in an error before a word was said"
    if ended in _FAULTS:
        return _FAULTS[ended]
    return "tau2 has not evaluated it" if reward is None else None


def _reward(told: object) -> tuple[float | None, dict[str, float]]:
    if told is None:
        return None, {}
    if not isinstance(told, dict):
        raise ValueError("reward_info must be an object")
    reward, parts = told.get("reward"), told.get("reward_breakdown")
    if isinstance(reward, bool) or not isinstance(reward, int | float) or not 0 <= reward <= 1:
        raise ValueError(f"reward must be a number from 0 to 1, and is {one_line(str(reward), 40)}")
    found = parts.items() if isinstance(parts, dict) else ()
    return float(reward), {name.lower(): float(value) for name, value in found if is_number(value)}


def _trial(told: object, trials: int) -> int:
    if told is None and trials == 1:
        return 0
    number = _whole(told)
    if number is None or number < 0:
        raise ValueError("trial must be a whole number from 0")
    if number >= trials:
        raise ValueError(f"it is of trial {number:,}, and there were to be {trials:,}, from 0")
    return number


def _id(told: object) -> str | None:
    if isinstance(told, int) and not isinstance(told, bool):
        return str(told)
    return told if isinstance(told, str) and told else None


def _whole(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def _seconds(told: object) -> float | None:
    return float(told) if is_number(told) and told >= 0 else None


def _usage(messages: object) -> dict[str, int] | None:
    """The tokens of the agent, as far as its messages tell them."""
    names = ("prompt_tokens", "completion_tokens")
    told = [
        each["usage"]
        for each in (messages if isinstance(messages, list) else ())
        if isinstance(each, dict) and each.get("role") == "assistant" and isinstance(each.get("usage"), dict)
    ]
    counts = {name: [_whole(each.get(name)) for each in told] for name in names}
    found = {name: sum(filter(None, values)) for name, values in counts.items() if values and None not in values}
    return found or None


def _transcript(messages: object) -> str | None:
    """What was said and called, a turn a paragraph."""
    turns = []
    for each in messages if isinstance(messages, list) else ():
        if isinstance(each, dict):
            content, calls = each.get("content"), each.get("tool_calls")
            said = [content] if isinstance(content, str) else []
            said += [_call(call) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
            turns.append(f"{each.get('role')}: " + "\n".join(said))
    return redacted("\n\n".join(turns)) if turns else None


def _call(call: Mapping[str, Any]) -> str:
    return f"{call.get('name')}({json.dumps(call.get('arguments'), ensure_ascii=False, default=str)})"


def _messages(task: Mapping[str, Any]) -> tuple[Message, ...]:
    """What user and agent are told, with the words around it that tau2 has, so that runs of our own show the same."""
    scenario, ticket = task.get("user_scenario"), task.get("ticket")
    found = []
    if isinstance(scenario, dict):
        persona, told = scenario.get("persona"), scenario.get("instructions")
        lines = ["Persona:", persona] if isinstance(persona, str) else []
        lines.append("Instructions:")
        if isinstance(told, dict):
            lines += [f"{label}: {told[name]}" for name, label in _LABELS.items() if isinstance(told.get(name), str)]
        elif isinstance(told, str):
            lines.append(told)
        found.append({"role": "user scenario", "content": "\n".join(lines)})
    if isinstance(ticket, str):
        found.append({"role": "ticket", "content": ticket})
    return tuple(found)


def _without_nulls(value: Any) -> Any:
    """The two packages write fields that the other does not have, without a value."""
    if isinstance(value, dict):
        return {name: _without_nulls(held) for name, held in value.items() if held is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
