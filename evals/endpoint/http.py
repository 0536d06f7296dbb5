"""HTTP exchanges with one endpoint: connections, redirects, faults that another try may heal, and refusals."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from quantgate import __version__
from quantgate.evals.contract.fault import Fault
from quantgate.evals.endpoint.bodies import decoded, words_of
from quantgate.evals.endpoint.http_status import (
    OVERLOAD_STATUS,
    PRESERVING_REDIRECTS,
    is_redirect,
    is_retried,
    retry_after_s,
)
from quantgate.evals.endpoint.overflow import is_context_overflow
from quantgate.evals.endpoint.proxies import connector, proxy_for
from quantgate.evals.endpoint.tls import certificate_advice, trusting
from quantgate.evals.endpoint.url import Address, redact_url
from quantgate.evals.errors import RequestRefused
from quantgate.evals.text import excerpt

_MOST_REDIRECTS = 5
_SHORTEST_SECRET = 6
"""What is shorter, as a version number, says nothing, and would blot out other words."""

_SHOWN = 300
_READ_BYTES = 2**18


class Broken(Fault):
    """The connection broke."""


class Unreachable(Broken):
    """No connection could be made, or it broke before an answer began."""


class Refusal(Exception):
    """An HTTP answer that no other try would heal. `body` is its text, `said` what of it is for people."""

    def __init__(self, status: int, body: str, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.body = body
        self.said = said


class Transport:
    """The connections to one endpoint, shared by all its requests. Use as an async context manager."""

    def __init__(self, address: Address, headers: Mapping[str, str], ca_bundle: Path | None) -> None:
        """Prepare; nothing is sent yet. Raises UsageError for a proxy or a `ca_bundle` that cannot be used."""
        self.shown_url = redact_url(address.root)
        self._headers = {"User-Agent": f"quantgate/{__version__}", "Content-Type": "application/json", **headers}
        self._secrets = [
            value
            for secret in (*headers.values(), *address.secrets())
            for value in {secret, secret.removeprefix("Bearer ")}
            if len(value) >= _SHORTEST_SECRET
        ]
        self._proxy = proxy_for(address.root)
        self._trusted = trusting(ca_bundle)
        self._sessions: dict[aiohttp.HttpVersion, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        shared = connector(self._proxy, self._trusted)
        proxy = self._proxy.url if self._proxy is not None and not self._proxy.speaks_socks else None
        for version in (aiohttp.HttpVersion11, aiohttp.HttpVersion10):
            self._sessions[version] = aiohttp.ClientSession(
                connector=shared,
                connector_owner=not self._sessions,
                version=version,
                proxy=proxy,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(),
                read_bufsize=_READ_BYTES,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in reversed(self._sessions.values()):
            await session.close()

    def without_secrets(self, text: str) -> str:
        """The text without keys and query values, which some servers repeat in their errors."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    @asynccontextmanager
    async def exchange(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, *, unframed: bool = False
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; what has an HTTP status below 300 is for the caller to read.

        `unframed` asks by HTTP/1.0, whose bodies come without chunks, and end with the connection.

        Raises
        ------
        Fault
            For what another try may heal, in reading, too.
        Refusal
            For any other status.
        RequestRefused
            When the connection itself is refused: by a certificate that is not trusted, or by the proxy.
        """
        session = self._sessions[aiohttp.HttpVersion10 if unframed else aiohttp.HttpVersion11]
        data = None if body is None else json.dumps(body).encode()
        headers = {"Connection": "close"} if unframed else None
        with self._faults_told():
            for _ in range(_MOST_REDIRECTS):
                async with session.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
                    if response.status < 300:
                        yield response
                        return
                    target = self._target(method, url, response)
                    if target is None:
                        raise await self._read_refusal(url, response)
                    url = target
            raise Refusal(310, "", f"HTTP {response.status}: it points on and on, last to {redact_url(url)}")

    def _target(self, method: str, url: str, response: aiohttp.ClientResponse) -> str | None:
        """Where a redirect is followed to: where nothing of the request is lost, and no key is carried elsewhere."""
        location = response.headers.get("Location")
        if location is None or not is_redirect(response.status):
            return None
        if method != "GET" and response.status not in PRESERVING_REDIRECTS:
            return None
        try:
            old, new = urlsplit(url), urlsplit(urljoin(url, location))
            kept = (old.hostname, old.port) == (new.hostname, new.port) and old.scheme == new.scheme
            secured = old.hostname == new.hostname and (old.scheme, new.scheme) == ("http", "https")
        except ValueError:
            return None
        return new.geturl() if kept or secured else None

    async def _read_refusal(self, url: str, response: aiohttp.ClientResponse) -> Fault | Refusal:
        status, body = response.status, decoded(await response.read())
        said = f"HTTP {status}: {excerpt(words_of(body) or response.reason or 'no reason given', _SHOWN)}"
        if is_redirect(status) and (location := response.headers.get("Location")):
            said = f"HTTP {status} {response.reason or ''}: it points to {redact_url(urljoin(url, location))}"
        said = self.without_secrets(said)
        # llama.cpp says with HTTP 500 that its context is full: another try fills it again.
        if not is_retried(status) or (status >= 500 and is_context_overflow(body)):
            return Refusal(status, body, said)
        asked = retry_after_s(response.headers.get("retry-after"))
        return Fault(said, overload=status in OVERLOAD_STATUS, retry_after=asked)

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        """Turn what the HTTP library raises into faults and refusals."""
        try:
            yield
        except (Fault, Refusal, RequestRefused, TimeoutError):
            raise
        except aiohttp.ClientConnectorCertificateError as error:
            cause = error.certificate_error
            advice = (
                certificate_advice(cause, error.host)
                if isinstance(cause, ssl.SSLCertVerificationError)
                else f"its certificate cannot be verified: {excerpt(str(cause))}"
            )
            raise RequestRefused(f"{self.shown_url} is not asked: {advice}") from None
        except aiohttp.ClientConnectorSSLError as error:
            raise RequestRefused(
                f"{self.shown_url} does not speak TLS as it should ({excerpt(str(error.os_error))}): is it http://?"
            ) from None
        except aiohttp.ClientHttpProxyError as error:
            raise self._proxy_refusal(error) from None
        except aiohttp.ClientProxyConnectionError as error:
            raise Unreachable(f"no connection to {self._proxy_shown()}: {_cause(error)}") from None
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise Unreachable(self.without_secrets(f"connection fault: {_cause(error)}")) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Broken(self.without_secrets(f"connection fault: {_cause(error)}")) from None
        except Exception as error:  # noqa: BLE001
            if type(error).__module__.startswith("python_socks"):
                raise Unreachable(f"no connection through {self._proxy_shown()}: {_cause(error)}") from None
            # A server can send what its client's libraries stumble over: broken headers, proxies that speak in tongues.
            said = self.without_secrets(excerpt(str(error)))
            raise Fault(f"unreadable answer ({type(error).__name__}): {said}") from None

    def _proxy_shown(self) -> str:
        return self._proxy.shown if self._proxy is not None else "the proxy"

    def _proxy_refusal(self, error: aiohttp.ClientHttpProxyError) -> Exception:
        said = f"HTTP {error.status} of {self._proxy_shown()}: {excerpt(error.message)}"
        return Fault(said) if is_retried(error.status) else Refusal(error.status, "", said)


def _cause(error: BaseException) -> str:
    """The innermost reason of a connection fault, which libraries wrap several times."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return excerpt(str(error)) or type(error).__name__
