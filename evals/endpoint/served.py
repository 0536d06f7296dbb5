"""What an endpoint says of the model that it serves: the only place that knows how servers call a context's length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantgate.evals.text import excerpt

_DESCRIBING = (
    *("id", "root", "parent", "owned_by", "max_model_len"),  # vLLM, SGLang
    *("quantization", "digest", "revision", "size"),  # LM Studio, and what else tells which weights it has
)
"""What stays as long as the model does; `created` does not: vLLM writes the time of the question there."""

_CONTEXT = (
    ("max_model_len",),  # vLLM, SGLang and what is built on them
    ("meta", "n_ctx"),  # llama.cpp: of one slot, as served
    ("loaded_instances", "config", "context_length"),  # LM Studio's API v1: as loaded
    ("loaded_context_length",),  # LM Studio's API v0: as loaded
    ("top_provider", "context_length"),  # OpenRouter: of the provider that answers
    ("context_length",),  # Ollama, OpenRouter, Together, Unsloth
    ("max_total_tokens",),  # TGI: prompt and answer together
    ("context_window",),  # Groq
    ("parameters", "max_seq_len"),  # TabbyAPI
    ("max_context_length",),  # Mistral; LM Studio: the model's own, whatever was loaded
    ("max_input_tokens",),  # LiteLLM, Anthropic
    ("model_info", "max_input_tokens"),  # LiteLLM
    ("max_input_length",),  # TGI, older
    ("meta", "n_ctx_train"),  # llama.cpp before it told n_ctx: the model's own
)
"""Paths to the length in an entry of the list of models; what is served goes before what the model could do."""


_SHOWN = 300


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What an endpoint's list of models says of the one that is asked for.

    `described` is what may be recorded of its own entry, empty where it has none; `context_length` in tokens, `None`
    where it is not told; `names` the models that are listed, `None` where the endpoint has no list. `alone` describes
    the only model that is listed, where that has another name.
    """

    described: Mapping[str, Any] = field(default_factory=dict)
    context_length: int | None = None
    names: Sequence[str] | None = None
    alone: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown_names(self) -> str:
        """The names for a message, shortened; `none` where the list is empty."""
        return excerpt(", ".join(self.names or ())) or "none"

    def record(self) -> dict[str, Any]:
        """What goes into `run.json`, beside the address; `context_of` reads it."""
        told = {"served": dict(self.described), "context_length": self.context_length}
        return {name: value for name, value in told.items() if value}

    def identity(self) -> dict[str, Any]:
        """The same with what is listed under another name, where that is all; `change_of` compares two of them."""
        return self.record() | ({"listed": dict(self.alone)} if self.alone else {})


def served_model(listed: Sequence[Mapping[str, Any]] | None, model: str | None) -> ServedModel:
    """What a list of models says of `model`.

    Where a single model is listed, its context is read whatever its name: many servers answer under any name, and
    aliases are common.
    """
    if listed is None:
        return ServedModel()
    names = [str(entry.get("id")) for entry in listed]
    own = next((entry for entry in listed if model is not None and str(entry.get("id")) == model), None)
    entry = own if own is not None else listed[0] if len(listed) == 1 else None
    return ServedModel(
        {} if own is None else _described(own),
        None if entry is None else context_length(entry),
        tuple(names),
        _described(entry) if own is None and entry is not None else {},
    )


def change_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """What shows, of two `ServedModel.identity`, that another model is served now; `None` where nothing does.

    What either of them does not tell is no change, and nor is a context that is longer now: then what was cut by the
    shorter one is asked again.
    """
    if is_longer(before, after):
        before, after = without_context(before), without_context(after)
    old, new = _flat(before), _flat(after)
    changed = [
        f"{name} was {old[name]!r} and is {new[name]!r}" for name in old if name in new and old[name] != new[name]
    ]
    return excerpt("; ".join(changed), _SHOWN) or None


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    served = record.get("served") or record.get("listed")
    told = dict(served) if isinstance(served, Mapping) else {}
    meta = told.pop("meta", None)
    described = {
        **told,
        **({f"meta.{name}": value for name, value in meta.items()} if isinstance(meta, Mapping) else {}),
    }
    length = context_of(record)
    return {**described, **({} if length is None else {"context length": length})}


def is_longer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the second endpoint of two tells a longer context."""
    return (context_of(before) or 0) < (context_of(after) or 0)


def without_context(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """What an endpoint says of itself, but for the length of its context."""
    rest = {name: value for name, value in endpoint.items() if name != "context_length"}
    for name in ("served", "listed"):
        if isinstance(served := rest.get(name), Mapping):
            told = {field: value for field, value in served.items() if field != "max_model_len"}
            if isinstance(meta := served.get("meta"), Mapping):
                told["meta"] = {field: value for field, value in meta.items() if field != "n_ctx"}
            rest[name] = told
    return rest


def context_length(entry: Mapping[str, Any]) -> int | None:
    """Tokens of the context that an entry of a list of models tells, by whichever name; `None` where it tells none."""
    told = (_tokens(value) for path in _CONTEXT for value in _values(entry, path))
    return next((tokens for tokens in told if tokens is not None), None)


def context_of(endpoint: Mapping[str, Any]) -> int | None:
    """The context's length in tokens that a run recorded of its endpoint, in `context_length` or, earlier, `served`."""
    told = _tokens(endpoint.get("context_length"))
    served = endpoint.get("served")
    return context_length(served) if told is None and isinstance(served, Mapping) else told


def _described(entry: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {name: entry[name] for name in _DESCRIBING if _plain(entry.get(name))}
    meta = entry.get("meta")
    if isinstance(meta, Mapping):
        described["meta"] = {name: value for name, value in meta.items() if _plain(value)}
    return described


def _values(value: object, path: Sequence[str]) -> Iterator[object]:
    """What stands at a path; of a list, in each of its entries."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _values(value.get(path[0]), path[1:])


def _tokens(value: object) -> int | None:
    """A number of tokens, which some servers write as `8192.0` or as text; 0 stands for "not known"."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _plain(value: object) -> bool:
    """Whether a value can be written down: text, or a number that JSON has."""
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
