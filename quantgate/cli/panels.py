"""The options of verbs that have many, in groups: those of one subject stand together in `--help`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_type_hints

from typer.models import OptionInfo

OUTPUT = "Output"
_TASKS = "What is asked"
_ENDPOINT = "Endpoint"
_SAMPLING = "Sampling"
_DATA = "Data"
_LOGLIKELIHOOD = "Log-likelihood tasks"
_TAU2 = "tau2"
_CLUSTER = "Cluster"
_REQUIRED = "What must hold"
_READ = "How the runs are read"

_SERVED = ("base_url", "model", "api_key_env", "header", "ca_bundle", "timeout", "stream", "stall_timeout")
_REQUESTS = ("max_answer_mb", "omit", "max_tokens_field", "extra_body")
_RUNS_READ = ("metric", "same_build", "model_changed", "prompts_unlike", "common", "looks")

PANELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "run": {
        _TASKS: ("task", "limit", "first", "repeats", "shard", "metric", "option"),
        _ENDPOINT: (*_SERVED, *_REQUESTS, "concurrency", "max_time", "model_changed"),
        _SAMPLING: ("preset", "temperature", "top_p", "max_tokens", "seed"),
        _DATA: ("data", "data_dir"),
        _LOGLIKELIHOOD: ("tokenizer", "max_length", "texts"),
        _TAU2: (
            *("user_base_url", "user_model", "user_api_key_env", "user_extra_body", "judge_base_url", "judge_model"),
            *("judge_api_key_env", "judge_extra_body", "domains", "max_steps", "tau2_python", "tau2_workers"),
        ),
        _CLUSTER: ("executor", "ray_address", "ray_workers"),
        OUTPUT: ("out", "label", "durable", "prompts"),
    },
    "doctor": {
        _TASKS: ("task", "option"),
        _ENDPOINT: (*_SERVED, *_REQUESTS),
        _SAMPLING: ("temperature", "top_p", "max_tokens"),
        _DATA: ("data", "data_dir"),
        _LOGLIKELIHOOD: ("tokenizer", "max_length", "texts"),
        _TAU2: ("tau2_python",),
        OUTPUT: ("conformance", "json"),
    },
    "gate": {
        _REQUIRED: ("margin", "recovery", "policy", "alpha", "target"),
        _READ: ("noise", *_RUNS_READ),
        OUTPUT: ("include_text",),
    },
    "compare": {
        _REQUIRED: ("margin", "recovery", "policy", "alpha", "target", "pass_if"),
        _READ: _RUNS_READ,
        "Cost": ("cost", "cost_unit", "more_is_better"),
    },
    "check": {
        _TASKS: ("suite",),
        "How far it is asked": ("stop", "looks", "limit", "max_time", "max_requests", "concurrency"),
        _CLUSTER: ("executor", "ray_address", "ray_workers"),
        OUTPUT: ("out", "quiet", "no_progress", "log_level"),
    },
    "sweep": {
        "How far it is asked": ("limit", "parallel", "concurrency"),
        OUTPUT: ("out", "quiet", "no_progress", "log_level"),
    },
    "plan": {
        _REQUIRED: ("margin", "recovery", "policy", "suite", "alpha", "target", "power", "tasks", "true_loss"),
        "What is known or guessed": (
            *("noise", "task", "items", "accuracy", "discordance", "within_variance", "tokens_per_answer"),
            "throughput",
        ),
        "What may be asked": ("repeats", "baseline_repeats", "sequential"),
        OUTPUT: ("json", "html"),
    },
}
"""The groups of each verb with their options; what stands in none, as `--config`, is listed first."""


def grouped(name: str, verb: Callable[..., None]) -> Callable[..., None]:
    """A verb for typer, each of its options in its group."""
    panel_of = {option: panel for panel, options in PANELS[name].items() for option in options}
    # As objects: read from their text they would be others each time.
    verb.__annotations__ = get_type_hints(verb, include_extras=True)
    for option, hint in verb.__annotations__.items():
        for told in getattr(hint, "__metadata__", ()):
            if isinstance(told, OptionInfo) and option in panel_of:
                told.rich_help_panel = panel_of[option]
    return verb
