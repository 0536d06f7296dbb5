"""What a run was made with: software versions, hashes, and addresses without secrets."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit, urlunsplit

from quantgate.evals.errors import UsageError


def redact_url(url: str) -> str:
    """The URL without user-info, query and fragment, the places where keys travel; however malformed it is."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    return scheme + separator + rest.rpartition("@")[2].partition("?")[0].partition("#")[0]


def parse_endpoint_url(url: str) -> tuple[str, str | None]:
    """The URL without user-info, and that as the value of an `Authorization` header (RFC 7617), if there is any.

    Raises
    ------
    UsageError
        When it is not an http(s) URL with a host, or carries a query or fragment, which no API root has.
    """
    where = f"--base-url {redact_url(url)!r}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in url):
        raise UsageError(f"{where}: give a URL such as http://127.0.0.1:8000/v1")
    if parts.query or parts.fragment:
        raise UsageError(f"{where}: leave out what follows the ? or #; a key goes into the variable of --api-key-env")
    user, separator, host = parts.netloc.rpartition("@")
    address = urlunsplit(parts._replace(netloc=host))
    return address, f"Basic {b64encode(unquote(user).encode()).decode()}" if separator else None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine: `localhost`, or an address of 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
