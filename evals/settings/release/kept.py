"""A release file as it was understood, with no secret in it: what is kept beside the answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.secrets import redacted, without_keys
from quantgate.evals.settings.release.layers import MERGED, resolved
from quantgate.evals.settings.release.parts import Build
from quantgate.evals.settings.release.plan import Plan
from quantgate.evals.settings.release.said import Layer

HEADER = """\
# The release as `quantgate check` understood it: the policy written out, paths absolute, the command line's options in
# it. No key is: of addresses, user and query are left out.
"""
_AS_THEY_ARE = frozenset({"model", "label", "run", "out", "data", "data_dir", "tokenizer", "ca_bundle"})
"""Names and paths, of which a part may look like a key by chance."""


def written_copy(
    plan: Plan,
    builds: Mapping[str, Build],
    layers: Mapping[str, Layer],
    tasks: Collection[str],
    policy: Mapping[str, Any],
    suite: str | Path | None = None,
) -> str:
    """The copy as YAML.

    Parameters
    ----------
    plan, policy
        What is the whole release's, and what must hold.
    builds
        By place in the file, the baseline first.
    layers
        By place in the file what is said there of how is asked; the top under the empty name, the command line, which
        wins over all of them, under `--`.
    tasks
        Their names.
    suite
        The suite that was named; what it says is written out under the tasks and in the policy.
    """
    line = layers["--"]
    baseline, *candidates = ({**_build(one), **_said(layers[place], line)} for place, one in builds.items())
    document = {
        "name": plan.name,
        "baseline": baseline,
        **({"candidate": candidates[0]} if len(candidates) == 1 else {"candidates": candidates}),
        "suite": suite,
        "tasks": {name: _said(layers[f"tasks.{name}"], line) or None for name in tasks},
        **_at_the_top(layers[""], line),
        "policy": {**policy, "tasks": {name: own for name, own in policy.get("tasks", {}).items() if name in tasks}},
        **{name: getattr(plan, name) for name in ("stop", "order", "looks", "futility")},
        "budget": {name: value for name, value in plan.budget if value is not None},
        "out": plan.out,
        "reports": plan.reports,
    }
    said = {name: value for name, value in document.items() if value not in (None, {})}
    return HEADER + yaml.safe_dump(_plain("", said), sort_keys=False, allow_unicode=True, width=120)


def _build(build: Build) -> dict[str, Any]:
    return {"label": build.label, **({} if build.run is None else {"run": build.run})}


def _said(layer: Layer, line: Layer) -> dict[str, Any]:
    """What a place says, without what the command line says in its place."""
    options = {name: said.value for name, said in layer.options.items()}
    for name, said in line.options.items():
        if name in MERGED and isinstance(options.get(name), Mapping) and isinstance(said.value, Mapping):
            options[name] = {key: value for key, value in options[name].items() if key not in said.value}
        else:
            options.pop(name, None)
    own = {name: said.value for name, said in layer.own.items() if name not in line.own}
    return options | ({"options": own} if own else {})


def _at_the_top(*layers: Layer) -> dict[str, Any]:
    options, own = ({name: said.value for name, said in each.items()} for each in resolved(layers))
    return options | ({"options": own} if own else {})


def _plain(name: str, value: Any) -> Any:
    """What YAML can write, without secrets."""
    if isinstance(value, Mapping):
        return {
            _plain("", key): _plain(name if name in _AS_THEY_ARE else str(key), each) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(name, each) for each in value]
    if isinstance(value, Path):
        return _text(name or "out", str(value.absolute()))
    return _text(name, str(value)) if isinstance(value, str) else value


def _text(name: str, text: str) -> str:
    if name.endswith("base_url"):
        return redact_url(redacted(text))
    return redacted(text) if name in _AS_THEY_ARE else without_keys(text)
