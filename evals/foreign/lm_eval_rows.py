"""lm-eval's rows as answers: one row per document and filter becomes one answer with the metrics of all filters."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.loglikelihoods import LogLikelihood, write_loglikelihoods
from quantgate.evals.contract.records import Continuation, Message, Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.lm_eval_results import number_of
from quantgate.evals.foreign.types import Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted

NO_FILTER = "none"
_NO_MATCH = "[invalid]"
_SHORT = 16
_ROUNDED = 1e-4
"""Some who pass results on keep four digits."""
_NO_NUMBERS = "its log-likelihoods are no numbers"

Cells: TypeAlias = Callable[[bytearray], Iterator[tuple[str, "dict[str, Any] | str"]]]
"""For each row of a source where it stands, and its fields or why it has none; from the beginning each time.

Rows whose byte is set are passed over, unread.
"""


_TURNS = TypeAdapter(list[dict[str, str]])


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a task are read.

    `metric` is the one that becomes the score, as `METRIC,FILTER`; `filters` are those of the task in lm-eval's order;
    `voting` says that repeats were voted on; `delimiter` stands before each choice. `figure` is the mean of the `items`
    scores as the results have it, where they do.
    """

    task: str
    metric: str
    filters: Sequence[str]
    same_by: SameBy
    voting: bool = False
    delimiter: str = " "
    figure: float | None = None
    items: int | None = None


def answers(cells_of: Cells, reading: Reading) -> Iterator[Row | Unread]:
    """The answers of a task in the order of the rows of the scoring filter, and the rows that are none.

    The rows of one document stand far apart, filter by filter. So those of other filters are read first, of which the
    metrics alone are kept.

    Raises DataError where all answers are there and the results that lie beside them are of others.
    """
    name_of_score = reading.metric.partition(",")[0]
    wanted, others, done = reading.metric.partition(",")[2], dict[str, dict[str, float]](), bytearray()
    if len(reading.filters) > 1:
        yield from _other_filters(cells_of, reading, wanted, others, done)
    scored: dict[str, float | None] = {}
    alone = set(others)
    for where, cells in cells_of(done):
        if isinstance(cells, str):
            yield Unread(where, cells)
            continue
        name = cells.get("filter", wanted)
        if not done and name != wanted:
            yield Unread(where, _of_no_filter(name))
            continue
        try:
            item = item_of(cells)
            alone.discard(item)
            row = _row(cells, item, reading, others.get(item, {}))
        except (ValueError, RecursionError) as error:
            yield Unread(where, "it is nested too deeply" if isinstance(error, RecursionError) else str(error))
            continue
        # What is a fault here has no score that a mean could be checked by.
        known = None if row.sample.status is Status.ERROR else number_of(cells.get(name_of_score))
        scored[item] = known if scored.setdefault(item, known) == known else None
        yield row
        yield from _unscored(cells, item, reading, where)
    for item in alone:
        yield Unread("", f"item {item} has no row of the filter {wanted}, which makes the score")
    _check_figure(reading, scored)


def _check_figure(reading: Reading, scored: Mapping[str, float | None]) -> None:
    """Raises DataError where the results' figure is not that of the answers, though none is missing."""
    scores = [score for score in scored.values() if score is not None]
    if reading.figure is None or not scores or len(scores) != reading.items:
        return
    mean = math.fsum(scores) / len(scores)
    if abs(mean - reading.figure) > _ROUNDED:
        raise DataError(
            f"{reading.task}: the results say {reading.figure:.6g} ({reading.metric}), and the mean of its "
            f"{len(scores):,} answers is {mean:.6g}: they are not of one run, or somebody has edited them"
        )


def _other_filters(
    cells_of: Cells, reading: Reading, wanted: str, found: dict[str, dict[str, float]], done: bytearray
) -> Iterator[Unread]:
    """Fill in the metrics of each document under the filters that do not score; gives the rows that are none.

    `done` gets a byte for each row, set where there is no more to be read of it. Early versions name no filter, and
    write filter after filter. Raises DataError where an item of theirs has more rows than there are filters.
    """
    seen: dict[tuple[str, str], dict[str, float]] = {}
    before: Counter[str] = Counter()
    for where, cells in cells_of(bytearray()):
        done.append(1)
        if isinstance(cells, str):
            yield Unread(where, cells)
            continue
        try:
            item = item_of(cells)
        except ValueError as error:
            yield Unread(where, str(error))
            continue
        name = cells.get("filter")
        if name is None:
            if before[item] == len(reading.filters):
                raise DataError(
                    f"{where}: item {item} has more rows than {reading.task} has filters, and they do not say of which "
                    "filter they are"
                )
            name = reading.filters[before[item]]
            before[item] += 1
        if name == wanted:
            done[-1] = 0
        elif name not in reading.filters:
            yield Unread(where, _of_no_filter(name))
        elif (item, name) not in seen:
            seen[item, name] = metrics_of(cells, name)
            found.setdefault(item, {}).update(seen[item, name])
        else:
            alike = seen[item, name] == metrics_of(cells, name)
            again = "and counts once" if alike else "not alike: neither row counts"
            yield Unread(where, f"item {item} is there twice under the filter {name}, {again}")
            if not alike:
                for metric in seen[item, name]:
                    found[item].pop(metric, None)


