"""Which proxy stands between this machine and an endpoint, by the environment's variables, and how it is spoken to."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from quantgate.evals.endpoint.url import is_loopback, redact_url
from quantgate.evals.errors import UsageError

if TYPE_CHECKING:
    import ssl

    import aiohttp

_SOCKS = frozenset({"socks", "socks4", "socks4a", "socks5", "socks5h"})
_REMOTE_NAMES = frozenset({"socks4a", "socks5h"})
"""Schemes that leave it to the proxy to look names up."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy by its URL; `variable` is the environment's variable that names it."""

    url: str
    variable: str

    @property
    def speaks_socks(self) -> bool:
        return urlsplit(self.url).scheme in _SOCKS

    @property
    def shown(self) -> str:
        """How messages call it: without its password."""
        return f"{self.variable} ({redact_url(self.url)})"


def proxy_for(url: str) -> Proxy | None:
    """The proxy through which `url` is asked: HTTP_PROXY or HTTPS_PROXY, else ALL_PROXY; none for a host of NO_PROXY.

    A proxy has no business between this machine and itself.

    Raises
    ------
    UsageError
        When the variable holds no URL of an HTTP or SOCKS proxy, or SOCKS is not installed.
    """
    known = getproxies_environment()
    parts = urlsplit(url)
    kind = parts.scheme if known.get(parts.scheme) else "all"
    named = known.get(kind)
    if not named or is_loopback(url) or _is_direct(parts.hostname or "", parts.netloc.rpartition("@")[2], known):
        return None
    proxy = Proxy(named if "://" in named else f"http://{named}", f"{kind.upper()}_PROXY")
    try:
        host, scheme, _ = urlsplit(proxy.url).hostname, urlsplit(proxy.url).scheme, urlsplit(proxy.url).port
    except ValueError:
        host, scheme = None, ""
    way_out = f"name {parts.hostname} in NO_PROXY to go without it"
    if not host or scheme not in {"http", "https", *_SOCKS}:
        raise UsageError(f"{proxy.shown} is no proxy that can be spoken to: http://, https:// or socks5://; {way_out}")
    if proxy.speaks_socks and importlib.util.find_spec("aiohttp_socks") is None:
        raise UsageError(f'{proxy.shown} is a SOCKS proxy: `pip install "quantgate[socks]"` speaks to it, or {way_out}')
    return proxy


def connector(proxy: Proxy | None, trusted: ssl.SSLContext) -> aiohttp.TCPConnector:
    """What opens connections, as many as are asked for: directly, or through a SOCKS proxy."""
    import aiohttp

    options: dict[str, Any] = {"limit": 0, "ssl": trusted}
    if proxy is None or not proxy.speaks_socks:
        return aiohttp.TCPConnector(**options)
    from aiohttp_socks import ProxyConnector

    scheme, separator, rest = proxy.url.partition("://")
    plain = {"socks": "socks5"}.get(scheme, scheme[:6])
    through: aiohttp.TCPConnector = ProxyConnector.from_url(
        f"{plain}{separator}{rest}", rdns=scheme in _REMOTE_NAMES, **options
    )
    return through


def _is_direct(host: str, host_and_port: str, known: dict[str, str]) -> bool:
    """Whether NO_PROXY names the host: by name, by suffix, or by a network such as 10.0.0.0/8."""
    if proxy_bypass_environment(host_and_port, known):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in known.get("no", "").split(","):
        try:
            if "/" in entry and address in ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
