"""What the header of an Inspect log tells of how the model was asked, and by what it was scored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from quantgate.evals.foreign.inspect_survey import Survey
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import one_line

_SAMPLING = ("temperature", "top_p", "max_tokens", "seed")
_LIMITS = (
    "message_limit",
    "token_limit",
    "token_limit_type",
    "turn_limit",
    "time_limit",
    "working_limit",
    "cost_limit",
)
_SHAPING = (
    "system_message", "best_of", "frequency_penalty", "presence_penalty", "logit_bias", "top_k", "num_choices",
    "verbosity", "effort", "reasoning_effort", "reasoning_mode", "reasoning_tokens", "reasoning_history",
    "response_schema",
)  # fmt: skip
"""What a request may say beside these that makes another answer likelier; the rest is of connections and retries."""


def endpoint_of(url: str | None) -> dict[str, Any]:
    """Where the model was served, without user-info and query."""
    if not url:
        return {}
    parts = urlsplit(url)
    return {"base_url": urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))}


def grader_of(header: Any, primary: str) -> str:
    """Which Inspect has scored, and by which scorer."""
    spec = header.eval
    name = primary.partition("/")[0]
    options = next((each.options for each in spec.scorers or () if each.name.rpartition("/")[2] == name), None)
    version = (spec.packages or {}).get("inspect_ai", "unknown")
    return f"inspect-ai {version}, {name}" + (f" {_shown(options)}" if options else "")


def _shown(value: Any) -> str:
    return without_keys(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def sampling_of(header: Any) -> dict[str, Any]:
    """What the model was asked with: its own, what the task says over that, and what the solvers say over both."""
    asked = _asked(header)
    return {
        **{name: asked.get(name) for name in _SAMPLING},
        "stop": asked.get("stop_seqs"),
        "extra_body": asked.get("extra_body") or {},
    }


def _asked(header: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for config in (header.eval.model_generate_config, header.plan.config):
        asked |= config.model_dump(exclude_none=True)
    for step in header.plan.steps:
        told = {name: value for name, value in (step.params or {}).items() if value is not None}
        asked |= {name: value for name, value in told.items() if name in asked or name in (*_SAMPLING, *_SHAPING)}
    return asked


def settings_of(header: Any) -> dict[str, Any]:
    """What else two runs must share: the solvers, the limits that a sample stops at, and what shapes an answer."""
    asked = _asked(header)
    config = header.eval.config
    steps = [f"{step.solver}({_shown(step.params) if step.params else ''})" for step in header.plan.steps]
    limits = {name: getattr(config, name, None) for name in _LIMITS}
    return {
        "solver": " > ".join(steps),
        "limit": list(config.limit) if isinstance(config.limit, tuple) else config.limit,
        **{name: value for name, value in limits.items() if value is not None},
        **{name: asked[name] for name in _SHAPING if name in asked},
    }


def provenance_of(header: Any, source: str, survey: Survey) -> dict[str, str]:
    """What is for the reader alone."""
    spec = header.eval
    told: Mapping[str, Any] = {
        "source": source,
        "eval": spec.eval_id,
        "dataset": spec.dataset.name,
        "arguments": _shown(spec.task_args) if spec.task_args else None,
        "commit": spec.revision.commit if spec.revision is not None else None,
        "accuracy by inspect": None if survey.printed is None else f"{survey.printed!r} ({survey.printed_as})",
    }
    return {name: one_line(str(value), 400) for name, value in told.items() if value}
