"""One served model behind an OpenAI-compatible endpoint: a deadline, one retry policy, faults told from answers."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiohttp
import openai
import tenacity

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Request, Status
from quantgate.evals.endpoint.http_status import OVERLOAD_STATUS, REFUSING_STATUS, is_retried, retry_after_s
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.refusals import is_content_refusal, is_key_problem, refused_answer
from quantgate.evals.endpoint.reply import MalformedReply, Reply, error_text, read_reply
from quantgate.evals.endpoint.url import is_loopback, parse_endpoint_url, redact_url
from quantgate.evals.errors import EndpointUnreachable, RequestRefused
from quantgate.evals.text import excerpt


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a fault is fought: at most `tries` attempts, none later than `total_s` seconds after the first fault.

    An answer that takes an hour, as a reasoning model's may, and then fails is so asked once more at least.

    The default's waits add up to some five minutes: what the restart of a large model's server may take.

    The waits are `first_wait_s`, doubled each time up to `longest_wait_s`, each varied by up to a half so that requests
    that failed together do not come back together. A server's `Retry-After` is honoured where it asks for more.
    """

    tries: int = 12
    total_s: float = 1800.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds to wait after a failed attempt."""
        backoff: float = min(self.longest_wait_s, self.first_wait_s * 2 ** (state.attempt_number - 1))
        backoff *= random.uniform(0.5, 1.5)
        fault = state.outcome.exception() if state.outcome is not None else None
        asked = fault.retry_after if isinstance(fault, Fault) else None
        return max(backoff, asked or 0.0)


Parsed = TypeVar("Parsed")


class _NoListing(Fault):
    """What answers at `/models` is no list of models; its text is what it answered."""


_SHOWN = 300
_LISTING = RetryPolicy(tries=4, total_s=30.0)
_LISTING_DEADLINE_S = 15.0


def default_deadline(max_tokens: int | None) -> float:
    """Seconds that one request may take: a minute for queue and prompt, and ten tokens per second.

    A stream slower than that is taken to hang. Without a token budget, an hour.
    """
    return 3600.0 if max_tokens is None else 60.0 + max_tokens / 10


class Endpoint:
    """A served model. Use as an async context manager; one object per run, shared by all its requests."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str | None = None,
        timeout_s: float | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Parameters
        ----------
        base_url
            The API's root, as for `openai`: usually ends in `/v1`.
        model
            The served model's name.
        api_key
            Sent as a bearer token; never logged or stored.
        timeout_s
            Deadline of one attempt in seconds; by default it follows each request's token budget.
        retry
            When to give up.

        Raises
        ------
        UsageError
            When `base_url` is not an http(s) URL, or carries a query.
        """
        address, credentials = parse_endpoint_url(base_url)
        self.model = model
        self.shown_url = redact_url(base_url)
        self._timeout_s = timeout_s
        self._retry = retry or RetryPolicy()
        self._client = openai.AsyncOpenAI(
            base_url=address,
            api_key=api_key or "none",
            default_headers={} if credentials is None or api_key else {"Authorization": credentials},
            max_retries=0,
            timeout=None,
            # A proxy from the environment has no business between this machine and itself.
            http_client=openai.DefaultAioHttpClient(timeout=None, trust_env=not is_loopback(base_url)),
        )
        # The client takes these two from its own environment variables; they are nobody else's business.
        self._client.organization = self._client.project = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def models(self, policy: RetryPolicy = _LISTING) -> list[dict[str, Any]] | None:
        """What `/models` lists, as the server wrote it; `None` where the server has no such page.

        Raises
        ------
        EndpointUnreachable
            When nothing answers, or only faults.
        RequestRefused
            When the key is refused, or what answers is no OpenAI-compatible API.
        """
        try:
            listed: list[dict[str, Any]] = await self._retrying(policy)(self._list_models)
            return listed
        except openai.APIStatusError as error:
            if error.status_code in (404, 405, 501):
                return None
            raise self._refusal(error) from None
        except _NoListing as fault:
            raise RequestRefused(
                f"{self.shown_url}/models is no OpenAI-compatible API (it answers {str(fault)!r}): "
                "check --base-url, it usually ends in /v1"
            ) from None
        except Fault as fault:
            raise EndpointUnreachable(f"nothing answers at {self.shown_url}: {fault}. Is the server up?") from None

    async def ask(self, request: Request, on_fault: Callable[[Fault], None] | None = None) -> Answer:
        """Ask once, retrying faults by the policy.

        An answer with status `error` means that the faults outlasted the policy, or that this one request was refused
        (HTTP 400, 413, 422); its text says why. `on_fault` is told of every failed attempt.

        Raises
        ------
        RequestRefused
            When the endpoint would refuse every request: HTTP 401, 403, 404, 405.
        """
        deadline_s = self._timeout_s or default_deadline(request.sampling.max_tokens)
        retrying = self._retrying(self._retry, on_fault)
        try:
            answered: tuple[Reply, float] = await retrying(self._attempt, request, deadline_s)
        except Fault as fault:
            return Answer(status=Status.ERROR, error=str(fault), attempts=retrying.statistics["attempt_number"])
        except openai.APIStatusError as error:
            body = error.body or error.message
            filtered = is_content_refusal(body)
            if is_key_problem(body) or (error.status_code in REFUSING_STATUS and not filtered):
                raise self._refusal(error) from None
            return refused_answer(body, said_by(error), retrying.statistics["attempt_number"])
        reply, latency_s = answered
        return Answer(
            status=reply.status,
            response=reply.response,
            reasoning=reply.reasoning,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            error=reply.error,
            latency_s=round(latency_s, 4),
            attempts=retrying.statistics["attempt_number"],
            refused=reply.refused,
        )

    async def complete(self, body: Mapping[str, Any], deadline_s: float) -> str:
        """The body of one chat completion as the server wrote it, for what `ask` does not read (tool calls).

        Raises
        ------
        Fault
            When the faults outlast the policy.
        openai.APIStatusError
            When the server refuses the request.
        """
        wanted = {"model": self.model, **body}

        async def attempt() -> str:
            return await _exchange(self._client.post("/chat/completions", cast_to=str, body=wanted), deadline_s)

        text: str = await self._retrying(self._retry)(attempt)
        return text

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | None,
        read: Callable[[str], Parsed],
        deadline_s: float,
        on_fault: Callable[[Fault], None] | None = None,
    ) -> tuple[Parsed, int]:
        """What `read` makes of the answer to a POST (a GET without `body`), and how many attempts it took.

        `read` raises MalformedReply for a body that another try may better; that counts as a fault.

        Raises
        ------
        Fault
            When the faults outlast the policy.
        openai.APIStatusError
            When the server refuses the request.
        """

        async def attempt() -> Parsed:
            sent = (
                self._client.get(path, cast_to=str)
                if body is None
                else self._client.post(path, cast_to=str, body=dict(body))
            )
            text = await _exchange(sent, deadline_s)
            try:
                return read(text)
            except MalformedReply as error:
                raise Fault(str(error)) from None

        retrying = self._retrying(self._retry, on_fault)
        parsed: Parsed = await retrying(attempt)
        return parsed, retrying.statistics["attempt_number"]

    def root(self, path: str) -> str:
        """The address of a page of the server itself, beside its `/v1`."""
        return str(self._client.base_url).rstrip("/").removesuffix("/v1") + path

    async def _attempt(self, request: Request, deadline_s: float) -> tuple[Reply, float]:
        # The client's own `post` hands over the body as text: what is a malformed answer is decided in one place,
        # and the event loop is spared four fifths of the time that the typed call spends on building models.
        body = request_body(self.model, request)
        began = time.monotonic()
        text = await _exchange(self._client.post("/chat/completions", cast_to=str, body=body), deadline_s)
        try:
            return read_reply(text), time.monotonic() - began
        except MalformedReply as error:
            raise Fault(str(error)) from None

    async def _list_models(self) -> list[dict[str, Any]]:
        text = await _exchange(self._client.get("/models", cast_to=str), _LISTING_DEADLINE_S)
        try:
            listed = json.loads(text, parse_constant=str)["data"]
            return [{str(name): value for name, value in entry.items()} for entry in listed]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _NoListing(excerpt(text)) from None

    def _retrying(self, policy: RetryPolicy, on_fault: Callable[[Fault], None] | None = None) -> tenacity.AsyncRetrying:
        first_fault: float | None = None

        def failed(state: tenacity.RetryCallState) -> None:
            nonlocal first_fault
            first_fault = state.outcome_timestamp if first_fault is None else first_fault
            fault = state.outcome.exception() if state.outcome is not None else None
            if on_fault is not None and isinstance(fault, Fault):
                on_fault(fault)

        def fought_long_enough(state: tenacity.RetryCallState) -> bool:
            next_attempt = (state.outcome_timestamp or 0.0) + state.upcoming_sleep
            over = first_fault is not None and next_attempt - first_fault >= policy.total_s
            return over or state.attempt_number >= policy.tries

        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Fault),
            stop=fought_long_enough,
            wait=policy.wait,
            after=failed,
            reraise=True,
        )

    def _refusal(self, error: openai.APIStatusError) -> RequestRefused:
        if error.status_code in (401, 403) or is_key_problem(error.body or error.message):
            hint = "check the key (--api-key-env NAME names the variable that holds it)"
        else:
            hint = f"check --model {self.model!r} and --base-url, which usually ends in /v1"
        return RequestRefused(f"{self.shown_url} refuses with {said_by(error)}; {hint}")


def request_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON body of one chat completion request; parameters that are `None` are left to the server."""
    sampling = request.sampling
    body: dict[str, Any] = {"model": model, "messages": list(request.prompt.messages), "seed": request.seed}
    optional = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stop": list(sampling.stop) or None,
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    body.update(sampling.extra_body)
    return body


