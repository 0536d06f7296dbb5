"""HTTP exchanges with one endpoint: connections, redirects, faults that another try may heal, and refusals."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp
import openai

from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.bodies import decoded, words_of
from quantgate.evals.endpoint.bounded import TAKEN_ENCODINGS, Received, beginning, decompressed
from quantgate.evals.endpoint.failures import Broken, Refusal, Unreachable
from quantgate.evals.endpoint.http_status import (
    OVERLOAD_STATUS,
    PRESERVING_REDIRECTS,
    is_redirect,
    is_retried,
    retry_after_s,
)
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.tls import certificate_advice
from quantgate.evals.endpoint.url import Address, redact_url
from quantgate.evals.errors import RequestRefused
from quantgate.evals.secrets import learn, redacted
from quantgate.evals.text import excerpt

_MOST_REDIRECTS = 5
_CLOSED = (ConnectionResetError, BrokenPipeError, aiohttp.ServerDisconnectedError)
_CLOSING_S = 1.0
_SHOWN = 300

Wanted = TypeVar("Wanted", bound=BaseException)


class Proxy(Protocol):
    """An `evals.endpoint.proxies.Proxy`."""

    @property
    def speaks_socks(self) -> bool: ...

    @property
    def spoken_url(self) -> str: ...

    @property
    def shown(self) -> str: ...

    def secrets(self) -> Sequence[tuple[str, str]]: ...


class _Turned(Exception):
    """An answer with another status than 2xx."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str], body: str) -> None:
        super().__init__(status)
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body


class _Unread(openai.AsyncStream[str]):
    """The client's stream without its own reader, which would hold request and answer in a ring, for the collector."""

    def __init__(self, *, response: Any, **_: Any) -> None:
        self.response = response


