"""A full context window, told from other refusals and from a budget that was used up."""

from __future__ import annotations

import pytest

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.endings import overflown
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.endpoint.overflow import generated_tokens, is_context_overflow
from tests.evals.made_runs import by_columns

OVERFLOWS = {
    "OpenAI": "This model's maximum context length is 128000 tokens. However, your messages resulted in 130518 tokens.",
    "OpenAI's Responses": "Your input exceeds the context window of this model. Please adjust your input "
    "and try again.",
    "vLLM": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 "
    "in the messages)",
    "vLLM, prompt": "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    "vLLM, budget": "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum "
    "context length is 4096",
    "vLLM, newer": "You passed 513 input tokens and requested 1 output tokens. However, the model's context "
    "length is only 512",
    "vLLM, nothing left": "max_tokens must be at least 1, got -904.",
    "SGLang": "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    "SGLang, budget": "Requested token count exceeds the model's maximum context length of 8192 tokens. You "
    "requested a total",
    "SGLang, pool": "Input length (9000 tokens) exceeds the maximum allowed length (8187 tokens). Use a shorter input",
    "TensorRT-LLM": "The sum of prompt length (4000) and query length (0) max_tokens (2048) should not "
    "exceed max_seq_len (4096)",
    "TensorRT-LLM, prompt": "Prompt length (9000) exceeds maximum input length (8192). Set log level to info",
    "TensorRT-LLM, left": "default_max_tokens (-5) must be greater than 0, default_max_tokens = max_seq_len "
    "- splited_prompt_len",
    "TGI": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 "
    "`inputs` tokens and 500",
    "TGI, prompt": "Input validation error: `inputs` must have less than 4095 tokens. Given: 9000",
    "llama.cpp": "request (331 tokens) exceeds the available context size (256 tokens), try increasing it",
    "llama.cpp, older": "the request exceeds the available context size. try increasing the context size or "
    "enable shift",
    "llama.cpp, 500": "Context size has been exceeded.",
    "LMDeploy": "Input length (9000) must be smaller than the model context length (8192).",
    "LMDeploy, engine": "The request exceeds the model context length.",
    "LM Studio": "Trying to keep the first 4500 tokens when context the overflows. However, the model is "
    "loaded with context "
    "length of only 4096 tokens, which is not enough.",
    "LM Studio, older": "The number of tokens to keep from the initial prompt is greater than the context length.",
    "LM Studio, answer": "Reached context length of 4096 tokens with this model, but it does not support overflow",
    "Ollama": "the prompt is longer than the context length currently available to the model; shorten the prompt",
    "Ollama, older": "prompt too long; exceeded max context length by 1234 tokens",
    "Ollama, input": "the input length exceeds the context length",
    "Anthropic": "prompt is too long: 213462 tokens > 200000 maximum",
    "Anthropic, budget": "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, "
    "decrease input length",
    "Bedrock": "ValidationException: Input is too long for requested model.",
    "Gemini": "The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).",
    "Mistral": "Prompt contains 131075 tokens and 0 draft tokens, too large for model with 131072 maximum "
    "context length",
    "xAI": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "Groq": "Please reduce the length of the messages or completion.",
    "Cerebras": "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    "OpenRouter": "This endpoint's maximum context length is 131072 tokens. However, you requested about 148000 tokens",
    "Fireworks": "The prompt is too long: 140209, model maximum context length: 131071",
    "Moonshot": "Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)",
    "MiniMax": "invalid params, context window exceeds limit (2013)",
    "Zhipu": "Prompt exceeds max length",
    "DashScope": "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
    "Cohere": "too many tokens: size limit exceeded by 12345 tokens",
    "Azure": "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 301213 tokens.",
    "Copilot": "prompt token count of 140000 exceeds the limit of 128000",
    "Workers AI": "The estimated number of input and maximum output tokens (9000) exceeded this model "
    "context window limit (8000).",
    "oMLX": "Prompt too long: 9000 tokens exceeds max context window of 8192 tokens",
    "TabbyAPI": "Prompt length 9000 is greater than max_seq_len 8192",
    "llama-cpp-python": "Requested tokens (5000) exceed context window of 4096",
    "MLC-LLM": "Request prompt has 9000 tokens in total, larger than the model input length limit 8192.",
    "SambaNova": "Requested generation length 9000 is not possible! generating it requires a sequence "
    "length of 17000, but "
    "the maximum supported sequence length is just 8192!",
    "watsonx": "the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model",
    "Databricks": "input tokens + max_tokens must be <= 8192",
    "a third": "Input prompt (9000 tokens) is too long and exceeds limit of 8192",
    "a new one": "Request of 9000 tokens overflows the context window (8192)",
    "another": "Sequence length 9000 exceeded the limit: the context size was exceeded",
}

