"""Asks a server for the token ids that it makes of prompts, through its chat template where it shows that.

No server has to show them: what cannot be had is `None` and stands in nobody's way.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Prompt
from quantgate.evals.contract.token_ids import TokenIds
from quantgate.evals.endpoint.failures import Refusal
from quantgate.evals.errors import QuantgateError
from quantgate.evals.hashing import canonical_hash

PROMPTS = 3
"""So many prompts of a task are enough: a template is in each of them."""

_DEADLINE_S = 20.0
_OF_TEMPLATE = ("tools", "chat_template_kwargs", "add_generation_prompt", "continue_final_message", "chat_template")
"""What of a request's body changes what the template makes of it."""


class Server(Protocol):
    """What is asked of an `evals.endpoint.client.Endpoint`."""

    def beside(self, path: str) -> str: ...

    async def post(
        self, url: str, body: Mapping[str, Any] | None, read: Callable[[str], str], deadline_s: float
    ) -> tuple[str, int]: ...


async def token_ids_of(
    endpoint: Server, model: str, prompts: Sequence[Prompt], extra_body: Mapping[str, Any]
) -> TokenIds | None:
    """What a server makes of the first few prompts; `None` where it shows nothing of that.

    References
    ----------
    vLLM, "Tokenizer API": `/tokenize` takes `messages`, and makes of them what a chat completion does. llama.cpp,
    tools/server/README.md: `/apply-template` gives the text, `/tokenize` with `parse_special` its ids. SGLang's takes
    text alone, as vLLM's takes it (`prompt`).
    """
    chosen = prompts[:PROMPTS]
    plain = await _all(_plain(endpoint, model, _text_of(prompt)) for prompt in chosen)
    if plain is None:
        return None
    templated = None
    if all(prompt.messages for prompt in chosen):
        for way in (_by_messages, _by_template):
            templated = await _all(way(endpoint, model, _asked(prompt, extra_body)) for prompt in chosen)
            if templated is not None:
                break
    shown = templated or plain
    return TokenIds(
        canonical_hash([list(prompt.messages), _text_of(prompt)] for prompt in chosen),
        None if templated is None else canonical_hash(templated),
        canonical_hash(plain),
        len(shown[0]),
    )


async def _all(asking: Iterable[Awaitable[list[int] | None]]) -> list[list[int]] | None:
    """The ids of each prompt, one after the other; `None` as soon as one cannot be had."""
    found = []
    for each in asking:
        ids = await each
        if not ids:
            return None
        found.append(ids)
    return found


def _asked(prompt: Prompt, extra_body: Mapping[str, Any]) -> dict[str, Any]:
    beside = {**prompt.body, **extra_body}
    return {"messages": list(prompt.messages), **{name: beside[name] for name in _OF_TEMPLATE if name in beside}}


def _text_of(prompt: Prompt) -> str:
    """A prompt's bare text: of messages what they say, of log-likelihoods the first continuation in its context."""
    if prompt.continuations:
        return prompt.continuations[0].context + prompt.continuations[0].text
    said = [message.get("content") for message in prompt.messages]
    return "\n".join(content for content in said if isinstance(content, str))


async def _by_messages(endpoint: Server, model: str, asked: Mapping[str, Any]) -> list[int] | None:
    return await _ids(endpoint, {"model": model, **asked})


async def _by_template(endpoint: Server, _model: str, asked: Mapping[str, Any]) -> list[int] | None:
    prompt = (await _posted(endpoint, "/apply-template", asked)).get("prompt")
    if not isinstance(prompt, str) or not prompt:
        return None
    return await _ids(endpoint, {"content": prompt, "add_special": True, "parse_special": True})


async def _plain(endpoint: Server, model: str, text: str) -> list[int] | None:
    """The ids of a text, in the words of vLLM and SGLang, else in those of llama.cpp."""
    bare = {"model": model, "prompt": text, "add_special_tokens": False}
    return await _ids(endpoint, bare) or await _ids(endpoint, {"content": text, "add_special": False})


async def _ids(endpoint: Server, body: Mapping[str, Any]) -> list[int] | None:
    """What `/tokenize` gives; none where another field than these is what the server reads."""
    ids = (await _posted(endpoint, "/tokenize", body)).get("tokens")
    return ids if isinstance(ids, list) and all(isinstance(token, int) for token in ids) else None


async def _posted(endpoint: Server, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The object that a page answers with; an empty one where it answers with anything else, or not at all."""
    try:
        answer = json.loads((await endpoint.post(endpoint.beside(path), body, str, _DEADLINE_S))[0])
    except (Fault, Refusal, QuantgateError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
