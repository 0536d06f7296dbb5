"""What a refused request (HTTP 4xx, or an error under HTTP 200) means: a full context, a content filter, a bad key."""

from __future__ import annotations

import json
import re

from quantgate.evals.contract.records import Answer, Status
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.remedies import remedy

CONTEXT_OVERFLOW = "context_overflow"
"""Stands as `finish_reason` where the server answered nothing, since prompt and budget exceed its context window."""

_READ = 20_000

# Azure (code content_filter, inner code ResponsibleAIPolicyViolation), OpenAI (content_policy_violation, safety
# system), DashScope (data_inspection_failed), MiniMax (1026 and 1027, new_sensitive), Zhipu (1301), OpenRouter (403:
# the input was flagged), Moonshot (high risk), DeepSeek (Content Exists Risk), Bedrock (guardrail), xAI (guidelines).
_FILTERED = re.compile(
    r'"content_filter"|\bcode\W+content_filter|responsibleaipolicyviolation|content_policy_violation'
    r"|content management policy|safety system|data_?inspection_?failed"
    r"|(?:input|output) (?:data )?may contain inappropriate content"
    r"|new_sensitive|不安全或敏感|content exists risk"
    r"|violat\w{1,12} (?:our |the )?(?:usage|content) (?:polic|guideline)"
    r"|input was flagged|requires moderation|guardrail_intervened|high risk.{0,20}rejected",
    re.IGNORECASE,
)

# LiteLLM's proxy without a database (400), Gemini and xAI (400), gateways that answer 400 for a key they do not know.
_BAD_KEY = re.compile(
    r"no connected db|api[ _-]?key not valid|api_key_invalid|(?:incorrect|invalid|missing|no) (?:\w+ )?api[ _-]?key"
    r"|invalid_api_key|authentication_?error|invalid (?:bearer|auth\w*|proxy server) token",
    re.IGNORECASE,
)


def is_content_refusal(body: object) -> bool:
    """Whether the body of a refusal says that a filter would not let this prompt or its answer pass."""
    return _FILTERED.search(_text(body)) is not None


def is_key_problem(body: object) -> bool:
    """Whether the body of a refusal speaks of the key, whatever its HTTP status is."""
    return _BAD_KEY.search(_text(body)) is not None


def refused_answer(body: object, said: str, attempts: int) -> Answer:
    """What becomes of a request that the server would not take; `said` is its text for people.

    A full context is `truncated`, a filter's refusal `refused`: both are the build's own, and score 0. Anything else is
    an `error`.
    """
    if is_context_overflow(body):
        return Answer(Status.TRUNCATED, finish_reason=CONTEXT_OVERFLOW, error=said, attempts=attempts, refused=True)
    if is_content_refusal(body):
        return Answer(Status.REFUSED, finish_reason="content_filter", error=said, attempts=attempts, refused=True)
    told = "; ".join(filter(None, (said, remedy(_text(body)))))
    return Answer(Status.ERROR, error=told, attempts=attempts, refused=True)


def _text(body: object) -> str:
    """The beginning of a body, where its words are: some servers send the whole prompt back behind them."""
    return (body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False))[:_READ]
