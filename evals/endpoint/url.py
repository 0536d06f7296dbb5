"""Addresses of endpoints: taken apart for asking, and without secrets for everybody to read."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from quantgate.evals.errors import UsageError
from quantgate.evals.secrets import looks_like_key, without_keys

_BEARER_TOKENS = frozenset({"token", "access_token", "auth_token"})
"""RFC 6750, section 5.3, forbids bearer tokens in URLs, where proxies and servers log them; they have a header."""


@dataclass(frozen=True, slots=True)
class Address:
    """An API's root without user-info and query, the query for every request, and `Authorization` of the user-info."""

    root: str
    query: str = ""
    authorization: str | None = None

    def at(self, path: str) -> str:
        """The URL of one of the API's pages, as `/models`."""
        return f"{self.root.rstrip('/')}{path}{'?' if self.query else ''}{self.query}"

    def beside(self, path: str) -> str:
        """The URL of a page of the server itself, beside its `/v1`, as `/tokenize`."""
        return replace(self, root=self.root.rstrip("/").removesuffix("/v1")).at(path)

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The values of its query, as they are and decoded, each with its name: keys may be among them."""
        pairs = [pair.partition("=") for pair in self.query.split("&")]
        named = [(name, value) for name, _, raw in pairs for value in (raw, unquote(raw)) if value]
        return tuple(dict.fromkeys(named))


def redact_url(url: str) -> str:
    """The URL without user-info, query and fragment, the places where keys travel; however malformed it is.

    Of a path what looks like a key is left out.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    return without_keys(scheme + separator + rest.rpartition("@")[2].partition("?")[0].partition("#")[0])


def parse_endpoint_url(url: str, option: str = "--base-url") -> Address:
    """Take an API's root apart; user-info becomes the value of an `Authorization` header (RFC 7617).

    `option` is how a message names the place where it was given.

    Raises
    ------
    UsageError
        When it is not an http(s) URL with a host, or carries a fragment, which is never sent, or a bearer token.
    """
    where = f"{option} {redact_url(url)!r}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in url):
        raise UsageError(f"{where}: give a URL such as http://127.0.0.1:8000/v1")
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.fragment or names & _BEARER_TOKENS:
        raise UsageError(
            f"{where}: leave out what follows the ? or #; a key goes into the variable of --api-key-env or --header"
        )
    if looks_like_key(unquote(parts.path)) or looks_like_key(parts.path):
        raise UsageError(
            f"{where}: there is a key in its path, which would be recorded with it; a key goes into the variable of "
            "--api-key-env or --header"
        )
    user, separator, host = parts.netloc.rpartition("@")
    root = urlunsplit(parts._replace(netloc=host, query=""))
    authorization = f"Basic {b64encode(unquote(user).encode()).decode()}" if separator else None
    return Address(root, parts.query, authorization)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine: `localhost`, or an address of 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
