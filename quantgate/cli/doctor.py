"""`quantgate doctor`: asks an endpoint what it is, before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quantgate.evals.runs.observation import Observation


def register(app: typer.Typer) -> None:
    app.command(name="doctor")(doctor)


def doctor(
    base_url: Annotated[str, typer.Option(help="The endpoint's API root, e.g. http://127.0.0.1:8000/v1.")],
    model: Annotated[str | None, typer.Option(help="The served model; default: the only one that is listed.")] = None,
    task: Annotated[str | None, typer.Option(help="Ask this task's first item with its sampling, too.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="TASK=FILE: local data for the task; repeatable.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="A bundle of `quantgate data fetch` with the task's data.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Sampling temperature; default: the task's.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling; default: the task's.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Token budget of one answer; default: the task's.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the endpoint's key.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds one request may take.")] = 300.0,
    extra_body: Annotated[str | None, typer.Option(help="JSON object that is added to every request's body.")] = None,
    tau2_python: Annotated[
        Path | None, typer.Option(help="tau2: the Python of another environment that has it.")
    ] = None,
) -> None:
    """Ask an endpoint what it is and whether it can serve a task.

    Exits 0 when nothing stands in the way of a run, 5 when something does.
    """
    import asyncio

    from quantgate.evals.errors import UsageError
    from quantgate.evals.runs.doctor import diagnose
    from quantgate.evals.runs.observation import Health
    from quantgate.evals.settings.run import DoctorConfig, load_config, parse_assignments, parse_json_object
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.doctor import print_observation
    from quantgate.tasks.bundle import local_data
    from quantgate.tasks.registry import AGENTIC, TaskOptions, load_task

    options = {
        "base_url": base_url,
        "model": model,
        "task": task,
        "data": parse_assignments("--data", data or []),
        "data_dir": data_dir,
        "temperature": temperature,
        "top_p": top_p,
        "max_tokens": max_tokens,
        "api_key_env": api_key_env,
        "timeout": timeout,
        "extra_body": parse_json_object("--extra-body", extra_body),
    }
    config = load_config(DoctorConfig, None, options)
    if config.data and config.task is None:
        raise UsageError("--data is for a task: name it with --task")
    console = output_console()
    question = None
    agentic = config.task in AGENTIC
    if tau2_python is not None and not agentic:
        raise UsageError("--tau2-python is for --task tau2")
    if agentic:
        print_observation(console, _tau2(tau2_python))
    elif config.task is not None:
        known = local_data(config.task, config.data_of(config.task), config.data_dir)
        loaded = load_task(config.task, TaskOptions(limit=1, data=known.files))
        question = (config.task, loaded.prompt(loaded.items()[0], 0), config.sampling(loaded.sampling))

    async def asking() -> bool:
        healthy = True
        async for observation in diagnose(config, question, needs_tools=agentic):
            print_observation(console, observation)
            healthy = healthy and observation.health is not Health.BAD
        return healthy

    raise typer.Exit(0 if asyncio.run(asking()) else 5)


def _tau2(python: Path | None) -> Observation:
    """What the environment has of tau2. Raises UsageError when that is nothing."""
    from quantgate.evals.runs.observation import Health, Observation
    from quantgate.tasks.tau2.launch import describe
    from quantgate.tasks.tau2.wire import DOMAINS

    described = describe(python, DOMAINS)
    domains = described["domains"]
    tasks = ", ".join(f"{len(domains[domain]['tasks'])} {domain}" for domain in DOMAINS)
    judged = sum(task["judged"] for domain in domains.values() for task in domain["tasks"])
    needs = f"; a judge is needed for {judged}" if judged else "; no judge is needed"
    return Observation("tau2", Health.GOOD, f"{described['package']} {described['version']}: {tasks} tasks{needs}")
