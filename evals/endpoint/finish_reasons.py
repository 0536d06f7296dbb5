"""What a `finish_reason` means: an answer that is complete, cut or refused, or a fault that another try may heal."""

from __future__ import annotations

import re
from enum import StrEnum


class Ending(StrEnum):
    """How an answer ended.

    Three are cut: `CUT` at the budget, `FULL` at the context window, `BROKEN_OFF` by the engine before either.
    `UNKNOWN` is a reason that no row names: its text is graded, and it is reported by name.
    """

    COMPLETE = "complete"
    CUT = "cut"
    FULL = "full"
    BROKEN_OFF = "broken off"
    REFUSED = "refused"
    FAULT = "fault"
    UNKNOWN = "unknown"


# Each row: the ending, the reasons as they are sent, and by whom (API reference, or the source file that writes them).
_ROWS: tuple[tuple[Ending, str, str], ...] = (
    (Ending.COMPLETE, "stop tool_calls function_call", "OpenAI's API reference, and every engine that follows it"),
    (Ending.COMPLETE, "eos_token stop_sequence", "TGI, router/src/lib.rs; IBM's TGIS, proto/generation.proto"),
    (
        Ending.COMPLETE,
        "eos stop_token stop_string end_filter",
        "Together's reference; TabbyAPI and ExLlama's eos_reason",
    ),
    (Ending.COMPLETE, "end_id stop_words", "TensorRT-LLM, executor/types.h"),
    (Ending.COMPLETE, "end_turn tool_use stop_sequence", "Anthropic's Messages API, Bedrock's Converse API"),
    (Ending.COMPLETE, "malformed_model_output malformed_tool_use", "Bedrock's Converse API: the model's own doing"),
    (Ending.COMPLETE, "complete stop_sequence tool_call", "Cohere's API reference"),
    (Ending.COMPLETE, "completed finish finished done", "OpenAI's Responses API; Titan; proxies of both"),
    (Ending.COMPLETE, "end_of_text endoftext stop_sequence_reached", "Aleph Alpha's and AI21's references"),
    (Ending.COMPLETE, "eos_found stop_string_found", "LM Studio's SDK, LLMPredictionStopReason"),
    (Ending.COMPLETE, "parse_error", "LMDeploy, serve/openai: its parser could not read what the model wrote"),
    (Ending.COMPLETE, "eot eom end_of_turn stop_word word normal", "Llama's and Gemma's turns; llama.cpp; Qianfan"),
    (
        Ending.COMPLETE,
        "malformed_function_call unexpected_tool_call too_many_tool_calls",
        "Gemini: the model's own doing",
    ),
    (Ending.CUT, "length", "OpenAI's API reference, and every engine that follows it"),
    (Ending.CUT, "max_tokens max_output_tokens max_completion_tokens", "Anthropic, Gemini, Cohere, Responses API"),
    (
        Ending.CUT,
        "token_limit max_new_tokens limit maximum_tokens",
        "TGIS; ExLlama; llama.cpp's stop_type; Aleph Alpha",
    ),
    (Ending.CUT, "max_predicted_tokens_reached", "LM Studio's SDK, LLMPredictionStopReason"),
    (Ending.CUT, "max_len max_length incomplete", "xAI's gRPC API; OpenAI's Responses API"),
    (Ending.BROKEN_OFF, "repetition loop_detected", "vLLM's repetition detection, v1/engine; ExLlama"),
    (Ending.BROKEN_OFF, "compaction pause_turn", "Anthropic's Messages API: the turn is not over"),
    (Ending.FULL, "model_length", "Mistral's API reference"),
    (Ending.FULL, "model_context_window_exceeded", "Anthropic's Messages API, Zhipu's and Z.ai's references"),
    (Ending.FULL, "context_length_exceeded context_window_exceeded context_overflow", "proxies; the client's own mark"),
    (Ending.FULL, "context_length_reached", "LM Studio's SDK, LLMPredictionStopReason"),
    (Ending.FULL, "max_context max_context_length context_length context_limit context", "xAI's gRPC API; Reka's"),
    (Ending.REFUSED, "content_filter refusal", "OpenAI, Azure, Moonshot, DeepSeek; Anthropic since Claude 4"),
    (Ending.REFUSED, "safety recitation blocklist prohibited_content spii language", "Gemini, FinishReason"),
    (Ending.REFUSED, "image_safety image_prohibited_content image_recitation model_armor", "Gemini, FinishReason"),
    (Ending.REFUSED, "sensitive", "Zhipu's and Hunyuan's API references"),
    (Ending.REFUSED, "guardrail_intervened content_filtered", "Bedrock's Converse API"),
    (Ending.REFUSED, "error_toxic", "Cohere's API reference"),
    (
        Ending.REFUSED,
        "blocked flagged moderation refused policy_violation content_policy_violation",
        "guarding proxies",
    ),
    (Ending.REFUSED, "data_inspection_failed escalation", "DashScope; LiteLLM, core_helpers.py"),
    (Ending.FAULT, "abort error", "vLLM, vllm/v1/engine; SGLang, schedule_batch.py; LMDeploy, messages.py; OpenRouter"),
    (Ending.FAULT, "timeout timed_out cancelled not_finished", "TensorRT-LLM, executor/types.h and executor/result.py"),
    (Ending.FAULT, "time_limit", "IBM's TGIS, proto/generation.proto; xAI's gRPC API"),
    (Ending.FAULT, "insufficient_system_resource", "DeepSeek's API reference"),
    (Ending.FAULT, "network_error", "Zhipu's and Z.ai's API references"),
    (Ending.FAULT, "engine_overloaded", "Moonshot's API"),
    (Ending.FAULT, "error_limit user_cancel", "Cohere's API reference"),
    (Ending.FAULT, "user_stopped model_unloaded failed", "LM Studio's SDK, LLMPredictionStopReason"),
    (Ending.FAULT, "preempt preempted evicted", "MLC-LLM, serve/data.py; schedulers that make room"),
    (
        Ending.FAULT,
        "rate_limit_exceeded resource_exhausted server_error",
        "OpenAI's Responses API; Google's status codes",
    ),
    (Ending.FAULT, "unclosed_stream in_progress running queued pending", "relays that hand over what had come so far"),
)

