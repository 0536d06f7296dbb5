"""Whether two runs are of two builds: a server that is gated against itself always passes, and shows nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from quantgate.evals.checks.finding import Finding, FindingCode, Severity
from quantgate.evals.endpoint.url import is_loopback
from quantgate.evals.runs.record import RunRecord

_PORTS = {"http": 80, "https": 443}

_SHOWN = 8
"""So many addresses are named."""


def same_build_findings(baseline: RunRecord, candidate: RunRecord, *, meant: bool) -> Iterator[Finding]:
    """What speaks for one build on both sides; `meant` says that this is what the user wants (the noise floor).

    One endpoint and one served model block a pass. Two endpoints that serve one model from one place (`root`, which
    vLLM and SGLang tell) are a warning.
    """
    if baseline.model != candidate.model:
        return
    address = address_of(baseline.endpoint.get("base_url"))
    if address is not None and address == address_of(candidate.endpoint.get("base_url")):
        yield Finding(
            FindingCode.SAME_ENDPOINT,
            Severity.WARNS if meant else Severity.BLOCKS,
            f"Both runs asked {baseline.model} at {baseline.endpoint['base_url']}: unless the server was changed in "
            "between, a build was compared with itself, which always passes. Say --same-build where that is meant",
        )
    elif (root := root_of(baseline.endpoint)) is not None and root == root_of(candidate.endpoint) and not meant:
        yield Finding(
            FindingCode.SAME_WEIGHTS,
            Severity.WARNS,
            f"Both endpoints say that they serve {root}: if they run on one machine these are the same weights",
        )


def moved_findings(record: RunRecord, build: str) -> Iterator[Finding]:
    """A warning when a run's answers came from several addresses, as after a resume with another `--base-url`."""
    addresses = [str(session["endpoint"].get("base_url")) for session in record.earlier if "endpoint" in session]
    told = list(dict.fromkeys([*addresses, str(record.endpoint.get("base_url"))]))
    if len(told) > 1:
        in_turn = "" if any("shard" in session for session in record.earlier) else ", one after the other"
        more = f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
        yield Finding(
            FindingCode.SEVERAL_ENDPOINTS,
            Severity.WARNS,
            f"The {build}'s answers came from {len(told):,} addresses{in_turn} ({', '.join(told[:_SHOWN])}{more}): was "
            "the same build served at each?",
            build,
        )


def address_of(url: object) -> tuple[str, int | None, str] | None:
    """Host, port and path, however they are written; every name of this machine is one."""
    if not isinstance(url, str) or not url:
        return None
    parts = urlsplit(url)
    host = "localhost" if is_loopback(url) else (parts.hostname or "").rstrip(".")
    return host, parts.port or _PORTS.get(parts.scheme), parts.path.rstrip("/")


def root_of(endpoint: Mapping[str, Any]) -> str | None:
    """The place that a served model's weights are said to come from, where the endpoint tells one."""
    served = endpoint.get("served")
    root = served.get("root") if isinstance(served, Mapping) else None
    return root if isinstance(root, str) and "/" in root else None
