"""What `init` has to know for a release file: from its options, from the endpoints' lists of models, or asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import QuantgateError, UsageError
from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
from quantgate.evals.settings.key import check_variable
from quantgate.evals.settings.margin import Written
from quantgate.evals.settings.policy import load_policy
from quantgate.evals.settings.release import Order
from quantgate.evals.settings.release.starting import Answers, Start, StartTask
from quantgate.evals.text import excerpt, printable

if TYPE_CHECKING:
    from quantgate.cli.questions import Questions
    from quantgate.tasks.registry import Registry

_USUAL = {"baseline": "http://127.0.0.1:8000/v1", "candidate": "http://127.0.0.1:8001/v1"}
_MARGIN = "0.02"


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says."""

    base_url: str | None = None
    model: str | None = None
    baseline_base_url: str | None = None
    baseline_model: str | None = None
    baseline_run: Path | None = None
    in_turn: bool = False
    api_key_env: str | None = None
    tasks: Sequence[str] = ()
    margins: Sequence[str] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None


def gather(given: Given, questions: Questions, registry: Registry) -> Answers:
    """All that a release file needs.

    Raises
    ------
    UsageError
        For an option that cannot be used, or one that is missing where there is no terminal.
    """
    if given.api_key_env is not None:
        check_variable("--api-key-env", given.api_key_env)
    baseline, candidate, order = _builds(given, questions)
    tasks = _tasks(given, questions, registry)
    return Answers(baseline, candidate, tasks, order=order, name=given.name)


def _builds(given: Given, questions: Questions) -> tuple[Start, Start, Order]:
    if given.base_url is not None:
        _address(given.base_url, "--base-url")
    elif not questions.terminal:
        raise UsageError("--base-url is missing: the candidate's API root, as http://127.0.0.1:8000/v1")
    baseline = _baseline(given, questions)
    order = Order.BASELINE_FIRST if given.in_turn else Order.INTERLEAVED
    base_url, model = given.base_url, given.model
    while True:
        candidate = _endpoint("candidate", base_url, model, given.api_key_env, questions, other=baseline)
        same = (candidate.base_url, candidate.model) == (baseline.base_url, baseline.model)
        if not same or order is Order.BASELINE_FIRST:
            return baseline, candidate, order
        where = f"{candidate.model} at {candidate.base_url}"
        if not questions.terminal:
            raise UsageError(
                f"both builds would be {where}: give --baseline-base-url, --baseline-model or --baseline-run, or "
                "--in-turn for a server that serves one after the other"
            )
        if questions.agree(f"That is the baseline, too ({where}). Does one server serve both, one after the other?"):
            return baseline, candidate, Order.BASELINE_FIRST
        base_url = model = None


def _baseline(given: Given, questions: Questions) -> Start:
    if given.baseline_run is not None:
        if given.baseline_base_url is not None or given.baseline_model is not None:
            raise UsageError("--baseline-run: a finished run is not asked again: give no address or model beside it")
        return Start(run=_folder(str(given.baseline_run), "--baseline-run"))
    base_url = given.baseline_base_url
    if base_url is None and not questions.terminal:
        base_url = given.base_url
    if base_url is None:
        place = questions.ask(
            "Baseline: its API root, or the folder of a finished run",
            given.base_url or _USUAL["baseline"],
            _address_or_folder,
            option="--baseline-base-url",
        )
        if place.run is not None:
            return place
        base_url = place.base_url
    return _endpoint("baseline", base_url, given.baseline_model, given.api_key_env, questions)