# What engines add words to (`upstream_timeout`, `MAX_OUTPUT_TOKENS_REACHED`): looked for in a reason without a row.
_STEMS: tuple[tuple[Ending, tuple[str, ...]], ...] = (
    (
        Ending.FAULT,
        (
            *("abort", "busy", "cancel", "crash", "deadline", "dead", "disconnect", "error", "evict", "exception"),
            *("failed", "failure", "insufficient", "interrupt", "killed", "notfinished", "outofmemory", "overload"),
            *("preempt", "ratelimit", "reset", "shutdown", "stalled", "throttle", "timedout", "timeout"),
            *("unavailable", "unfinished"),
        ),
    ),
    (
        Ending.REFUSED,
        (
            *("blocked", "contentfilter", "contentpolic", "filtered", "guardrail", "inappropriate", "moderat"),
            *("prohibited", "refus", "safety", "sensitive", "toxic"),
        ),
    ),
    (Ending.FULL, ("contextlength", "contextwindow", "contextsize", "maxmodellen")),
    (Ending.CUT, ("length", "maxcompletion", "maxlen", "maxnewtoken", "maxoutput", "maxtoken", "tokenlimit")),
    (Ending.COMPLETE, ("endofsequence", "endofturn", "eostoken", "stopsequence", "stopstr", "stoptoken", "stopword")),
)

_NULLS = frozenset({"null", "none", "nil"})
"""What DashScope and DeepSpeed-MII write for a reason that is not there."""

_ENUM_NAME = re.compile(r"^(?:finishreason|stopreason|reason)+(?=.)")
_CONSTANT = re.compile(r"\Ak(?=[A-Z])")


def _key(reason: str) -> str:
    """A reason without case, separators and the name of the enumeration that some servers print with it."""
    letters = "".join(character for character in _CONSTANT.sub("", reason).casefold() if character.isalnum())
    return _ENUM_NAME.sub("", letters)


_ENDINGS = {_key(reason): ending for ending, reasons, _ in _ROWS for reason in reasons.split()}


CUT_SHORT = frozenset({Ending.CUT, Ending.FULL, Ending.BROKEN_OFF})


def ending_of(reason: str) -> Ending:
    """How an answer with this `finish_reason` ended; case and separators do not matter.

    >>> ending_of("MAX_TOKENS"), ending_of("Content-Filter"), ending_of("FinishReason.STOP")
    (<Ending.CUT: 'cut'>, <Ending.REFUSED: 'refused'>, <Ending.COMPLETE: 'complete'>)
    """
    key = _key(reason)
    if (ending := _ENDINGS.get(key)) is not None:
        return ending
    return next((ending for ending, stems in _STEMS if any(stem in key for stem in stems)), Ending.UNKNOWN)


def reason_text(value: object) -> str | None:
    """A `finish_reason` as text; `None` where the server said that there is none.

    SGLang's native form is an object with a `type`; a number is some engine's enumeration.
    """
    if isinstance(value, dict):
        value = value.get("type")
    if value is None or isinstance(value, bool):
        return None
    text = str(value) if isinstance(value, int) else value
    return None if not isinstance(text, str) or text.strip().casefold() in _NULLS else text
