"""The conversation that stands for an answer (tau2): read from the run directory, as far as it is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.records import Sample
from quantgate.evals.documents import BrokenDocument, parse_json
from quantgate.evals.files import read_text

_PLACE = re.compile(r"simulations/[^/]+/[^/]+\.json")
_MOST_BYTES = 16 << 20
_MOST_TURNS = 1_000


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of them said, or which tools it called: `NAME(ARGUMENTS)`, a line each."""

    role: str
    text: str


def is_conversation(sample: Sample) -> bool:
    """Whether the response names the file of a conversation, and is no answer itself."""
    named = sample.response is not None and _PLACE.fullmatch(sample.response) is not None
    return named and sample.task == "tau2" and ".." not in Path(str(sample.response)).parts


def conversation(folder: Path, sample: Sample) -> tuple[Turn, ...]:
    """The turns of the conversation that a sample names, at most a thousand; none where it is gone or broken."""
    if not is_conversation(sample):
        return ()
    try:
        told = parse_json(read_text(folder / str(sample.response), _MOST_BYTES))
        messages = told["simulation"]["messages"]
        return tuple(turn for message in messages[:_MOST_TURNS] for turn in _turns(message))
    except (OSError, UnicodeDecodeError, BrokenDocument, KeyError, TypeError):
        return ()


def _turns(message: object) -> Iterator[Turn]:
    if not isinstance(message, Mapping):
        return
    role, content = str(message.get("role")), message.get("content")
    calls = message.get("tool_calls")
    called = [_call(each) for each in calls if isinstance(each, Mapping)] if isinstance(calls, list) else []
    said = [content] if isinstance(content, str) and content.strip() else []
    if said or called:
        yield Turn(role, "\n".join([*said, *called]))
    inner = message.get("tool_messages")
    for each in inner if isinstance(inner, list) else []:
        yield from _turns(each)


def _call(call: Mapping[str, object]) -> str:
    arguments = call.get("arguments")
    told = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{call.get('name')}({told})"
