"""Whether prompt and token budget exceed the context window: from the servers' own texts, and from token counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Each row: a pattern over the lower-cased body, and who says so (source file, or API where that is not public).
_ROWS: tuple[tuple[str, str], ...] = (
    (r"context_length_exceeded|context_window_exceeded|contextwindowexceeded", "OpenAI's code; LiteLLM's exception"),
    (r"exceed_context_size|exceeds? the available context size", "llama.cpp, tools/server: 400, and Ollama's 500"),
    (r"context size has been exceeded", "llama.cpp, tools/server: 500 in mid-answer; LM Studio passes it on"),
    (r"maximum context length", "OpenAI, vLLM, DeepSeek, OpenRouter, SGLang, Mistral"),
    (r"maximum (?:model|prompt) length (?:of|is) \d", "vLLM, v1/engine/processor.py; xAI"),
    (r"context length is only|longer than the model's (?:maximum )?context", "vLLM; SGLang, tokenizer_manager.py"),
    (r"exceeds? the (?:max_model_len|maximum model len)", "vLLM, entrypoints"),
    (r"max_tokens must be at least 1, got -", "vLLM: the prompt left less than nothing"),
    (r"maximum allowed length", "SGLang, scheduler.py"),
    (r"exceeds? (?:the )?maximum input length|maximum input length (?:of|is)", "TensorRT-LLM, llmRequest.h; SGLang"),
    (r"should not exceed max_(?:seq_len|num_tokens)", "TensorRT-LLM, llmapi/llm.py"),
    (r"default_max_tokens \(-?\d+\) must be greater than 0", "TensorRT-LLM, executor/base_worker.py"),
    (r"max_new_tokens\W+must be <=|inputs\W+must have less than \d+ tokens", "TGI, router/src/validation.rs; Together"),
    (r"must be smaller than the model context length|exceeds the model context length", "LMDeploy, async_engine.py"),
    (r"request would exceed session_len|input_length_error", "LMDeploy before 0.10"),
    (r"tokens to keep from the initial prompt is greater than the context", "LM Studio"),
    (r"loaded with context length of only|reached context length of \d+", "LM Studio"),
    (r"prompt is longer than the context|input length exceeds the (?:maximum )?context", "Ollama, llm/llama_server.go"),
    (r"input (?:after truncation )?exceeds maximum context|exceeded max context length", "Ollama, server/routes.go"),
    (r"exceeds? the context window|exceeds? max(?:imum)? context|context window exceed", "OpenAI's Responses; MiniMax"),
    (r"prompt(?: is)? too long|prompt exceeds max length", "Anthropic, Fireworks, Ollama, MLX servers, Zhipu"),
    (r"exceeds? (?:the )?context limit", "Anthropic: input and max_tokens together; Bedrock"),
    (r"input token count .{0,40}exceeds? the maximum", "Gemini and Vertex"),
    (r"exceeds? the maximum number of (?:input )?tokens allowed", "Gemini and Vertex"),
    (r"too large for model with \d|too many tokens in prompt|prompt is too large for", "Mistral"),
    (r"input is too long for requested model", "Bedrock"),
    (r"reduce (?:the|your) (?:length of )?(?:the )?(?:input )?(?:messages|prompt)", "OpenAI, vLLM, Groq, Cerebras"),
    (r"current length is \d+ while limit is \d+", "Cerebras"),
    (r"exceeded model token limit", "Moonshot"),
    (r"prompt token count of \d+ exceeds the limit|max_prompt_tokens_exceeded", "GitHub Models and Copilot"),
    (r"input tokens exceed the configured limit", "Azure, Databricks"),
    (r"range of input length should be", "DashScope"),
    (r"too many tokens: (?:size|total|the)", "Cohere"),
    (r"exceeded this model context window limit", "Cloudflare's Workers AI"),
    (r"prompt tokens: \d+ exceeds model max length", "OpenVINO Model Server"),
    (r"(?:context|prompt) length \d+ is greater than max_seq_len", "TabbyAPI"),
    (r"larger than the model input length limit", "MLC-LLM"),
    (r"maximum supported sequence length is", "SambaNova"),
    (r"cannot exceed the total tokens limit", "IBM watsonx"),
    (r"max_(?:new_)?tokens\W+(?:must be <=|exceeds? \d)", "DeepInfra, Databricks, Novita: after the prompt's tokens"),
    (r"prompt超长|输入.{0,12}超(?:过|出).{0,12}(?:上下文|最大|限制|长度)", "Zhipu, Qianfan and others in Chinese"),
    # The families that new wordings come from: the window is named, and said to be exceeded; or the prompt is.
    (
        r"(?:exceed|overflow|longer than|larger than|greater than|too (?:long|large|big) for).{0,60}"
        r"(?:context (?:length|size|window|limit)|\bn_ctx\b|max_model_len|max_seq_len|sequence length)",
        "a family of wordings",
    ),
    (
        r"(?:context (?:length|size|window|limit)|max_model_len|max_seq_len|sequence length).{0,80}"
        r"(?:exceeded|overflow|you requested|requested \d|too (?:small|short) for|was exceeded|is full)",
        "a family of wordings",
    ),
    (
        r"(?:prompt|input|token count|request)\b[^.]{0,40}?tokens?\b[^.]{0,40}?"
        r"(?:exceed|too long|longer than|larger than|greater than|more than)",
        "a family of wordings",
    ),
    (
        r"(?:prompt|input|token count|request)\b[^.]{0,40}?"
        r"(?:exceed|too long|longer than|larger than|greater than|more than)[^.]{0,60}?tokens?\b",
        "a family of wordings",
    ),
    (r"(?:token count|input length \+ max_tokens) exceeds?", "a family of wordings"),
    (r"too many (?:input |prompt )?tokens|(?:prompt|input|sequence) is too long", "a family of wordings"),
    (r"(?:larger|longer|greater|more) than (?:the |its )?context", "a family of wordings"),
    (
        r"(?:context (?:length|size|window|limit)|max_model_len|max_seq_len)[^.]{0,40}(?:is smaller than|but)",
        "a family",
    ),
)
_OVERFLOW = re.compile("|".join(pattern for pattern, _ in _ROWS), re.DOTALL)

# What speaks of lengths and tokens and is something else: quotas (Groq's 413 among them), a single overlong field,
# a cap on the output alone.
_SOMETHING_ELSE = re.compile(
    r"tokens per (?:minute|day|hour)|\btp[md]\b|rate.?limit|quota|string_above_max_length|string too long"
    r"|too many requests|\b(?:characters|images|bytes|[km]b|stop sequences|vocabulary)\b"
    r"|maximum allowed number of output tokens|supports at most \d+ completion tokens"
)

_READ = 4000
"""So much of a body is read: some servers send the whole prompt back behind their own words."""

_SLACK_TOKENS = 16
"""Engines keep back a few tokens of their window."""

_UNCOUNTED_TOKENS = 2
"""Some do not count the last tokens that they generate."""


def is_context_overflow(body: object) -> bool:
    """Whether the body of a refusal says that prompt and budget exceed the context window.

    Parameters
    ----------
    body
        The body as it was parsed, or its text.
    """
    text = (body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False))[:_READ].lower()
    return _OVERFLOW.search(text) is not None and _SOMETHING_ELSE.search(text) is None


def generated_tokens(usage: Mapping[str, Any] | None) -> int | None:
    """How many tokens were generated, thoughts included; `None` where the usage does not tell.

    Gemini leaves the thoughts out of `completion_tokens`, but not out of `total_tokens`.
    """
    prompt, completion, total = (_count(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if completion is None:
        return None
    return completion if prompt is None or total is None else max(completion, total - prompt)


def was_clamped(usage: Mapping[str, Any] | None, max_tokens: int | None) -> bool:
    """Whether an answer that ended for its length has used up less than the budget that was asked for."""
    generated = generated_tokens(usage)
    return generated is not None and max_tokens is not None and generated < max_tokens - _UNCOUNTED_TOKENS


def context_tokens(usage: Mapping[str, Any] | None) -> int | None:
    """How many tokens of a context window prompt and answer took up; `None` where the usage does not tell."""
    prompt, generated = _count(usage, "prompt_tokens"), generated_tokens(usage)
    return None if prompt is None or generated is None else prompt + generated


def has_outgrown(usage: Mapping[str, Any] | None, window: int) -> bool:
    """Whether a window is longer than what prompt and answer took up, so that another would not have ended there."""
    taken = context_tokens(usage)
    return taken is not None and taken < window - _SLACK_TOKENS


def _count(usage: Mapping[str, Any] | None, name: str) -> int | None:
    value = usage.get(name) if usage is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
