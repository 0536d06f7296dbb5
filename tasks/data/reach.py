"""Whether the Hugging Face hub can be reached: found out in seconds, where its library would try for a minute."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

from quantgate.evals.text import excerpt, one_line

_HUB = "https://huggingface.co"
_LIMIT_S = 10.0
"""For name, connection, certificate and first byte together: over a satellite they take three."""
_LIMIT = "HF_HUB_ETAG_TIMEOUT"
"""The hub's own variable for how long an answer about a file may take; where it says more, that holds."""
_OFFLINE = "HF_HUB_OFFLINE"
_SAID = 200
_waited_for: list[str] = []
_gone_without: list[str] = []


def waited_for() -> str | None:
    """What is being fetched and from where, while it is."""
    return _waited_for[-1] if _waited_for else None


def gone_without() -> str | None:
    """Why this process goes on without the hub, with what its cache holds; `None` where it does not."""
    return _gone_without[0] if _gone_without else None


@contextmanager
def fetching(what: str) -> Iterator[None]:
    """Let `waited_for` say that something is fetched from the hub, as long as the context lasts."""
    _waited_for.append(f"{what} from {_place(_address())}")
    try:
        yield
    finally:
        _waited_for.pop()


def why_out_of_reach(what: str) -> str | None:
    """Why the hub cannot be reached, in words; `None` where it answers.

    Where it does not, its library is told to try no more: what its cache holds on this machine is taken at once.
    `what` is wanted of it, for `waited_for`.
    """
    if _is_offline():
        return gone_without() or f"{_OFFLINE} is set, which forbids to ask the Hugging Face hub"
    with fetching(what):
        why = _asked(_address())
    if why is not None:
        _gone_without.append(why)
        _stay_offline()
    return why


def out_of_reach(task: str, why: str, dataset: str, elsewhere: str) -> str:
    """That a task's data cannot be had, why, and what to do about it."""
    return (
        f"{task}: {why}, and {dataset} is not in its cache on this machine. HTTPS_PROXY names a proxy, HF_ENDPOINT a "
        f"mirror. {elsewhere}"
    )


def _address() -> str:
    return os.environ.get("HF_ENDPOINT") or _HUB


def _place(url: str) -> str:
    """A URL up to its host, without user and password; however malformed it is."""
    scheme, separator, rest = url.rpartition("://")
    return one_line(scheme + separator + rest.partition("/")[0].rpartition("@")[2], 80)


def _is_offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def _stay_offline() -> None:
    # For processes that are started from here, and for the libraries that read it when they were imported.
    os.environ[_OFFLINE] = "1"
    for name in ("huggingface_hub.constants", "datasets.config"):
        if (module := sys.modules.get(name)) is not None:
            module.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


@cache
def _asked(address: str) -> str | None:
    """Why there is no answer, asked once in a process; any answer that is not that of a broken gateway is one."""
    found: list[str | None] = []
    # In a thread that is not waited for: nothing bounds how long a name is looked up.
    asking = threading.Thread(target=lambda: found.append(_answer(address)), daemon=True)
    asking.start()
    asking.join(_limit_s())
    return found[0] if found else f"{_way(address)} does not answer within {_limit_s():g} s"


def _limit_s() -> float:
    try:
        return max(_LIMIT_S, float(os.environ.get(_LIMIT, "")))
    except ValueError:
        return _LIMIT_S


def _answer(address: str) -> str | None:
    from huggingface_hub import get_session

    try:
        status = get_session().head(address, timeout=_limit_s()).status_code
    except Exception as error:  # noqa: BLE001  (which ones there are depends on the version of the hub's library)
        return f"{_way(address)} {_failure(error)}"
    return f"{_way(address)} answers with HTTP {status}" if status >= 500 else None


def _failure(error: BaseException) -> str:
    """How a connection failed, as the end of a sentence."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    for cause in reversed(causes):
        match cause:
            case ConnectionRefusedError():
                return "refuses the connection"
            case socket.gaierror():
                return "has a name that is not known here"
            case ssl.SSLCertVerificationError():
                return f"shows a certificate that is not trusted here ({cause.verify_message}): SSL_CERT_FILE adds one"
            case TimeoutError():
                return f"does not answer within {_limit_s():g} s"
            case OSError(strerror=str(said)):
                return f"cannot be reached: {said}"
    return f"gives no answer ({excerpt(f'{type(error).__name__}: {error}', _SAID)})"


def _way(address: str) -> str:
    """What has to answer first: the proxy that the environment names, or the hub itself."""
    parts = urlsplit(address)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is None or (parts.hostname and urllib.request.proxy_bypass(parts.hostname)):
        return f"the Hugging Face hub at {_place(address)}"
    return f"the Hugging Face hub at {_place(address)}, through the proxy {_place(proxy)},"
