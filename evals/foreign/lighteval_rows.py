"""One row of lighteval's details as an answer: the text or the log-likelihoods, and the metric that counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.loglikelihoods import LogLikelihood, write_loglikelihoods
from quantgate.evals.contract.records import Continuation, Message, Sample, Status
from quantgate.evals.foreign.sources import digest_of
from quantgate.evals.foreign.types import Row
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted
from quantgate.evals.text import one_line

_NO_NUMBERS = "its log-likelihoods are no numbers"


def part_of(cells: Mapping[str, Any], *names: str) -> Any:
    """What stands in a row at the end of names; `None` where there is nothing."""
    value: Any = cells
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def item_of(cells: Mapping[str, Any]) -> str:
    """The document's place in the data set, given before they are shuffled. Raises ValueError where it has none."""
    found = part_of(cells, "doc", "id")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found:
        raise ValueError("its document has no id")
    return found


def sent_of(cells: Mapping[str, Any]) -> Any:
    """What was sent, a text or messages; `None` where the row does not tell."""
    return part_of(cells, "model_response", "input") or None


def score_of(value: Any) -> float | None:
    """A metric as a number; `None` for what is neither, NaN too."""
    return float(value) if isinstance(value, bool | int | float) and math.isfinite(value) else None


def row_of(cells: Mapping[str, Any], metric: str, same_by: SameBy) -> Row:
    """A row as an answer. Raises ValueError saying why it is none."""
    item, told = item_of(cells), part_of(cells, "metric", metric)
    score = score_of(told)
    if score is None or not 0 <= score <= 1:
        raise ValueError(f"{one_line(metric, 60)} must be a number from 0 to 1, and is {one_line(str(told), 40)}")
    prompt_hash = _prompt_hash(cells, same_by)
    values = _loglikelihoods(cells)
    if values is None:
        return _generated(cells, item, metric, score, prompt_hash)
    if not all(math.isfinite(value.total) for value in values):
        lost = Sample("", item, 0, prompt_hash, Status.ERROR, None, error=_NO_NUMBERS)
        return Row(lost, _asked(cells, item, prompt_hash, scored=True), scored=score)
    chosen, margin = _chosen(values, _texts(cells, "doc", "choices"))
    sample = Sample(
        "",
        item,
        0,
        prompt_hash,
        Status.OK,
        score,
        extracted=chosen,
        margin=margin,
        metrics=_metrics(cells),
        response=write_loglikelihoods(values),
    )
    return Row(sample, _asked(cells, item, prompt_hash, scored=True))


def _generated(cells: Mapping[str, Any], item: str, metric: str, score: float, prompt_hash: str) -> Row:
    texts, thoughts = _texts(cells, "model_response", "text"), _texts(cells, "model_response", "reasonings")
    # Several answers to a document have one score together: they are empty where all of them are.
    empty = not any(text.strip() for text in texts)
    metrics = _metrics(cells)
    sample = Sample(
        "",
        item,
        0,
        prompt_hash,
        Status.EMPTY if empty else Status.OK,
        0.0 if empty else score,
        metrics=dict.fromkeys(metrics, 0.0) if empty else metrics,
        response=redacted("\n\n".join(texts)) or None,
        reasoning=redacted("\n\n".join(thoughts)) or None,
    )
    return Row(sample, _asked(cells, item, prompt_hash, scored=False), scored=score)


def answers_in(cells: Mapping[str, Any]) -> int:
    """How many texts were generated for a document, which have one score together."""
    return len(_texts(cells, "model_response", "text"))


def _prompt_hash(cells: Mapping[str, Any], same_by: SameBy) -> str:
    found = sent_of(cells) if same_by is SameBy.PROMPT else part_of(cells, "doc", "query")
    if found is None:
        raise ValueError("it has neither the prompt nor the query")
    return digest_of(found)


def _metrics(cells: Mapping[str, Any]) -> dict[str, float]:
    told = part_of(cells, "metric")
    values = {str(name): score_of(value) for name, value in told.items()} if isinstance(told, Mapping) else {}
    return {name: value for name, value in values.items() if value is not None}


def _texts(cells: Mapping[str, Any], *names: str) -> list[str]:
    found = part_of(cells, *names)
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _loglikelihoods(cells: Mapping[str, Any]) -> list[LogLikelihood] | None:
    """Those of each choice, where they were what was asked for and no text."""
    totals, greedy = (part_of(cells, "model_response", name) for name in ("logprobs", "argmax_logits_eq_gold"))
    if not isinstance(totals, list) or not totals or _texts(cells, "model_response", "text"):
        return None
    likeliest = greedy if isinstance(greedy, list) and len(greedy) == len(totals) else [False] * len(totals)
    return [
        LogLikelihood(float(total) if isinstance(total, int | float) else math.nan, bool(own))
        for total, own in zip(totals, likeliest, strict=True)
    ]


def _chosen(values: Sequence[LogLikelihood], choices: Sequence[str]) -> tuple[str, float | None]:
    """The likeliest choice and by how much; of one text alone, whether the model would have written it."""
    if len(values) < 2:
        return ("greedy" if values[0].greedy else "not greedy"), None
    order = sorted(range(len(values)), key=lambda place: (-values[place].total, place))
    text = choices[order[0]].strip() if len(choices) == len(values) else str(order[0])
    return text, values[order[0]].total - values[order[1]].total


def _asked(cells: Mapping[str, Any], item: str, prompt_hash: str, *, scored: bool) -> Asked | None:
    sent = sent_of(cells)
    context = sent if sent is not None else part_of(cells, "doc", "query")
    messages = _messages(context)
    if not messages:
        return None
    choices, gold = _texts(cells, "doc", "choices"), part_of(cells, "doc", "gold_index")
    places = gold if isinstance(gold, list) else [gold]
    golds = [choices[place] for place in places if isinstance(place, int) and 0 <= place < len(choices)]
    reference = " or ".join(text.strip() for text in golds) or None
    if scored and isinstance(context, str) and choices:
        continuations = tuple(Continuation(context, choice) for choice in choices)
        return Asked("", item, prompt_hash, continuations=continuations, reference=reference)
    return Asked("", item, prompt_hash, messages=messages, reference=reference)


def _messages(sent: Any) -> tuple[Message, ...]:
    if isinstance(sent, str):
        return ({"role": "user", "content": sent},)
    turns = [each for each in sent if isinstance(each, Mapping)] if isinstance(sent, list) else []
    return tuple({"role": str(each.get("role")), "content": str(each.get("content"))} for each in turns)
