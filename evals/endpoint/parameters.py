"""The body of a chat completion request: which parameters go into it, and what a server's refusal says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quantgate.evals.contract.records import Request
from quantgate.evals.endpoint.connection import OMITTABLE
from quantgate.evals.endpoint.overflow import is_context_overflow

MAX_TOKENS = "max_tokens"

# OpenAI and Azure (unsupported_parameter, "does not support 0.0 with this model"), pydantic's forbidden extras (NIM,
# vLLM with strict bodies, Mistral), Bedrock, Groq, xAI, LiteLLM (UnsupportedParamsError), Anthropic's "deprecated".
_NOT_TAKEN = re.compile(
    r"\b(?:un|not |non-?|isn't |no longer )"
    r"(?:supported|recogni[sz]ed|permitted|allowed|accepted|known|expected|valid|available)"
    r"|\b(?:unsupported|unrecognized|unknown|unexpected|deprecated|incompatible|instead|only the default|must not be)\b"
    r"|\b(?:does not|do not|doesn't|don't|cannot|can't) (?:be )?"
    r"(?:support|accept|allow|recogni[sz]e|permit|specified|set|used|changed)\b"
    r"|\bextra (?:inputs?|fields?|parameters?)|\binvalid (?:parameter|argument|field|key)",
    re.IGNORECASE,
)
_BUDGETS = re.compile(
    r"\b(max_(?:completion|new|output|gen|generated)_(?:tokens|toks)|max_?(?:length|len)|max_tokens)\b"
)


def request_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON body of one chat completion request; parameters that are `None` are left to the server."""
    sampling = request.sampling
    optional = {
        "seed": request.seed,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        MAX_TOKENS: sampling.max_tokens,
        "stop": list(sampling.stop) or None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    prompt = request.prompt
    return {"model": model, "messages": list(prompt.messages), **given, **prompt.body, **sampling.extra_body}


def fitted(body: Mapping[str, Any], omitted: frozenset[str], max_tokens_field: str) -> dict[str, Any]:
    """The body without what is to be left out, its token budget under the name that the server knows."""
    return {
        max_tokens_field if name == MAX_TOKENS else name: value for name, value in body.items() if name not in omitted
    }


def other_budget_field(refusal: str, sent: str) -> str | None:
    """The name that a refusal gives for the token budget in place of the one that was sent; `None` if it gives none."""
    if not _speaks_of(sent, refusal) or is_context_overflow(refusal) or _NOT_TAKEN.search(refusal) is None:
        return None
    named = [name for name in _BUDGETS.findall(refusal) if name != sent]
    return named[0] if named else None


def advice(refusal: str) -> str | None:
    """What may be done about a refusal that names a parameter; `None` where it names none."""
    if is_context_overflow(refusal) or _NOT_TAKEN.search(refusal) is None:
        return None
    named = [name for name in OMITTABLE if _speaks_of(name, refusal)]
    if MAX_TOKENS in named:
        return "--max-tokens-field NAME sends the token budget under another name, --omit max_tokens sends none"
    if named:
        return f"--omit {','.join(named)} leaves {'it' if len(named) == 1 else 'them'} to the server"
    return None


def _speaks_of(name: str, text: str) -> bool:
    words = name.replace("_", "[_ ]")
    return re.search(rf"(?<![\w]){words}(?![\w])", text, re.IGNORECASE) is not None
