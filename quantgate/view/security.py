"""Who is answered: a browser of this machine that knows the token, asked by nobody else's page; and what it may do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_TOKEN_BYTES = 24
_METHODS = ("GET", "HEAD")
_OF_THIS_PAGE = ("same-origin", "none")
"""What `Sec-Fetch-Site` says of a link in our own pages, and of an address that somebody has typed or opened."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
"""What every answer says of itself, refusals too."""


def new_token() -> str:
    """A part of an address that nobody guesses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class Guard:
    """Stands before the pages: refuses what does not come from a browser that was given the address.

    A page of another site may have the browser ask a server of this machine, under a name of its own that leads here
    (DNS rebinding) too. So the host must be the very one that is listened at, what the browser says of the asking page
    must name this one, and the path must begin with a token that no other page can know.

    Parameters
    ----------
    app
        Answers what is let through, without the token in the path.
    port
        The port that is listened at.
    token
        What the path begins with.
    once
        Another token, good for one request, which leads to the address with the real one: what is given to a browser
        on its command line can be seen by other users of this machine.
    """

    def __init__(self, app: ASGIApp, port: int, token: str, once: str | None = None) -> None:
        self._app = app
        self._hosts = tuple(f"{name}:{port}" for name in (LOOPBACK, "localhost"))
        self._token = token
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                told = [pair for pair in message.get("headers", ()) if pair[0].decode("latin-1").lower() not in HEADERS]
                message = {**message, "headers": [*told, *own]}
            await send(message)

        if (refusal := self._refusal(scope)) is not None:
            await _say(guarded, *refusal)
            return
        token, _, rest = scope["path"].removeprefix("/").partition("/")
        if self._once is not None and _same(token, self._once):
            self._once = None
            await _say(guarded, 303, "see the address with the token", ("location", f"/{self._token}/"))
        elif not _same(token, self._token):
            await _say(guarded, 404, "there is nothing here: open the address that `quantgate view` printed")
        else:
            await self._app({**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}, receive, guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the reason with which a request is refused, `None` where it is not."""
        hosts, origins, sites = (_values(scope, name) for name in ("host", "origin", "sec-fetch-site"))
        if scope["method"] not in _METHODS:
            return 405, "pages are only read here"
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, f"this server answers at {self._hosts[0]} alone"
        if any(origin != f"http://{hosts[0]}" for origin in origins) or any(it not in _OF_THIS_PAGE for it in sites):
            return 403, "another site's page has asked for this: open the address that `quantgate view` printed"
        return None


def _values(scope: Scope, name: str) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.decode("latin-1").lower() == name]


def _same(given: str, token: str) -> bool:
    """Whether it is the token, in a time that does not tell how much of it is."""
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


async def _say(send: Send, status: int, text: str, *headers: tuple[str, str]) -> None:
    told = [("content-type", "text/plain; charset=utf-8"), *headers]
    encoded = [(name.encode(), value.encode()) for name, value in told]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": f"quantgate: {text}\n".encode()})
