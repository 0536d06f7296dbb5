"""Splits a model's thoughts off the text that it answers with, where the server has left them in."""

from __future__ import annotations

import re

from quantgate.evals.contract.harmony import split_channels, split_stripped_channels

# How thoughts begin and end, and whose they are: the chat template or the engine's parser that knows the dialect.
_TAGS: tuple[tuple[str, str, str], ...] = (
    ("<think>", "</think>", "DeepSeek-R1, Qwen3, GLM, MiniMax, Nemotron, Granite, Hunyuan and most others"),
    ("<thinking>", "</thinking>", "prompted thinkers; Reflection"),
    ("<thought>", "</thought>", "EXAONE Deep; Gemini's OpenAI-compatible API with include_thoughts; Marco-o1"),
    ("<thoughts>", "</thoughts>", "prompted thinkers"),
    ("<reasoning>", "</reasoning>", "models trained with GRPO recipes; prompted thinkers"),
    ("<seed:think>", "</seed:think>", "Seed-OSS, vllm/reasoning/seedoss_reasoning_parser.py"),
    ("<longcat_think>", "</longcat_think>", "LongCat-Flash-Thinking's chat template"),
    ("<mm:think>", "</mm:think>", "MiniMax-M3's chat template"),
    ("[THINK]", "[/THINK]", "Magistral and Ministral, mistral_common"),
    ("◁think▷", "◁/think▷", "Kimi-VL and Kimi-k1.5, sglang/srt/parser/reasoning_parser.py"),
    ("<|channel>", "<channel|>", "Gemma 4's chat template; the thoughts begin with the channel's name"),
    ("<unused94>", "<unused95>", "MedGemma 1.5's thinking tokens"),
    ("<|START_THINKING|>", "<|END_THINKING|>", "Cohere Command A Reasoning's chat template"),
    ("<|inner_prefix|>", "<|inner_suffix|>", "Apertus' chat template"),
    ("<|begin_of_thought|>", "<|end_of_thought|>", "Sky-T1, OpenThinker and Bespoke-Stratos"),
)

# Thoughts and answer under headings: both must be there, for an ordinary answer may begin like this.
_HEADINGS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"\s*Here(?:'s| is) my thought process:"), "Here is my response:", "Granite 3.2's chat template"),
    (re.compile(r"\s*Here(?:'s| is) my thought process:"), "Here's my response:", "Granite 3.2's chat template"),
    (re.compile(r""), "[BEGIN FINAL RESPONSE]", "Apriel's chat template"),
)

_LABEL = re.compile(r"\s*thought[ \t]*(?:\n|\Z)")
"""The name of Gemma's channel, which is all that is left of its opening where a server drops special tokens."""

# Special tokens are no part of an answer. Those that end a turn, by model: ChatML and Qwen, GPT-2's and most others',
# Llama 3, harmony, Command, GLM, Phi (all between bars); DeepSeek (between wide bars); Llama 2 and Mistral; Gemma 2 and
# 3; Gemma 4; MiniMax; Apriel; SmolVLM. Those that begin a turn are followed by whose it is.
_LEAKED = re.compile(
    r"\s*(?:<\|[A-Za-z][\w:.▁-]{0,40}\|>|<｜[^｜<>\s]{1,40}｜>|</?s>|<eos>|<bos>|<pad>|\[/?INST\]"
    r"|<(?:end|start)_of_turn>|<turn\|>|<unused\d{1,3}>|\[e~\[|\[END FINAL RESPONSE\]|<end_of_utterance>"
    r"|(?:<\|im_start\|>|<\|start_header_id\|>|<\|start\|>|<start_of_turn>|<\|turn>)\s*(?:assistant|model|user))\s*\Z"
)
_LONGEST_TOKEN = 128
# The box of GLM-4.1V-Thinking and GLM-4.5V around the answer, and what opens an answer after thoughts.
_BOX = re.compile(r"<\|(?:begin|end)_of_box\|>")
_OPENS = re.compile(r"\s*(?:<\|begin_of_solution\|>|<\|START_RESPONSE\|>|<\|START_TEXT\|>)\s*")

_MOST_BLOCKS = 32
"""A text of more blocks than this is no thinking any more; without a limit it would take quadratic time."""

_PAIRS = tuple((opening, closing) for opening, closing, _ in _TAGS)
_QUOTES = "`\"'“”‘’«»"
# A tag in quotes or backticks is spoken of.
_ANY_BLOCK = re.compile(
    "|".join(rf"(?<![{_QUOTES}]){re.escape(opening)}.*?(?:{re.escape(closing)}|\Z)" for opening, closing in _PAIRS),
    re.DOTALL | re.IGNORECASE,
)
_OPENINGS = {opening: re.compile(rf"\s*{re.escape(opening)}", re.IGNORECASE) for opening, _ in _PAIRS}
_CLOSINGS = {closing: re.compile(rf"(?<![{_QUOTES}]){re.escape(closing)}", re.IGNORECASE) for _, closing in _PAIRS}
_FIRST_SIGNS = frozenset(closing[0] for _, closing in _PAIRS)
_ENDS_A_SENTENCE = re.compile(r"[.!?。！？]\s*\Z")
_BEGINS_A_SENTENCE = re.compile(r"\s*[A-Z0-9#*$\\<|一-鿿]")
_TOUCHES_BEFORE = re.compile(r"[\w.!?。！？…)*$}\]%°]\Z")
_TOUCHES_AFTER = re.compile(r"[\w#*$\\<|{\[(+-]")


