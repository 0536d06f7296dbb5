"""The options that tau2 alone takes: its user simulator, its judge, how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantgate.evals.contract.options import TaskOption, json_object, names, path, text, whole_number

MOST_WORKERS = 64
_MOST_STEPS = 1_000_000


@dataclass(frozen=True, slots=True)
class Tau2Options:
    """Whose models play user and judge, and how tau2 is run; `OPTIONS` says what each is."""

    user_base_url: str | None = None
    user_model: str | None = None
    user_api_key_env: str | None = None
    user_extra_body: Mapping[str, Any] = field(default_factory=dict)
    judge_base_url: str | None = None
    judge_model: str | None = None
    judge_api_key_env: str | None = None
    judge_extra_body: Mapping[str, Any] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    retrieval: str | None = None
    max_steps: int | None = None
    tau2_python: Path | None = None
    tau2_workers: int | None = None


_SHARED = (
    TaskOption("user_base_url", "the API root of the model that plays the user"),
    TaskOption("user_model", "that model's name; the same for both builds"),
    TaskOption("user_api_key_env", "environment variable with its key"),
    TaskOption("user_extra_body", "JSON object added to its requests", json_object),
    TaskOption("judge_base_url", "the API root of the judge, where tasks need one (Sierra's retail, one of banking)"),
    TaskOption("judge_model", "the judge's name; the same for both builds"),
    TaskOption("judge_api_key_env", "environment variable with its key"),
    TaskOption("judge_extra_body", "JSON object added to its requests", json_object),
    TaskOption("max_steps", "steps of one conversation; default 200", whole_number(1, _MOST_STEPS)),
    TaskOption("tau2_python", "the Python of another environment that has it", path),
    TaskOption(
        "tau2_workers", "worker processes; default: two per processor, 8 at most", whole_number(1, MOST_WORKERS)
    ),
)

OPTIONS = (*_SHARED, TaskOption("domains", "airline,retail,telecom or some of them", names))
"""Those of `tau2`."""

DOMAIN_OPTIONS = _SHARED
"""Those of a task that is one domain."""

DOCUMENT_OPTIONS = (
    *_SHARED,
    TaskOption("retrieval", "how the agent finds documents: bm25 (default), bm25_grep, grep_only, full_kb, ...", text),
)
"""Those of a domain with documents."""
