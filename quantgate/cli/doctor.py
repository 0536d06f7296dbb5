"""`quantgate doctor`: asks an endpoint what it is, before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.panels import grouped

if TYPE_CHECKING:
    from quantgate.evals.contract.records import Answer, Item
    from quantgate.evals.contract.task import Task

STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    app.command(name="doctor")(grouped("doctor", doctor))


def doctor(
    base_url: Annotated[str, typer.Option(help="The endpoint's API root, e.g. http://127.0.0.1:8000/v1.")],
    model: Annotated[str | None, typer.Option(help="The served model; default: the only one that is listed.")] = None,
    task: Annotated[str | None, typer.Option(help="Ask this task's first item with its sampling, too.")] = None,
    conformance: Annotated[
        bool,
        typer.Option(
            "--conformance",
            help="Try what the API promises, too: seeds, stop strings, budgets, usage, logprobs, JSON, tools and more, "
            "in some twenty short requests; a table says what each means for a gate.",
        ),
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Write what was found as JSON, to a file; - writes it to standard output.")
    ] = None,
    data: Annotated[list[str] | None, typer.Option(help="TASK=FILE: local data for the task; repeatable.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="A bundle of `quantgate data fetch` with the task's data.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Sampling temperature; default: the task's.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling; default: the task's.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Token budget of one answer; default: the task's.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the endpoint's key.")] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VARIABLE: a header with the value of an environment variable; repeatable."),
    ] = None,
    ca_bundle: Annotated[
        Path | None, typer.Option(help="Certificates to trust beside the system's: a PEM file or a folder of them.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds one request may take.")] = 300.0,
    stream: Annotated[
        bool | None, typer.Option(help="Have answers streamed; default: where the server does it well.")
    ] = None,
    stall_timeout: Annotated[
        float | None, typer.Option(help="Seconds without a token after which a stream hangs; default 300.")
    ] = None,
    max_answer_mb: Annotated[
        int | None, typer.Option(help="Megabytes after which an answer is cut off, as a fault; default 64.")
    ] = None,
    omit: Annotated[
        str | None, typer.Option(help="Leave out of every request: seed,max_tokens,temperature,top_p,stop or some.")
    ] = None,
    max_tokens_field: Annotated[
        str | None, typer.Option(help="The token budget's name, as max_completion_tokens; default: found out.")
    ] = None,
    extra_body: Annotated[str | None, typer.Option(help="JSON object that is added to every request's body.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Log-likelihood tasks: the model's tokenizer.json; default: the server's own.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Log-likelihood tasks: tokens of prompt and answer, from the end; default 2048.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE: an option of the task's own; repeatable.")
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="likelihood: a finished run, whose answers are the texts; default: its own texts."),
    ] = None,
    tau2_python: Annotated[
        Path | None, typer.Option(help="tau2: the Python of another environment that has it.")
    ] = None,
) -> None:
    """Ask an endpoint what it is and whether it can serve a task.

    Exits 0 when nothing stands in the way of a run, 5 when something does: of --conformance a failed check of stream,
    max_tokens, stop or overlong prompt.
    """
    from functools import partial

    from quantgate.cli.installed import given_options, installed_tasks
    from quantgate.cli.notice import note
    from quantgate.cli.waiting import told_while_waiting
    from quantgate.evals.contract.task import TaskOptions
    from quantgate.evals.endpoint.url import redact_url
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import write_output
    from quantgate.evals.interrupts import run_cancelled_by_ctrl_c
    from quantgate.evals.runs.conformance import conformance as conforming
    from quantgate.evals.runs.conformance_types import Checked, examined_json
    from quantgate.evals.runs.doctor import diagnose
    from quantgate.evals.runs.observation import Health, Observation
    from quantgate.evals.settings.remarks import of_asking
    from quantgate.evals.settings.run import DoctorConfig, load_config, parse_assignments, parse_json_object
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.terminal.doctor import print_conformance, print_observation
    from quantgate.tasks.bundle import local_data
    from quantgate.tasks.needs import described, needs_of
    from quantgate.tasks.options import own_options
    from quantgate.tasks.registry import load_task

    flags = {"texts": texts, "tau2_python": tau2_python}
    pairs = parse_assignments("--option", option or [])
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
        "header": parse_assignments("--header", header or []),
        "ca_bundle": ca_bundle,
        "timeout": timeout,
        "stream": stream,
        "stall_timeout": stall_timeout,
        "max_answer_mb": max_answer_mb,
        "omit": omit,
        "max_tokens_field": max_tokens_field,
        "extra_body": parse_json_object("--extra-body", extra_body),
        "tokenizer": tokenizer,
        "max_length": max_length,
        "options": {**pairs, **{name: value for name, value in flags.items() if value is not None}},
    }
    config = load_config(DoctorConfig, None, options)
    config.check_keys()
    note(of_asking(config))
    if config.data and config.task is None:
        raise UsageError("--data is for a task: name it with --task")
    console = progress_console() if json == STANDARD_OUTPUT else output_console()
    registry = installed_tasks()
    infos = [] if config.task is None else [registry.find(config.task)]
    own = own_options(infos, given_options(config.options, flags, pairs, None), registry.tasks.values())
    question, read, private, items = None, None, False, 1
    healthy_here = True
    for info in infos:
        if info.examine is not None:
            print_observation(console, Observation(info.name, Health.GOOD, info.examine(own[info.name])))
        if needs := needs_of(info):
            missing = not all(need.there for need in needs)
            healthy_here = healthy_here and not missing
            print_observation(
                console,
                Observation("needs", Health.BAD if missing else Health.GOOD, f"{info.name}: {described(needs)}"),
            )
            if missing:
                continue
        if not info.orchestrated:
            with told_while_waiting(progress_console(), info.name, "building the first prompt"):
                known = local_data(info.name, config.data_of(info.name), config.data_dir)
                loaded = load_task(info.name, TaskOptions(1, known.files, own=own[info.name], origin=known.origin))
            first, items = loaded.items()[0], len(loaded.items())
            question = (info.name, loaded.prompt(first, 0), config.sampling(loaded.sampling))
            private = info.private is not None or "text" in loaded.identity.provenance
            read = partial(read_by, loaded, first, private)
    needs_tools = any(info.needs_tools for info in infos)

    seen: list[Observation] = []
    checked: list[Checked] = []

    async def asking() -> bool:
        healthy = healthy_here
        diagnosed = diagnose(config, question, needs_tools=needs_tools, read=read, private=private, items=items)
        async for observation in diagnosed:
            print_observation(console, observation)
            seen.append(observation)
            healthy = healthy and observation.health is not Health.BAD
        if conformance:
            with told_while_waiting(progress_console(), "conformance", "trying what the API promises"):
                checked.extend([each async for each in conforming(config)])
            print_conformance(console, checked)
        return healthy and not any(each.is_unfit for each in checked)

    is_fit = run_cancelled_by_ctrl_c(asking())
    if json is not None:
        found = examined_json(redact_url(config.base_url), seen, checked, is_fit=is_fit)
        if json == STANDARD_OUTPUT:
            typer.echo(found, nl=False)
        else:
            write_output(json, found, "--json")
    raise typer.Exit(0 if is_fit else 5)


def read_by(task: Task, item: Item, private: bool, answer: Answer) -> str:
    """What a task reads from an answer to its item, what that scores, and what is right; of a private one no text."""
    from quantgate.evals.contract.task import Referenced
    from quantgate.evals.contract.thoughts import graded_text
    from quantgate.evals.runs.grading import judge

    judged = judge(task, item, 0, graded_text(answer.response or ""))
    if judged.grade is None:
        return judged.reason
    if private:
        what = "no result" if judged.grade.extracted is None else "a result"
        return f"{what}, which scores {judged.grade.score:g}"
    found = "no result" if judged.grade.extracted is None else repr(judged.grade.extracted)
    right = task.reference(item, 0) if isinstance(task, Referenced) else None
    return f"{found}, which scores {judged.grade.score:g}" + ("" if right is None else f"; right is {right!r}")
