"""One served model behind an OpenAI-compatible endpoint: one retry policy, faults told from answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self, TypeVar

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Answer, Request, Status
from quantgate.evals.endpoint import parameters
from quantgate.evals.endpoint.bodies import error_text
from quantgate.evals.endpoint.both_forms import ask_both_forms
from quantgate.evals.endpoint.bounded import Overlong
from quantgate.evals.endpoint.connection import STALL_S
from quantgate.evals.endpoint.connection import Connection as Connection
from quantgate.evals.endpoint.deadline import Deadline, Finished, Patience
from quantgate.evals.endpoint.dialect import Dialect, Form
from quantgate.evals.endpoint.failures import Broken, MalformedReply, Refusal, Unreachable
from quantgate.evals.endpoint.http import Transport
from quantgate.evals.endpoint.http_status import (
    OVERLOAD_STATUS,
    REFUSING_STATUS,
    is_redirect,
    is_retried,
    what_to_check,
)
from quantgate.evals.endpoint.listing import NoListing, read_listing
from quantgate.evals.endpoint.mismatch import Mismatches, shape_of
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.parameters import request_body as request_body
from quantgate.evals.endpoint.proxies import proxy_for
from quantgate.evals.endpoint.reading import Body, read_body
from quantgate.evals.endpoint.refusals import is_content_refusal, is_key_problem, refused_answer
from quantgate.evals.endpoint.reply import Reply, read_reply
from quantgate.evals.endpoint.retrying import Retrying
from quantgate.evals.endpoint.retrying import RetryPolicy as RetryPolicy
from quantgate.evals.endpoint.stream import BrokenStream, StreamedError
from quantgate.evals.endpoint.tls import trusting
from quantgate.evals.endpoint.tool_reply import offers_tools
from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import EndpointUnreachable, RequestRefused
from quantgate.evals.secrets import redacted
from quantgate.evals.text import excerpt

_LISTING = RetryPolicy(tries=4, total_s=30.0)
_LISTING_DEADLINE_S = 15.0
_MALFORMED_TRIES = 4
"""An answer of a shape that cannot be read is asked for so often: most servers would send it for ever."""

_SHOWN = 300


Parsed = TypeVar("Parsed")


class _NotListed(Fault):
    """What `/models` answers is no list of models."""


class _Unreadable(Exception):
    """One request is answered in a shape that cannot be read, each time that it is asked."""


def default_deadline(max_tokens: int | None) -> float:
    """Seconds that one request may take that is not streamed: a minute for queue and prompt, and ten tokens per second.

    An answer slower than that is taken to hang. Without a token budget, an hour.
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
        connection: Connection | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Parameters
        ----------
        base_url
            The API's root: usually ends in `/v1`. A query is kept on every request.
        model
            The served model's name.
        api_key
            Sent as a bearer token; never logged or stored.
        timeout_s
            Deadline of one attempt in seconds; by default it follows each request's token budget, and a stream has
            none as long as tokens come.
        retry
            When to give up.
        connection
            How to ask.

        Raises
        ------
        UsageError
            When `base_url` is not an http(s) URL or carries a bearer token, or a proxy or certificate cannot be used.
        """
        self._address = address = parse_endpoint_url(base_url)
        self.model = model
        self._connection = connection or Connection()
        self._timeout_s = timeout_s
        self._retry = retry or RetryPolicy()
        authorization = f"Bearer {api_key}" if api_key else address.authorization
        headers = {**({"Authorization": authorization} if authorization else {}), **self._connection.headers}
        trusted = trusting(self._connection.ca_bundle)
        self._transport = Transport(address, headers, trusted, proxy_for(address.root), self._connection.most_bytes)
        self.shown_url = self._transport.shown_url
        self._dialect = Dialect(stream=self._connection.stream, max_tokens_field=self._connection.max_tokens_field)
        field = self._connection.max_tokens_field
        self._forms = {streamed: Dialect(stream=streamed, max_tokens_field=field) for streamed in (True, False)}
        self._mismatches = Mismatches()
        self._finished = Finished()

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._transport.__aexit__(*failure)

    def found(self) -> dict[str, Any]:
        """How the server was found to be asked: whether its answers are streamed, and the token budget's name."""
        return self._dialect.found()

    async def models(self, policy: RetryPolicy = _LISTING) -> list[dict[str, Any]] | None:
        """What `/models` lists, as the server wrote it; `None` where the server has no such page.

        Raises
        ------
        EndpointUnreachable
            When nothing answers.
        NoListing
            When something answers that is no list of models, or refuses to list them.
        RequestRefused
            When no connection is allowed: the certificate is not trusted, or the proxy refuses.
        """
        where = f"{self.shown_url}/models"
        try:
            text: str = await Retrying(policy)(self._list_models)
            return read_listing(text)
        except Refusal as refusal:
            if refusal.status in (404, 405, 501):
                return None
            hint = what_to_check(refusal.status, self.model)
            raise NoListing(f"{where} refuses with {refusal.said}; {hint}", refusal.said) from None
        except Unreachable as fault:
            raise EndpointUnreachable(f"nothing answers at {self.shown_url}: {fault}. Is the server up?") from None
        except _NotListed as fault:
            raise NoListing(
                f"{where} is no OpenAI-compatible API (it answers {str(fault)!r}): "
                "check --base-url, it usually ends in /v1",
                f"it answers {str(fault)!r}, no list of models",
            ) from None
        except Fault as fault:
            raise NoListing(f"{where} fails: {fault}", str(fault)) from None

    async def ask(self, request: Request, on_fault: Callable[[Fault], None] | None = None) -> Answer:
        """Ask once, retrying faults by the policy; where the prompt wants `both_forms`, streamed and not.

        An answer with status `error` means that the faults outlasted the policy, or that this one request was refused
        (HTTP 400, 413, 422); its text says why. `on_fault` is told of every failed attempt.

        Raises
        ------
        RequestRefused
            When the endpoint would refuse every request (HTTP 401, 402, 403, 404, 405, redirects, certificates), or
            when the answers to several requests are of a shape that cannot be read, and none has been read yet.
        """

        async def ask(wanted: Request, streamed: bool | None) -> Answer:
            return await self._ask(wanted, on_fault, streamed)

        if request.prompt.both_forms:
            return await ask_both_forms(ask, request, lambda: bool(self.found().get("streamed")))
        return await ask(request, None)

    async def _ask(self, request: Request, on_fault: Callable[[Fault], None] | None, streamed: bool | None) -> Answer:
        dialect = self._dialect if streamed is None else self._forms[streamed]
        total_s = self._timeout_s or default_deadline(request.sampling.max_tokens)
        body = request_body(self.model, request)
        asking = Retrying(self._retry, on_fault)
        malformed: dict[str, int] = {}

        async def attempt() -> tuple[Reply, Body]:
            try:
                form, received = await self._chat(body, total_s, self._timeout_s, dialect)
            except Overlong as error:
                raise _given_up(str(error), "too long", malformed) or error from None
            try:
                reply = read_reply(received.text, tools=offers_tools(request.prompt.body))
            except MalformedReply as error:
                dialect.failed(form)
                raise self._unread(request.key, received.text, str(error), malformed) from None
            dialect.answered(form, streamed=received.streamed, has_usage=reply.usage is not None)
            self._mismatches.read()
            return reply, received

        try:
            answered: tuple[Reply, Body] = await asking(attempt)
        except (Fault, _Unreadable) as fault:
            return Answer(status=Status.ERROR, error=str(fault), attempts=asking.attempts)
        except Refusal as refusal:
            attempts = asking.attempts
            filtered = is_content_refusal(refusal.body)
            refusing = refusal.status in REFUSING_STATUS or is_redirect(refusal.status)
            if is_key_problem(refusal.body) or (refusing and not filtered):
                raise self._refusal(refusal) from None
            answer = refused_answer(refusal.body, refusal.said, attempts)
            return replace(answer, advice=parameters.advice(refusal.body))
        reply, received = answered
        return Answer(
            status=reply.status,
            response=reply.response,
            reasoning=reply.reasoning,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            error=reply.error,
            refused=reply.refused,
            latency_s=round(received.latency_s, 4),
            first_token_s=None if received.first_token_s is None else round(received.first_token_s, 4),
            tokens_per_s=received.tokens_per_s(reply.usage),
            origins=(reply.origin,),
            attempts=asking.attempts,
        )

    async def complete(self, body: Mapping[str, Any], deadline_s: float) -> str:
        """The document of one chat completion, for what `ask` does not read.

        Raises
        ------
        Fault
            When the faults outlast the policy.
        Refusal
            When the server refuses the request.
        """
        wanted = {"model": self.model, **body}

        async def attempt() -> str:
            form, received = await self._chat(wanted, deadline_s, deadline_s, self._dialect)
            self._dialect.answered(form, streamed=received.streamed, has_usage=received.has_usage)
            return received.text

        text: str = await Retrying(self._retry)(attempt)
        return text

    async def post(
        self,
        url: str,
        body: Mapping[str, Any] | None,
        read: Callable[[str], Parsed],
        deadline_s: float,
        on_fault: Callable[[Fault], None] | None = None,
    ) -> tuple[Parsed, int]:
        """What `read` makes of the answer to a POST (a GET without `body`), and how many attempts it took.

        `url` is one that `at` or `beside` gives. `read` raises MalformedReply for a body that another try may better;
        that counts as a fault.

        Raises
        ------
        Fault
            When the faults outlast the policy.
        Refusal
            When the server refuses the request.
        """

        async def attempt() -> Parsed:
            text = await self._fetch("GET" if body is None else "POST", url, body, deadline_s)
            try:
                return read(text)
            except MalformedReply as error:
                raise Fault(str(error)) from None

        asking = Retrying(self._retry, on_fault)
        parsed: Parsed = await asking(attempt)
        return parsed, asking.attempts

    def at(self, path: str) -> str:
        """The URL of one of the API's pages, as `/completions`; a secret, where the address has a query."""
        return self._address.at(path)

    def beside(self, path: str) -> str:
        """The URL of a page of the server itself, beside its `/v1`, as `/tokenize`."""
        return self._address.beside(path)

    async def _chat(
        self, body: Mapping[str, Any], total_s: float, streamed_total_s: float | None, dialect: Dialect
    ) -> tuple[Form, Body]:
        """One attempt, in the form that the server takes; a refusal of the form is answered by another at once."""
        while True:
            form = dialect.form
            own_s = streamed_total_s if form.streamed else total_s
            patience = Patience(self._connection.stall_s, own_s, lengthens=streamed_total_s is None)
            wanted = parameters.fitted(body, self._connection.omit, form.max_tokens_field)
            try:
                return form, await self._exchange({**wanted, **form.options()}, form, patience, dialect)
            except Refusal as refusal:
                if not dialect.refused(form, refusal.status, refusal.body):
                    raise

    async def _exchange(self, body: Mapping[str, Any], form: Form, patience: Patience, dialect: Dialect) -> Body:
        deadline = Deadline(patience, self._finished, streamed=form.streamed)
        try:
            async with (
                deadline,
                self._transport.exchange("POST", self._address.at("/chat/completions"), body) as received,
            ):
                try:
                    return await read_body(received, deadline, patience.stall_s)
                except BrokenStream as broken:
                    raise Fault(str(broken)) from None
                except StreamedError as error:
                    raise self._streamed_error(error) from None
        except TimeoutError:
            if deadline.completion is None:
                dialect.failed(form)
            raise Fault(deadline.said(), overload=True) from None
        except Fault as fault:
            if not fault.overload:
                dialect.failed(form)
            if isinstance(fault, Broken) and deadline.completion is not None:
                raise Broken(f"{fault}, {deadline.completion.so_far()}") from None
            raise

    def _streamed_error(self, error: StreamedError) -> Fault | Refusal:
        """What an error in a stream is: as the same under an HTTP status of its own, if it came before any token."""
        text = redacted(error.error if isinstance(error.error, str) else json.dumps(error.error, default=str))
        said = excerpt(redacted(error_text(error.error)), _SHOWN)
        status = error.code or 400
        known = error.code is not None and not is_retried(error.code) and not error.has_begun
        if known or is_context_overflow(text) or is_content_refusal(text):
            return Refusal(status, text, f"HTTP 200 with an error in the stream: {said}")
        overload = error.code in OVERLOAD_STATUS
        return Fault(f"the server reports an error in its stream, {error.before}: {said}", overload=overload)

    def _unread(self, key: object, body: str, said: str, seen: dict[str, int]) -> Exception:
        """What a malformed answer to the request of `key` means, whose shapes so far are in `seen`."""
        shape = shape_of(body)
        if shape is None:
            return Fault(said)
        if self._mismatches.is_lasting(shape, key):
            return RequestRefused(
                f"{self.shown_url} answers in a form that cannot be read, to several requests alike and to none "
                f"otherwise: {said}. Nothing more is asked: check --base-url, which usually ends in /v1"
            )
        return _given_up(said, shape, seen) or Fault(said)

    async def _list_models(self) -> str:
        text = await self._fetch("GET", self._address.at("/models"), None, _LISTING_DEADLINE_S)
        try:
            read_listing(text)
        except ValueError:
            raise _NotListed(excerpt(text)) from None
        return text

    async def _fetch(self, method: str, url: str, body: Mapping[str, Any] | None, deadline_s: float) -> str:
        # Lists of models and tokens are no work that others would have to wait for.
        finished = self._finished if url == self._address.at("/completions") else Finished()
        deadline = Deadline(Patience(STALL_S, deadline_s), finished, streamed=False)
        try:
            async with deadline, self._transport.exchange(method, url, body) as received:
                return (await read_body(received, deadline, STALL_S)).text
        except TimeoutError:
            raise Fault(deadline.said(), overload=True) from None

    def _refusal(self, refusal: Refusal) -> RequestRefused:
        status = 401 if is_key_problem(refusal.body) else refusal.status
        return RequestRefused(f"{self.shown_url} refuses with {refusal.said}; {what_to_check(status, self.model)}")


def _given_up(said: str, shape: str, seen: dict[str, int]) -> _Unreadable | None:
    """The end of the tries of a request, when it has been answered so often in one shape that cannot be read."""
    seen[shape] = seen.get(shape, 0) + 1
    return _Unreadable(f"{said} ({_MALFORMED_TRIES} times)") if seen[shape] >= _MALFORMED_TRIES else None
