"""Splits the channels of harmony, gpt-oss' form of an answer, with its special tokens or without them.

The form is https://developers.openai.com/cookbook/articles/openai-harmony: messages of `<|start|>ROLE<|channel|>NAME
<|constrain|>TYPE<|message|>TEXT<|end|>`; the answer is the text of the channel `final`.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<\|(start|channel|constrain|message|end|return|call)\|>")
_BEGINS = re.compile(r"\s*(?:assistant\s*)?<\|(?:start|channel)\|>")
_NEXT_MESSAGE = re.compile(r"<\|end\|>\s*<\|start\|>assistant\s*(?:<\|channel\|>|<\|message\|>)")

# A server that drops special tokens runs the rest together: `analysisWe need ...assistantfinalIt is 5.`
_FINAL = "assistantfinal"
_LABELS = re.compile(r"\s*(?:assistant)?(?:analysis|commentary)")
_UNCLOSED = re.compile(r"\s*(?:assistant)?analysis(?=[A-Z][a-z']*\s)")
_PASSED_ON = re.compile(r"assistant(?:analysis|commentary(?:\s+to=[\w.]+)?(?:\s*json)?)")
_NO_ANSWER = "=_.,(`\"'"


def split_channels(text: str) -> tuple[str | None, str] | None:
    """Thoughts and answer of a text with harmony's tokens; `None` for a text that is not in this form.

    Thoughts are the other channels, and what stands before the first token: there the prompt has opened the channel.
    """
    if not _BEGINS.match(text) and not _NEXT_MESSAGE.search(text):
        return None
    thoughts: list[str] = []
    answer, at = "", 0
    role, channel, part = "assistant", "", "text"
    for token in [*_TOKEN.finditer(text), None]:
        piece = text[at : token.start() if token else len(text)]
        if part == "role":
            role = piece.strip() or role
        elif part == "channel":
            channel = piece.strip().partition(" ")[0].casefold()
        elif part == "text" and role == "assistant":
            if channel == "final":
                answer = piece
            elif piece.strip() not in ("", "assistant"):
                thoughts.append(piece.strip())
        if token is None:
            break
        at = token.end()
        name = token.group(1)
        if name == "start":
            # A message without a channel is the answer.
            channel, part = "final", "role"
        elif name in ("channel", "constrain"):
            part = name
        else:
            part, channel = "text", channel if name == "message" else ""
    return "\n".join(thoughts) or None, answer


def split_stripped_channels(text: str) -> tuple[str | None, str] | None:
    """Thoughts and answer of a text that has lost harmony's tokens; `None` for a text that is not in this form."""
    begun = _LABELS.match(text)
    before, found, answer = text.rpartition(_FINAL)
    if found and (begun or not before.strip() or _follows_a_sentence(before, answer)):
        thought = before[begun.end() if begun else 0 :]
        return _PASSED_ON.sub("\n", thought).strip() or None, answer.lstrip()
    unclosed = _UNCLOSED.match(text)
    return (text[unclosed.end() :].strip(), "") if unclosed and not found else None


def _follows_a_sentence(before: str, answer: str) -> bool:
    """Whether the label follows a sentence and is followed by an answer at once, as no word of a sentence does."""
    next_one = answer[:1]
    return before[-1] in ".!?)" and bool(next_one) and not next_one.isspace() and next_one not in _NO_ANSWER