async def _exchange(call: Awaitable[str], deadline_s: float) -> str:
    """The body of one exchange; raises `Fault` for what another try may heal, openai.APIStatusError for the rest."""
    try:
        async with asyncio.timeout(deadline_s):
            return await call
    except openai.APIStatusError as error:
        # llama.cpp says with HTTP 500 that its context is full: another try fills it again.
        if not is_retried(error.status_code) or (error.status_code >= 500 and is_context_overflow(error.body)):
            raise
        raise Fault(
            said_by(error),
            overload=error.status_code in OVERLOAD_STATUS,
            retry_after=retry_after_s(error.response.headers.get("retry-after")),
        ) from None
    except TimeoutError:
        raise Fault(f"no answer within {deadline_s:g} s", overload=True) from None
    except (openai.APIConnectionError, aiohttp.ClientError, OSError) as error:
        raise Fault(f"connection fault: {_cause(error)}") from None
    except Exception as error:  # noqa: BLE001
        # A server can send what its client's libraries stumble over: unknown charsets, broken headers.
        raise Fault(f"unreadable answer ({type(error).__name__}): {excerpt(str(error))}") from None


def said_by(error: openai.APIStatusError) -> str:
    """Status and text of a refusal, in a line."""
    return f"HTTP {error.status_code}: {excerpt(error_text(error.body or error.message), _SHOWN)}"


def _cause(error: BaseException) -> str:
    """The innermost reason of a connection fault, which libraries wrap several times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return excerpt(str(error)) or type(error).__name__
