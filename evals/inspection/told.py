"""Answers and flips as lines of JSON, for scripts."""

from __future__ import annotations

import json
import re
from typing import Any

from quantgate.evals.inspection.parting import parting
from quantgate.evals.inspection.seen import Seen
from quantgate.evals.samples.lines import line_of

_COMMAND = re.compile(r"#(?=#\w*\[)")
"""How a command of a CI service begins that may stand anywhere in a log."""


def line_of_answer(seen: Seen) -> str:
    """One answer: every field of its line in `samples.jsonl`, and beside them what was asked."""
    return _line(_told(seen))


def line_of_change(turn: str, left: Seen, right: Seen) -> str:
    """One answer of each of two runs, and where their texts part."""
    one, other = left.sample, right.sample
    place = None if left.hidden or right.hidden else parting(left.answer, right.answer)
    key = {"task": one.task, "item_id": one.item_id, "repeat": one.repeat, "turn": turn}
    same_prompt = one.prompt_hash == other.prompt_hash
    return _line({**key, "same_prompt": same_prompt, "parting": place, "left": _told(left), "right": _told(right)})


def _told(seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(line_of(seen.sample))
    asked = seen.asked
    told["asked"] = None
    if asked is not None and not asked.private:
        told["asked"] = {
            "messages": [dict(message) for message in asked.messages],
            "continuations": [{"context": each.context, "text": each.text} for each in asked.continuations],
            **({"body": dict(asked.body)} if asked.body else {}),
        }
    told["reference"] = seen.reference
    if seen.turns:
        told["conversation"] = [{"role": turn.role, "text": turn.text} for turn in seen.turns]
    told["hidden"] = seen.hidden
    return told


def _line(told: dict[str, Any]) -> str:
    """Nothing but ASCII, so that a terminal shows it as it is, and no command of a CI service."""
    return _COMMAND.sub(r"\\u0023", json.dumps(told))
