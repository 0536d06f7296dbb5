"""Records of Every Eval Ever: the `*_samples.jsonl` of instances, with the `.json` of totals beside it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.every_eval_ever_own import own_record, own_task
from quantgate.evals.foreign.models import chosen_model, listed
from quantgate.evals.foreign.sources import TOO_DEEP, created_of, digest_of, document_of, is_deep, lines_of, object_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.secrets import redacted
from quantgate.evals.text import one_line

_FORMAT = "every-eval-ever"
_HEAD = 64 << 10
_MOST_FILES = 10_000
_MOST_TOTALS = 16 << 20
_MOST_TOTALS_TRIED = 100
_LONGEST_REASON = 200
_SAMPLES = ".jsonl"
_REFUSAL = re.compile(r"\brefusal\b|content.?filter", re.IGNORECASE)
"""A refused connection is none."""
_UNKNOWN = ("version", "data_hash", "stop", "seed", "extra_body", "few_shot", "limit")
_TOLD = ("temperature", "top_p", "max_tokens")


@dataclass(slots=True)
class _Task:
    """What is known of one result of a file before its rows are read; `seen` has how often each sample stands there."""

    evaluation: str
    result: str | None
    file: Path
    totals: Mapping[str, Any]
    name: str
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def repeats(self) -> int:
        """How often most samples are there: what is there more often is there by mistake."""
        return Counter(self.seen.values()).most_common(1)[0][0]

    @property
    def of_several(self) -> bool:
        """Whether the file was written with rows of other results, too, which may have been cut off since."""
        return len(self._totals) > 1

    @property
    def _totals(self) -> list[Mapping[str, Any]]:
        told = self.totals.get("evaluation_results")
        return [_mapping(each) for each in (told if isinstance(told, list) else ())]

    @property
    def total(self) -> Mapping[str, Any]:
        """The total that the rows belong to: of their id, else the only one of their name."""
        results = self._totals
        by_id = [each for each in results if self.result and each.get("evaluation_result_id") == self.result]
        named = by_id or [each for each in results if each.get("evaluation_name") == self.evaluation]
        return named[0] if len(named) == 1 else {}

    @property
    def metric(self) -> str:
        config = _mapping(self.total.get("metric_config"))
        told = config.get("metric_name") or config.get("metric_id")
        return told if isinstance(told, str) else "score"

    def holds(self, cells: Mapping[str, Any]) -> bool:
        return cells.get("evaluation_name") == self.evaluation and _id(cells) == self.result


def read(path: Path, model: str | None = None) -> ForeignRun:
    """Read the instances at a path, of one model.

    Raises DataError, in one line, for what is broken, has totals alone, or is of several models; UsageError for a model
    that is not there.
    """
    files = _instances_at(path)
    if not files:
        raise DataError(_only_totals(path))
    by_model: dict[str, list[_Task]] = {}
    unread: list[Unread] = []
    for file in files:
        for name, tasks in _looked_through(file, unread).items():
            by_model.setdefault(name, []).extend(tasks)
    if not by_model:
        raise DataError(f"{path}: it holds no record that can be read{f' ({unread[0].why})' if unread else ''}")
    name = chosen_model(path, by_model, model)
    tasks = by_model[name]
    for each in tasks:
        if len(same := [other.file.name for other in tasks if other.name == each.name]) > 1:
            raise DataError(f"{path} holds {one_line(each.name, 80)} twice, in {listed(same)}: name one of them")
    own = [own_record(each.totals, str(each.file)) for each in tasks]
    if (first := own[0]) is not None and all(own):
        written = [own_task(run.tasks[0], each.file, each.holds) for each, run in zip(tasks, own, strict=True) if run]
        return ForeignRun(
            format=_FORMAT,
            model=first.model,
            created=first.created,
            tasks=written,
            label=first.label,
            record=first,
        )
    library = next((_mapping(each.totals.get("eval_library")) for each in tasks if each.totals), {})
    return ForeignRun(
        format=_FORMAT,
        model=name,
        created=max(created_of(each.file) for each in tasks),
        tasks=[_task(each, name, unread if each is tasks[0] else [], len(tasks) == 1) for each in tasks],
        software={str(library["name"]): str(library.get("version") or "unknown")} if library.get("name") else {},
    )


def _instances_at(path: Path) -> list[Path]:
    if path.is_dir():
        return [
            file for file in sorted(itertools.islice(path.rglob(f"*{_SAMPLES}"), _MOST_FILES)) if _is_instances(file)
        ]
    if path.suffix == _SAMPLES:
        return [path]
    beside = path.with_name(f"{path.stem}_samples{_SAMPLES}")
    return [beside] if beside.is_file() else []


def _is_instances(file: Path) -> bool:
    return _begins(file, b'"evaluation_id"', b'"sample_id"', b'"interaction_type"')


def _begins(file: Path, *names: bytes) -> bool:
    try:
        with open_to_read(file) as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return all(name in head for name in names)


def _is_totals(file: Path) -> bool:
    return _begins(file, b'"evaluation_id"', b'"evaluation_results"', b'"schema_version"')


def _totals_in(folder: Path) -> Path | None:
    """A file of totals in a folder, where one of the first files is that."""
    return next(filter(_is_totals, sorted(itertools.islice(folder.rglob("*.json"), _MOST_TOTALS_TRIED))), None)


def recognised(path: Path) -> bool:
    """Whether there are records of Every Eval Ever at a path."""
    try:
        if path.is_dir():
            return bool(_instances_at(path)) or _totals_in(path) is not None
        return _is_instances(path) or _is_totals(path)
    except OSError:
        return False


def _looked_through(file: Path, unread: list[Unread]) -> dict[str, list[_Task]]:
    """The results of a file by model: each is a task, or a second metric of one, which has a task of its own."""
    totals = _totals_of(file)
    found: dict[str, dict[tuple[str, str | None], _Task]] = {}
    for where, line in lines_of(file):
        cells = object_of(line)
        if isinstance(cells, str) or is_deep(cells):
            unread.append(Unread(where, cells if isinstance(cells, str) else TOO_DEEP))
            continue
        try:
            model, name = _text(cells, "model_id"), _text(cells, "evaluation_name")
            sample = _text(cells, "sample_id")
        except ValueError as error:
            unread.append(Unread(where, str(error)))
            continue
        key = (name, _id(cells))
        own = found.setdefault(model, {})
        own.setdefault(key, _Task(name, key[1], file, totals, name)).seen[sample] += 1
    for own in found.values():
        _name_apart(list(own.values()))
    return {model: list(own.values()) for model, own in found.items()}


def _name_apart(tasks: Sequence[_Task]) -> None:
    """Of several results of one evaluation, each is called by its metric as well."""
    names = [task.name for task in tasks]
    for task in tasks:
        if names.count(task.name) > 1:
            task.name = f"{task.name}/{task.result or task.metric}"


def _totals_of(file: Path) -> dict[str, Any]:
    beside = file.with_name(file.stem.removesuffix("_samples") + ".json")
    return document_of(beside, _MOST_TOTALS) if beside.is_file() else {}


def _id(cells: Mapping[str, Any]) -> str | None:
    told = cells.get("evaluation_result_id")
    return told if isinstance(told, str) else None


def _mapping(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _task(task: _Task, model: str, unread: Sequence[Unread], alone: bool) -> ForeignTask:
    result = task.total
    config = _mapping(result.get("metric_config"))
    if config.get("lower_is_better") is True:
        raise DataError(
            f"{task.file}: of {one_line(task.name, 80)} less is better, which no gate of accuracy can judge"
        )
    generation = _mapping(result.get("generation_config"))
    told = _mapping(generation.get("generation_args"))
    library = _mapping(task.totals.get("eval_library"))
    printed = _mapping(result.get("score_details")).get("score")
    grader = " ".join(str(library[name]) for name in ("name", "version") if library.get(name)) or "unknown"
    rows = _mapping(task.totals.get("detailed_evaluation_results")).get("total_rows")
    sampling = {name: told[name] for name in _TOLD if told.get(name) is not None}
    return ForeignTask(
        name=task.name,
        version="unknown",
        grader=grader,
        metric=task.metric,
        same_by=SameBy.TEXT,
        rows=partial(_rows, task, model, unread, _largest(config)),
        sampling=sampling,
        unknown=(
            *_UNKNOWN,
            *(name for name in _TOLD if name not in sampling),
            *(["grader"] if grader == "unknown" else []),
        ),
        items=rows // task.repeats if alone and not task.of_several and isinstance(rows, int) and rows > 0 else None,
        repeats=task.repeats,
        provenance={"source": str(task.file), **({} if printed is None else {"score": str(printed)})},
    )


def _largest(config: Mapping[str, Any]) -> float:
    """What a full score is: percent are told by the bound of the metric."""
    told = config.get("max_score")
    return 100.0 if config.get("metric_unit") == "percent" or told == 100 else 1.0


def _rows(task: _Task, model: str, unread: Sequence[Unread], largest: float) -> Iterator[Row | Unread]:
    yield from unread
    repeats: Counter[str] = Counter()
    for where, line in lines_of(task.file):
        cells = object_of(line)
        if isinstance(cells, str) or is_deep(cells) or cells.get("model_id") != model:
            continue
        sample = cells.get("sample_id")
        if not task.holds(cells) or not isinstance(sample, str) or not sample:
            continue
        # Of one that is there more often than others nobody knows which of its rows is which repeat.
        repeat = 0 if task.seen[sample] > task.repeats else repeats[sample]
        repeats[sample] += 1
        try:
            yield _row(task.name, cells, sample, repeat, largest)
        except ValueError as error:
            yield Unread(where, str(error))


def _row(task: str, cells: Mapping[str, Any], item_id: str, repeat: int, largest: float) -> Row:
    """Raises ValueError saying what cannot be."""
    asked_of = _mapping(cells.get("input"))
    question, reference = asked_of.get("raw"), asked_of.get("reference")
    if not isinstance(question, str):
        raise ValueError("input.raw must be text")
    score = _score(_mapping(cells.get("evaluation")).get("score"), largest)
    told = cells.get("error")
    error = one_line(redacted(told), _LONGEST_REASON) if isinstance(told, str) and told else None
    refused = error is not None and _REFUSAL.search(error) is not None and score is not None
    fault = None if refused else error
    if fault is None and score is None:
        fault = "the record has no score for it"
    response, reasoning = _answer(cells)
    # Where choices were compared there is no text, and a score all the same.
    empty = fault is None and score == 0 and response is not None and not response.strip()
    status = Status.ERROR if fault else Status.REFUSED if refused else Status.EMPTY if empty else Status.OK
    digest = digest_of([question, reference])
    sample = Sample(
        task=task,
        item_id=item_id,
        repeat=repeat,
        prompt_hash=digest,
        status=status,
        score=None if fault else 0.0 if refused else score,
        metrics={} if fault or score is None else {"score": score},
        error=fault or error,
        usage=_usage(cells.get("token_usage")),
        attempts=1,
        time="",
        extracted=_extracted(cells.get("answer_attribution")),
        response=response,
        reasoning=reasoning,
        latency_s=_seconds(_mapping(cells.get("performance")).get("latency_ms")),
    )
    right = [each for each in reference if isinstance(each, str)] if isinstance(reference, list) else []
    asked = Asked(
        task, item_id, digest, ({"role": "user", "content": redacted(question)},), reference=" | ".join(right) or None
    )
    return Row(sample, asked, scored=score if fault else None)


def _answer(cells: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """What was answered last, and thought: of one turn in `output`, of several in `messages`."""
    output = _mapping(cells.get("output"))
    texts, thoughts = output.get("raw"), output.get("reasoning_trace")
    messages = cells.get("messages")
    if texts is None and isinstance(messages, list):
        said = [_mapping(each) for each in messages if _mapping(each).get("role") == "assistant"]
        texts, thoughts = ([said[-1].get("content")], [said[-1].get("reasoning_trace")]) if said else (None, None)
    return _joined(texts), _joined(thoughts)


def _joined(texts: object) -> str | None:
    found = [each for each in texts if isinstance(each, str)] if isinstance(texts, list) else []
    return redacted("\n".join(found)) if found else None


def _extracted(told: object) -> str | None:
    values = [_mapping(each) for each in (told if isinstance(told, list) else ())]
    last = [each.get("extracted_value") for each in values if each.get("is_terminal") is True]
    return redacted(last[-1]) if last and isinstance(last[-1], str) else None


def _score(told: object, largest: float) -> float | None:
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= largest:
        raise ValueError(f"evaluation.score must be a number from 0 to {largest:g}, and is {one_line(str(told), 40)}")
    return told / largest


def _usage(told: object) -> dict[str, int] | None:
    names = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    found = {ours: _mapping(told).get(theirs) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if isinstance(value, int) and value >= 0} or None


def _seconds(told: object) -> float | None:
    return told / 1000 if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < 1e12 else None


def _text(cells: Mapping[str, Any], name: str) -> str:
    told = cells.get(name)
    if not isinstance(told, str) or not told:
        raise ValueError(f"{name} must be text")
    return told


def _only_totals(path: Path) -> str:
    """That there is nothing to pair, and how two totals are judged."""
    file = _totals_in(path) if path.is_dir() else path
    if file is None:
        return f"{path}: it holds no *_samples.jsonl of Every Eval Ever"
    told = document_of(file, _MOST_TOTALS).get("evaluation_results")
    if not isinstance(told, list) or not told:
        return f"{file}: it is no record of Every Eval Ever, which has evaluation_results"
    result = _mapping(told[0])
    details, example = _mapping(result.get("score_details")), ""
    if isinstance(score := details.get("score"), int | float) and isinstance(result.get("evaluation_name"), str):
        count = _mapping(details.get("uncertainty")).get("num_samples")
        example = (
            f", as `quantgate claim --task {one_line(result['evaluation_name'], 60)} --n {count or 'ITEMS'} "
            f"--baseline {score:g} --candidate ...`"
        )
    return (
        f"{path}: only totals are there, without the *_samples.jsonl of its instances; two totals are judged by "
        f"`quantgate claim`{example}"
    )


EVERY_EVAL_EVER = Format(
    _FORMAT,
    "records of Every Eval Ever: a *_samples.jsonl, the .json beside it, or a folder of them",
    recognised,
    read,
    read,
)