class Transport:
    """The connections to one endpoint, shared by all its requests. Use as an async context manager."""

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        trusted: ssl.SSLContext,
        proxy: Proxy | None,
        most_bytes: int,
    ) -> None:
        """Prepare; nothing is sent yet. No answer is read beyond `most_bytes`."""
        self._most_bytes = most_bytes
        self._kept = 0  # connections that an answer has left open, at most
        self.shown_url = redact_url(address.root)
        for name, value in (*headers.items(), *address.secrets(), *(() if proxy is None else proxy.secrets())):
            learn(value, name)
        self._proxy = proxy
        # aiohttp's connections cost a third of httpx's, and speak no SOCKS.
        by_socks = self._proxy is not None and self._proxy.speaks_socks
        client = openai.DefaultAsyncHttpxClient if by_socks else openai.DefaultAioHttpClient
        self._client = openai.AsyncOpenAI(
            base_url=address.root,
            api_key="none",
            default_headers={"Accept-Encoding": TAKEN_ENCODINGS, **headers},
            max_retries=0,
            timeout=None,
            http_client=client(
                timeout=None,
                trust_env=False,
                verify=trusted,
                proxy=None if self._proxy is None else self._proxy.spoken_url,
                # Before the client reads the body of an error, which it does to its end.
                event_hooks={"response": [_raise_what_is_turned]},
            ),
        )
        # The client takes these two from its own environment variables; they are nobody else's business.
        self._client.organization = self._client.project = None
        # Without a key none is sent: some servers refuse one that they do not know, and take a request without.
        keyless = "authorization" not in {name.lower() for name in headers}
        self._options: Any = {
            "follow_redirects": False,
            "headers": {"Authorization": openai.Omit()} if keyless else {},
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    @asynccontextmanager
    async def exchange(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> AsyncIterator[Received]:
        """Send a request; what has an HTTP status below 300 is for the caller to read.

        Raises
        ------
        Fault
            For what another try may heal, in reading, too.
        Refusal
            For any other status.
        RequestRefused
            When the connection itself is refused: by a certificate that is not trusted, or by the proxy.
        """
        with self._faults_told():
            for _ in range(_MOST_REDIRECTS):
                try:
                    stream = await self._sent(method, url, body)
                except _Turned as turned:
                    target = self._target(method, url, turned)
                    if target is None:
                        raise self._refusal(url, turned) from None
                    url = target
                    continue
                try:
                    yield Received(self._chunks(stream), self._most_bytes)
                    self._kept += 1
                finally:
                    await stream.response.aclose()
                return
            raise Refusal(310, "", f"HTTP 310: it points on and on, last to {redact_url(url)}")

    async def _chunks(self, stream: _Unread) -> AsyncIterator[bytes]:
        with self._faults_told():
            encoding = stream.response.headers.get("content-encoding", "")
            async for piece in decompressed(stream.response.aiter_raw(), encoding):
                yield piece

    async def _sent(self, method: str, url: str, body: Mapping[str, Any] | None) -> _Unread:
        """Send a request, and once more at once when the connection that was kept for it turns out to be closed.

        llama.cpp says that it keeps a connection, and closes it after every stream. What ends within a second of its
        sending, without a byte of an answer, on a connection that was kept (RFC 9112, section 9.3.1), is no fault.
        """
        kept, begun = self._kept > 0, time.monotonic()
        self._kept -= kept
        try:
            return await self._send(method, url, body)
        except openai.APIConnectionError as error:
            closed = _first(list(_causes(error)), _CLOSED)
            if not kept or closed is None or time.monotonic() - begun > _CLOSING_S:
                raise
        # The others that were kept are as old: a server that is down is sent nothing twice for each of them.
        self._kept = 0
        return await self._send(method, url, body)

    async def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> _Unread:
        # The body stays unread, whether it comes as a stream of events or as one document: what is a malformed answer
        # is decided in one place, and the event loop is spared what the typed call spends on building models.
        options, kind = self._options, _Unread
        if method == "GET":
            return await self._client.get(url, cast_to=str, options=options, stream=True, stream_cls=kind)
        return await self._client.post(url, cast_to=str, body=body, options=options, stream=True, stream_cls=kind)

    def _target(self, method: str, url: str, turned: _Turned) -> str | None:
        """Where a redirect is followed to: where nothing of the request is lost, and no key is carried elsewhere."""
        location = turned.headers.get("location")
        if location is None or not is_redirect(turned.status):
            return None
        if method != "GET" and turned.status not in PRESERVING_REDIRECTS:
            return None
        try:
            old, new = urlsplit(url), urlsplit(urljoin(url, location))
            kept = (old.hostname, old.port) == (new.hostname, new.port) and old.scheme == new.scheme
            secured = old.hostname == new.hostname and (old.scheme, new.scheme) == ("http", "https")
        except ValueError:
            return None
        return new.geturl() if kept or secured else None

    def _refusal(self, url: str, turned: _Turned) -> Fault | Refusal:
        status, headers, reason, body = turned.status, turned.headers, turned.reason, turned.body
        said = f"HTTP {status}: {excerpt(words_of(body) or reason or 'no reason given', _SHOWN)}"
        if is_redirect(status) and (location := headers.get("location")):
            said = f"HTTP {status} {reason}: it points to {redact_url(urljoin(url, location))}"
        said = redacted(said)
        # llama.cpp says with HTTP 500 that its context is full: another try fills it again.
        if not is_retried(status) or (status >= 500 and is_context_overflow(body)):
            return Refusal(status, body, said)
        wait_s = retry_after_s(headers.get("retry-after"), headers.get("date"))
        return Fault(said, overload=status in OVERLOAD_STATUS, retry_after=wait_s)

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        """Turn what the HTTP libraries raise into faults and refusals."""
        try:
            yield
        except (Fault, Refusal, RequestRefused, TimeoutError, _Turned):
            raise
        except Exception as error:  # noqa: BLE001
            # A server can send what its client's libraries stumble over: broken headers, proxies that speak in tongues.
            raise self._told(error) from None

    def _told(self, error: Exception) -> Exception:
        """What an exchange that failed means, by the innermost reason that the libraries have wrapped."""
        causes = list(_causes(error))[::-1]
        said = _said(causes[0])
        if refused := _first(causes, aiohttp.ClientHttpProxyError):
            return self._proxy_refusal(refused)
        certificate = _first(causes, ssl.SSLCertVerificationError)
        if certificate is not None:
            host = urlsplit(self.shown_url).hostname or ""
            return RequestRefused(f"{self.shown_url} is not asked: {certificate_advice(certificate, host)}")
        # What breaks off in a handshake may be a server that restarts; what breaks later is like any connection.
        if _first(causes, aiohttp.ClientConnectorSSLError) and not _first(causes, ssl.SSLEOFError):
            return RequestRefused(f"{self.shown_url} does not speak TLS as it should ({said}): is it http://?")
        if _first(causes, aiohttp.ClientProxyConnectionError):
            return Unreachable(f"no connection to {self._proxy_shown()}: {said}")
        if isinstance(error, openai.APIConnectionError):
            return Unreachable(f"connection fault: {said}")
        return Broken(f"connection fault: {said}")

    def _proxy_shown(self) -> str:
        return self._proxy.shown if self._proxy is not None else "the proxy"

    def _proxy_refusal(self, error: aiohttp.ClientHttpProxyError) -> Exception:
        said = f"HTTP {error.status} of {self._proxy_shown()}: {excerpt(redacted(error.message))}"
        return Fault(said) if is_retried(error.status) else Refusal(error.status, "", said)


async def _raise_what_is_turned(response: Any) -> None:
    if not response.is_success:
        body = await beginning(decompressed(response.aiter_raw(), response.headers.get("content-encoding", "")))
        raise _Turned(response.status_code, response.reason_phrase, response.headers, decoded(body))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and the ones that led to it: libraries wrap several times."""
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        inner = inner.__cause__ or inner.__context__


def _first(causes: list[BaseException], kind: type[Wanted] | tuple[type[Wanted], ...]) -> Wanted | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)


def _said(cause: BaseException) -> str:
    return excerpt(redacted(str(cause))) or type(cause).__name__