OTHERS = [
    "temperature must be non-negative",
    "the context window option is unknown",
    "max context window setting is invalid",
    "Unsupported parameter: context. Remove it and try again.",
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "max_tokens must be at least 1, got 0.",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    "max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens for claude-3-5-sonnet-20241022",
    "max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.",
    "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce "
    "your message size",
    "Rate limit reached: too many tokens: the maximum context length of your tier",
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576",
    "Unknown model: long-context-length-8k",
    "chat_template_kwargs: unknown key enable_thinking",
    "`max_new_tokens` must be strictly positive",
    "`temperature` must be strictly positive",
    "best_of must be > 0 and <= 2. Given: 3",
    "The long context beta is not yet available for this subscription.",
    "model requires more system memory (12.0 GiB) than is available (8.0 GiB)",
    "413 Request Entity Too Large",
    "the request exceeded the maximum number of retries",
    "request timed out: exceeded the maximum of 300 s",
    "input queue exceeds its maximum size of 512",
    "invalid input: token id 5 exceeds the vocabulary",
    "max_tokens exceeds the maximum of 4096 output tokens",
    "max_tokens must be less than or equal to 4096",
    "messages: too many images, the limit is 5",
    "temperature: wrong. The input was: " + "x" * 4000 + " prompt is too long: 9 tokens > 8 maximum",
    "tools: at most 128 are allowed",
    "Invalid schema for function 'read_file': maximum depth exceeded",
]


@pytest.mark.parametrize("text", OVERFLOWS.values(), ids=OVERFLOWS)
def test_every_servers_text_for_a_full_context_is_known(text):
    assert is_context_overflow(text)
    assert is_context_overflow({"error": {"message": text, "type": "invalid_request_error"}})


@pytest.mark.parametrize("text", OTHERS)
def test_other_refusals_are_none_even_where_they_speak_of_tokens(text):
    assert not is_context_overflow({"error": {"message": text}})


def test_a_code_says_it_without_words():
    assert is_context_overflow({"error": {"code": "context_length_exceeded", "message": "no"}})
    assert is_context_overflow({"error": {"type": "exceed_context_size_error", "n_ctx": 512}})


def usage(prompt: int, completion: int, total: int | None = None) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total or prompt + completion}


def cut(finish_reason: str = "length", **fields: object) -> Sample:
    fields = {"response": "text", **fields}
    return Sample("t", "1", 0, "h", Status.TRUNCATED, 0.0, finish_reason=finish_reason, **fields)  # type: ignore[arg-type]


def overflows(sample: Sample, max_tokens: int | None, window: int | None) -> bool:
    """Whether the context window is found to have kept a sample from its budget."""
    samples = by_columns([sample])
    build = Build(None, samples, lambda _: iter(()), 1, {"max_tokens": max_tokens}, window)
    return overflown(build, samples) == 1


def test_thoughts_count_where_a_server_leaves_them_out_of_the_completion():
    assert generated_tokens(usage(100, 20, 620)) == 520
    assert generated_tokens({"completion_tokens": 20}) == 20
    assert generated_tokens({"completion_tokens": True}) is None
    assert generated_tokens(None) is None


@pytest.mark.parametrize(
    ("sample", "window", "full"),
    [
        (cut(usage=usage(1000, 3096)), 4096, True),
        (cut(usage=usage(1000, 3090)), 4096, True),
        (cut(usage=usage(1000, 3096)), None, False),
        (cut(usage=usage(1000, 2000)), 4096, False),
        (cut(usage=usage(1000, 4000)), 8192, False),
        (cut(usage=usage(1000, 4000)), 5000, False),
        (cut(usage=None), 4096, False),
        (cut("model_length", usage=None), None, True),
        (cut("repetition", usage=usage(1000, 3096)), 4096, False),
        (cut("context_overflow", response=None, error="HTTP 400"), None, True),
        (Sample("t", "1", 0, "h", Status.OK, 1.0, finish_reason="stop", usage=usage(1000, 3096)), 4096, False),
    ],
)
def test_an_answer_that_was_cut_before_its_budget_of_4000_at_the_window_overflowed(sample, window, full):
    assert overflows(sample, 4000, window) is full


def test_without_a_budget_only_the_window_can_cut():
    assert overflows(cut(usage=usage(1000, 3096)), None, 4096)
    assert not overflows(cut(usage=usage(1000, 3096)), None, None)