def _of_no_filter(name: object) -> str:
    return f"it is of the filter {str(name)[:60]!r}, which the task does not have"


def item_of(cells: Mapping[str, Any]) -> str:
    """The id of a row's document, its place in the data set as in our own runs. Raises ValueError where it has none."""
    number, digest = cells.get("doc_id"), cells.get("doc_hash")
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, int | str) and not isinstance(number, bool) and number != "":
        return str(number)
    if isinstance(digest, str) and digest:
        return digest[:_SHORT]
    raise ValueError("it has neither doc_id nor doc_hash")


def metrics_of(cells: Mapping[str, Any], filter: str) -> dict[str, float]:
    """The numbers that a row was given, by `METRIC,FILTER`."""
    told = cells.get("metrics")
    names = told if isinstance(told, list) else [name for name in cells if name not in _FIELDS]
    values = {name: number_of(cells.get(name)) for name in names if isinstance(name, str)}
    return {f"{name},{filter}": value for name, value in values.items() if value is not None}


_FIELDS = frozenset(
    {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash"}
    | {"prompt_hash", "target_hash"}
)


def requests_of(cells: Mapping[str, Any]) -> list[list[Any]]:
    """The arguments of each request of a row, in either of the forms that lm-eval has had."""
    told = cells.get("arguments")
    if isinstance(told, dict):
        named = [told.get(f"gen_args_{number}") for number in range(len(told))]
        return [[each.get(f"arg_{place}") for place in range(len(each))] for each in named if isinstance(each, dict)]
    return [list(each) for each in told if isinstance(each, list)] if isinstance(told, list) else []


def context_of(requests: Sequence[Sequence[Any]]) -> str | None:
    """The text that was asked first, a conversation as JSON."""
    context = requests[0][0] if requests and requests[0] else None
    if isinstance(context, list) and len(context) == 1:
        context = context[0]
    return context if isinstance(context, str) else None


def prompt_hash_of(cells: Mapping[str, Any], same_by: SameBy) -> str:
    """What stands for what was asked. Raises ValueError where a row has nothing of it."""
    if same_by is SameBy.ID:
        return ""
    found = cells.get("prompt_hash" if same_by is SameBy.PROMPT else "doc_hash")
    if isinstance(found, str) and found:
        return found
    context = context_of(requests_of(cells)) if same_by is SameBy.PROMPT else None
    if context is None:
        raise ValueError("it has neither prompt_hash nor the prompt")
    return hashlib.sha256(context.encode("utf-8", "surrogatepass")).hexdigest()


def _row(cells: Mapping[str, Any], item: str, reading: Reading, others: Mapping[str, float]) -> Row:
    """Raises ValueError saying what cannot be."""
    name, _, filter = reading.metric.partition(",")
    score = number_of(cells.get(name))
    if score is None or not 0 <= score <= 1:
        told = json.dumps(cells[name], default=str)[:40] if name in cells else "not there"
        raise ValueError(f"{name} must be a number from 0 to 1, and is {told}")
    requests, prompt_hash = requests_of(cells), prompt_hash_of(cells, reading.same_by)
    values = _loglikelihoods(cells, requests)
    asked = _asked(cells, item, reading, prompt_hash, requests, scored=values is not None)
    metrics = {**metrics_of(cells, filter), **others, reading.metric: score}
    sample = partial(Sample, task=reading.task, item_id=item, repeat=0, prompt_hash=prompt_hash)
    if values is None:
        response = _text_of(cells)
        if response is not None and not response.strip():
            nothing = dict.fromkeys(metrics, 0.0)
            return Row(sample(status=Status.EMPTY, score=0.0, metrics=nothing, response=response), asked)
        extracted = _extracted(cells)
        return Row(
            sample(status=Status.OK, score=score, metrics=metrics, response=response, extracted=extracted), asked
        )
    if not all(math.isfinite(value.total) for value in values):
        return Row(sample(status=Status.ERROR, score=None, error=_NO_NUMBERS), asked, scored=score)
    chosen, margin = _chosen(values, requests, reading.delimiter)
    response = write_loglikelihoods(values)
    return Row(
        sample(status=Status.OK, score=score, metrics=metrics, response=response, extracted=chosen, margin=margin),
        asked,
    )


def _unscored(cells: Mapping[str, Any], item: str, reading: Reading, where: str) -> Iterator[Unread]:
    """The repeats of a row that lm-eval gives no score of their own."""
    given = _repeats(cells)
    made_of = "a vote of all" if reading.voting else "the first alone"
    for number in range(2, len(given) + 1):
        yield Unread(where, f"answer {number} of {len(given)} to item {item} has no score: lm-eval scored {made_of}")


def _repeats(cells: Mapping[str, Any]) -> list[Any]:
    """The answers to a row's first request; none of log-likelihoods."""
    given = cells.get("resps")
    first = given[0] if isinstance(given, list) and given else None
    if isinstance(first, list):
        return first if first and not isinstance(first[0], list) else []
    return [first] if isinstance(first, str) else []


def _text_of(cells: Mapping[str, Any]) -> str | None:
    """The text that was answered; empty where lm-eval had nothing, `None` where the rows keep no answers."""
    given = _repeats(cells)
    return redacted("" if given[0] is None else str(given[0])) if given else None


def _extracted(cells: Mapping[str, Any]) -> str | None:
    found = cells.get("filtered_resps")
    for _ in range(2):
        if isinstance(found, list):
            found = found[0] if found else None
    return None if found in (None, "", _NO_MATCH) else redacted(str(found))


def _loglikelihoods(cells: Mapping[str, Any], requests: Sequence[Sequence[Any]]) -> list[LogLikelihood] | None:
    """Those of each request where that is what was asked for, and no text with parameters of sampling."""
    given = cells.get("filtered_resps")
    if not isinstance(given, list) or not given or any(isinstance(each[-1], dict) for each in requests if each):
        return None
    values = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2 or str(pair[1]) not in ("True", "False"):
            return None
        try:
            values.append(LogLikelihood(float(pair[0]), str(pair[1]) == "True"))
        except (TypeError, ValueError, OverflowError):
            return None
    return values


def _chosen(
    values: Sequence[LogLikelihood], requests: Sequence[Sequence[Any]], delimiter: str
) -> tuple[str | None, float | None]:
    """The likeliest continuation and by how much; of one text alone, whether the model would have written it.

    Mutual information asks for every choice once more without its question, after all with it.
    """
    contexts = [context_of([request]) for request in requests]
    count = contexts.index("") if "" in contexts[1:] and contexts[0] != "" else len(values)
    if count < 2:
        return "greedy" if values[0].greedy else "not greedy", None
    order = sorted(range(count), key=lambda place: (-values[place].total, place))
    margin = values[order[0]].total - values[order[1]].total
    texts = [str(request[1]).removeprefix(delimiter) for request in requests if len(request) > 1]
    return texts[order[0]] if len(texts) >= count else str(order[0]), margin


def _asked(
    cells: Mapping[str, Any],
    item: str,
    reading: Reading,
    prompt_hash: str,
    requests: Sequence[Sequence[Any]],
    *,
    scored: bool,
) -> Asked | None:
    context, target = context_of(requests), cells.get("target")
    # Where a run has not kept what was asked, its export has an empty text.
    if context is None or not (context or scored):
        return None
    reference = None if target is None else str(target)
    if not scored:
        return Asked(reading.task, item, prompt_hash, messages_of(context), reference=reference)
    pairs = [(context_of([request]) or "", str(request[1])) for request in requests if len(request) > 1]
    if reference is not None and len(pairs) > 1 and reference.isdecimal() and int(reference) < len(pairs):
        reference = pairs[int(reference)][1].strip()
    asked = tuple(Continuation(before, text) for before, text in pairs)
    return Asked(reading.task, item, prompt_hash, continuations=asked, reference=reference)


def messages_of(context: str) -> tuple[Message, ...]:
    """The messages of a conversation that is written as JSON; any other text is what the user says."""
    if context.startswith("[{"):
        try:
            turns = _TURNS.validate_json(context)
        except ValueError:
            turns = []
        if turns and all("role" in turn and "content" in turn for turn in turns):
            return tuple(turns)
    return ({"role": "user", "content": context},)