def split_thoughts(text: str, *, cut: bool = False) -> tuple[str | None, str]:
    """The thoughts at the beginning of a text, and the answer after them; a text without such comes back as it is.

    Thoughts stand between tags at the very beginning, one block or several. One that is never closed takes up all the
    text. A closing tag alone ends thoughts that the chat template has opened in the prompt (DeepSeek-R1 and Qwen3 since
    2025), where it stands on a line's edge or after a sentence, or touches what follows. A text in harmony's channels
    (gpt-oss) is split at its last final one, with its tokens or without. A tag in the middle of a sentence, in quotes
    or in a block of code is only being spoken of: that text stays whole.

    `cut` says that the answer did not come to its end. Where only Gemma's label `thought` is left, all of a cut text is
    thought, and the last paragraph of a whole one is its answer.

    >>> split_thoughts("<think>2 and 3</think> It is 5.")
    ('2 and 3', 'It is 5.')
    """
    for split in (split_channels, split_stripped_channels, _split_headings):
        if (found := split(text)) is not None:
            return found
    thoughts: list[str] = []
    rest = text
    while len(thoughts) < _MOST_BLOCKS and (block := _leading_block(rest)) is not None:
        thought, rest = block
        thoughts.append(thought.strip())
    if thoughts:
        return "\n\n".join(thought for thought in thoughts if thought) or None, rest.lstrip()
    return _split_label(text, cut=cut) or (None, text)


def without_thoughts(text: str) -> str:
    """What is left of a text without its thoughts, wherever they stand.

    Nothing is left after a thought that is never closed, nor before a closing tag that was never opened.
    """
    rest = _ANY_BLOCK.sub("", split_thoughts(text)[1])
    lowered = rest.lower()
    closed = [pattern for closing, pattern in _CLOSINGS.items() if closing.lower() in lowered]
    ends = (match.end() for pattern in closed for match in pattern.finditer(rest))
    return rest[max(ends, default=0) :]


def graded_text(text: str) -> str:
    """A text as it is graded: without special tokens that the server has let through at its end, or around a box.

    >>> graded_text("It is 5.<|im_end|>")
    'It is 5.'
    """
    if opened := _OPENS.match(text):
        text = text[opened.end() :]
    text = _BOX.sub("", text) if "_of_box|>" in text else text
    return text[: _end_before_tokens(text)[0]]


def leaked_tokens(text: str) -> tuple[str, ...]:
    """The special tokens that a text ends with, the last one first; in backticks they are words."""
    return _end_before_tokens(text)[1]


def _end_before_tokens(text: str) -> tuple[int, tuple[str, ...]]:
    found: list[str] = []
    end = len(text)
    while len(found) < _MOST_BLOCKS:
        tail = text[max(0, end - _LONGEST_TOKEN) : end]
        leaked = _LEAKED.search(tail)
        if leaked is None:
            break
        found.append(leaked.group().strip())
        end -= len(tail) - leaked.start()
    return end, tuple(found)


def _leading_block(text: str) -> tuple[str, str] | None:
    """The first block of thoughts and what follows it, if the text begins with one."""
    for opening, closing in _PAIRS:
        if begun := _OPENINGS[opening].match(text):
            inside = text[begun.end() :]
            end = _CLOSINGS[closing].search(inside)
            thought = inside[: end.start()] if end else inside
            return _without_label(thought), inside[end.end() :] if end else ""
    # Nearly every text has no tag at all, and that is found out at the least cost.
    if not any(sign in text for sign in _FIRST_SIGNS):
        return None
    lowered = text.lower()
    for opening, closing in _PAIRS:
        if closing.lower() in lowered and (end := _CLOSINGS[closing].search(text)):
            thought, rest = text[: end.start()], text[end.end() :]
            if opening.lower() not in thought.lower() and _ends_thoughts(thought, rest):
                return _without_label(thought), rest
    return None


def _ends_thoughts(before: str, after: str) -> bool:
    """Whether a closing tag between two texts ends thoughts, rather than being spoken of."""
    if before.count("```") % 2 and after.count("```") % 2:
        return False
    if not before or not after or before.endswith("\n") or after.startswith("\n"):
        return True
    if _TOUCHES_AFTER.match(after) or (_TOUCHES_BEFORE.search(before) and after[0].isspace()):
        return True
    return _ENDS_A_SENTENCE.search(before) is not None and _BEGINS_A_SENTENCE.match(after) is not None


def _without_label(thought: str) -> str:
    """Thoughts without the name of the channel that they begin with (Gemma)."""
    return thought[label.end() :] if (label := _LABEL.match(thought)) else thought


def _split_headings(text: str) -> tuple[str | None, str] | None:
    for begins, heading, _ in _HEADINGS:
        if (begun := begins.match(text)) and heading in text:
            thought, _, answer = text[begun.end() :].rpartition(heading)
            return thought.strip() or None, answer.strip()
    return None


def _split_label(text: str, *, cut: bool) -> tuple[str | None, str] | None:
    label = _LABEL.match(text)
    rest = text[label.end() :] if label else ""
    if not rest.strip():
        return None
    if cut:
        return rest.strip() or None, ""
    thought, _, answer = rest.rstrip().rpartition("\n\n")
    return thought.strip() or None, answer.strip()
