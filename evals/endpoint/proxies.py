"""Which proxy stands between this machine and an endpoint, by the environment's variables, and how it is spoken to."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from quantgate.evals.endpoint.url import is_loopback, redact_url
from quantgate.evals.errors import UsageError

_SOCKS = frozenset({"socks", "socks4", "socks4a", "socks5", "socks5h"})
_SOCKS_5 = frozenset({"socks", "socks5", "socks5h"})


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy by its URL; `variable` is the environment's variable that names it."""

    url: str
    variable: str

    @property
    def speaks_socks(self) -> bool:
        return urlsplit(self.url).scheme in _SOCKS

    @property
    def spoken_url(self) -> str:
        """The URL with its scheme as the HTTP library knows it: `socks://` is taken for version 5."""
        return self.url.replace("socks://", "socks5://", 1) if self.url.startswith("socks://") else self.url

    @property
    def shown(self) -> str:
        """How messages call it: without its password."""
        return f"{self.variable} ({redact_url(self.url)})"

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The password, as it stands in the URL and decoded."""
        password = urlsplit(self.url).password
        return () if not password else (("password", password), ("password", unquote(password)))


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
    if proxy.speaks_socks and scheme not in _SOCKS_5:
        raise UsageError(f"{proxy.shown} is a SOCKS 4 proxy, which is not spoken: socks5://, or {way_out}")
    if proxy.speaks_socks and importlib.util.find_spec("socksio") is None:
        raise UsageError(f'{proxy.shown} is a SOCKS proxy: `pip install "quantgate[socks]"` speaks to it, or {way_out}')
    return proxy


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
