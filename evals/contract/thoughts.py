"""Splits a model's thoughts off the text that it answers with, where the server has left them in."""

from __future__ import annotations

import re

_TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""DeepSeek-R1, Qwen3, GLM and most others; prompted thinkers; Seed-OSS; Magistral; Kimi."""

_MOST_BLOCKS = 32
"""A text of more blocks than this is no thinking any more; without a limit it would take quadratic time."""

_ANY_BLOCK = re.compile(
    "|".join(f"{re.escape(opening)}.*?(?:{re.escape(closing)}|\\Z)" for opening, closing in _TAGS), re.DOTALL
)
_CHANNEL = "<|channel|>"
_FINAL = "<|channel|>final<|message|>"
_HARMONY_ENDS = ("<|return|>", "<|end|>")


def split_thoughts(text: str) -> tuple[str | None, str]:
    """The thoughts at the beginning of a text, and the answer after them; a text without such comes back as it is.

    Thoughts stand between tags at the very beginning, one block or several. One that is never closed takes up all the
    text. A closing tag alone, on a line's edge, ends thoughts that the chat template has opened in the prompt
    (DeepSeek-R1 and Qwen3 since 2025). A text in harmony's channels (gpt-oss) is split at its last final one. A tag in
    the middle of a sentence is only being spoken of: that text stays whole.

    >>> split_thoughts("<think>2 and 3</think> It is 5.")
    ('2 and 3', 'It is 5.')
    """
    if text.lstrip().startswith(_CHANNEL):
        return _split_channels(text)
    thoughts: list[str] = []
    rest = text
    while len(thoughts) < _MOST_BLOCKS and (block := _leading_block(rest)) is not None:
        thought, rest = block
        thoughts.append(thought.strip())
    if not thoughts:
        return None, text
    return "\n\n".join(thought for thought in thoughts if thought) or None, rest.lstrip()


def without_thoughts(text: str) -> str:
    """What is left of a text without its thoughts, wherever they stand.

    Nothing is left after a thought that is never closed, nor before a closing tag that was never opened.
    """
    rest = _ANY_BLOCK.sub("", split_thoughts(text)[1])
    return rest[max(rest.rfind(closing) + len(closing) if closing in rest else 0 for _, closing in _TAGS) :]


def _leading_block(text: str) -> tuple[str, str] | None:
    """The first block of thoughts and what follows it, if the text begins with one."""
    begun = text.lstrip()
    for opening, closing in _TAGS:
        if begun.startswith(opening):
            thought, _, rest = begun[len(opening) :].partition(closing)
            return thought, rest
    for opening, closing in _TAGS:
        thought, found, rest = text.partition(closing)
        if found and opening not in thought and _on_an_edge(thought, rest):
            return thought, rest
    return None


def _on_an_edge(before: str, after: str) -> bool:
    """Whether what stands between two texts begins or ends a line."""
    return not before or not after or before.endswith("\n") or after.startswith("\n")


def _split_channels(text: str) -> tuple[str | None, str]:
    """The channels of harmony; https://developers.openai.com/cookbook/articles/openai-harmony."""
    before, found, answer = text.rpartition(_FINAL)
    if not found:
        before, answer = text, ""
    for end in _HARMONY_ENDS:
        answer = answer.partition(end)[0]
    for mark in ("<|start|>assistant", "<|channel|>analysis<|message|>", "<|channel|>commentary<|message|>", "<|end|>"):
        before = before.replace(mark, "\n")
    return before.strip() or None, answer