def _endpoint(
    who: str, base_url: str | None, model: str | None, key: str | None, questions: Questions, other: Start | None = None
) -> Start:
    """Where a build is and what it is called, with the variable of the key that was needed to see it.

    What is the `other` build already is not proposed.
    """
    option = "--base-url" if who == "candidate" else "--baseline-base-url"
    if base_url is not None:
        base_url = _address(base_url, option)
    else:
        base_url = questions.ask(f"{who.capitalize()}: its API root", _USUAL[who], _address, option=option)
    if model is not None:
        return Start(base_url, _model(model), api_key_env=key)
    names, problem = _listed(base_url, key)
    if problem is not None and key is None and questions.terminal:
        questions.tell(problem)
        key = questions.ask(
            "Environment variable that holds its key; nothing where it needs none", "", _variable, option=""
        )
        if key is not None:
            names, problem = _listed(base_url, key)
            questions.tell(problem or _shown(base_url, names))
    elif questions.terminal:
        questions.tell(problem or _shown(base_url, names))
    option = "--model" if who == "candidate" else "--baseline-model"
    if not questions.terminal and len(names) == 1:
        return Start(base_url, _model(names[0]), api_key_env=key)
    taken = other.model if other is not None and other.base_url == base_url else None
    model = questions.ask(
        f"{who.capitalize()}: the model's name there",
        next((name for name in names if name != taken), ""),
        _model,
        option=option,
        hint=problem or _shown(base_url, names),
    )
    if names and model not in names:
        questions.tell(f"note: {model} is not listed there; it may be an alias")
    return Start(base_url, model, api_key_env=key)


def _shown(base_url: str, names: Sequence[str]) -> str:
    return f"{base_url} lists {excerpt(', '.join(names)) or 'no model'}"


def _listed(base_url: str, key: str | None) -> tuple[list[str], str | None]:
    """The models that an endpoint lists, or why that cannot be told."""
    from quantgate.evals.endpoint.client import RetryPolicy
    from quantgate.evals.runs.endpoint import endpoint_of
    from quantgate.evals.settings.run import EndpointConfig

    once = RetryPolicy(tries=1)

    async def look() -> list[str]:
        config = EndpointConfig.model_validate({"base_url": base_url, "api_key_env": key})
        async with endpoint_of(config, "", once) as endpoint:
            listed = await endpoint.models(once)
        return [name for entry in listed or () if (name := str(entry.get("id"))) == printable(name) and name.strip()]

    try:
        return run_cancelled_by_ctrl_c(look()), None
    except QuantgateError as error:
        return [], str(error)


def _tasks(given: Given, questions: Questions, registry: Registry) -> list[StartTask]:
    names = list(given.tasks)
    asked = questions.terminal and not names
    if asked:
        for info in registry.tasks.values():
            questions.tell(f"  {info.name:<15} {info.summary}")

        def read(said: str) -> list[str]:
            chosen = list(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))
            if not chosen:
                raise UsageError("name one task at least")
            return [registry.find(name).name for name in chosen]

        names = questions.ask("Tasks, with commas between them", "gsm8k", read, option="--task")
    infos = [registry.find(name) for name in names or ["gsm8k"]]
    policy = load_policy(None, given.margins)
    policy.check_tasks([info.name for info in infos])
    tasks = []
    for info in infos:
        own = {each.name: given.options[each.name] for each in info.options if each.name in given.options}
        margin = policy.for_task(info.name).margin.written
        if asked and not given.margins:
            margin = questions.ask(f"{info.name}: the largest loss that passes", _MARGIN, _margin, option="--margin")
        tasks.append(StartTask(info, margin, own))
        if asked and info.options:
            questions.tell(f"note: {info.name} has options of its own, which stand in the file for you to fill in")
    for name in given.options:
        if not any(name in task.given for task in tasks):
            raise UsageError(f"--option {name}: no task that is asked takes it")
    return tasks


def _margin(said: str) -> Written:
    if "=" in said:
        raise UsageError("write the margin alone, as 0.02 for two points")
    return load_policy(None, [said]).margin.written


def _address(said: str, option: str = "the address") -> str:
    """An endpoint's address that may stand in a file. Raises UsageError for any other."""
    if parse_endpoint_url(said, option).authorization is not None:
        raise UsageError(
            f"{option}: leave user and password out, as others will read the file; header sends them from a variable"
        )
    return said


def _address_or_folder(said: str) -> Start:
    return Start(_address(said)) if "://" in said else Start(run=_folder(said, "the folder"))


def _folder(said: str, option: str) -> str:
    path = Path(said).expanduser()
    if not path.is_dir():
        raise UsageError(f"{option} {excerpt(said)!r}: there is no such folder; an address begins with http://")
    return str(path)


def _variable(said: str) -> str | None:
    if said:
        check_variable("the variable", said)
    return said or None


def _model(said: str) -> str:
    if not said or printable(said) != said:
        raise UsageError("give the model's name, as the server calls it")
    return said
