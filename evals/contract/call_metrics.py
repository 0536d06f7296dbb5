"""What is judged of a reply to a request with tools: metrics of 0 or 1, and the marks of a call that came as text."""

from __future__ import annotations

from enum import StrEnum


class CallMetric(StrEnum):
    """The metrics of one reply by their names in a sample; `DUE` and `CALLED` are facts, the others judge.

    Where nothing was said all that judge are 0. Where no call came, what judges calls is 1 only where none was due for
    certain: a build that stops calling must not look like one that calls well.
    """

    SCHEMA_VALID = "schema_valid"
    TRIGGER = "trigger"
    JSON_VALID = "json_valid"
    NAME_KNOWN = "name_known"
    ARGUMENTS_EQUAL = "arguments_equal"
    NOT_ONLY_REASONING = "not_only_reasoning"
    NO_LEAK = "no_leak"
    STREAM_EQUAL = "stream_equal"
    DUE = "due"
    CALLED = "called"


FACTS = frozenset({CallMetric.DUE, CallMetric.CALLED})
"""What no build is the better for, so that nothing can be decided by it."""


class Mismatch(StrEnum):
    """Why a call is not one that its tools allow, by the names that verifiers use; the first that holds counts."""

    INVALID_JSON = "InvalidJson"
    UNKNOWN_NAME = "UnknownName"
    SCHEMA_MISMATCH = "SchemaMismatch"


# How a model writes a call for its server's parser to find, and whose it is: the chat template or the parser.
CALL_MARKS: tuple[tuple[str, str], ...] = (
    ("<tool_call", "Hermes, Qwen, GLM, Nemotron and many others; also <tool_calls>"),
    ("</tool_call", "the same, where the parser took the beginning away"),
    ("<function=", "Qwen3-Coder, Functionary, Llama 3.1's own"),
    ("<function_call", "Granite; also <function_calls>"),
    ("<functioncall", "Glaive"),
    ("<|tool", "Kimi K2's sections, Granite 3 and Phi-4-mini"),
    ("<|python_tag|>", "Llama 3.1"),
    ("<|function_call", "internlm and Mixtral's fine-tunes"),
    ("<|action_start|>", "InternLM 2"),
    ("[TOOL_CALLS]", "Mistral"),
    ("[TOOL_REQUEST]", "LM Studio's default"),
    ("<TOOLCALL>", "Nemotron Nano"),
    ("<｜tool", "DeepSeek V3 and R1, between wide bars"),
    ("<｜DSML｜", "DeepSeek V3.2"),
    ("<minimax:tool_call", "MiniMax M2"),
    ("<seed:tool_call", "Seed-OSS"),
    ("<longcat_tool_call", "LongCat-Flash"),
    ("<invoke name=", "MiniMax M2 and Anthropic's form"),
    ("<arg_key>", "GLM 4.5 and later"),
    ("<start_function_call>", "FunctionGemma"),
    ("<|START_ACTION|>", "Cohere Command R7B and A"),
    ("<|channel|>commentary to=functions", "gpt-oss, harmony"),
    ("commentary to=functions", "the same without its special tokens"),
    ("functools[", "Phi-4-mini"),
    ("✿FUNCTION✿", "Qwen-Agent"),
)


def call_mark(text: str) -> str | None:
    """The first mark of a call in a text, `None` where there is none.

    >>> call_mark('Sure. <tool_call>{"name": "get"}')
    '<tool_call'
    """
    found = [(place, mark) for mark, _ in CALL_MARKS if (place := text.find(mark)) >= 0]
    return min(found)[1] if found else None
