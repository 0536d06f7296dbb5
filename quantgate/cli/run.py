"""`quantgate run`: evaluates a served model into a run directory; the same command again goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.cluster_options import RayAddress, RayExecutor, RayWorkers
from quantgate.cli.panels import grouped

if TYPE_CHECKING:
    from rich.console import Console

    from quantgate.evals.checks.summary import RunSummary
    from quantgate.evals.contract.task import Task, TaskInfo
    from quantgate.evals.runs.elsewhere import Elsewhere
    from quantgate.evals.runs.grader_processes import GraderProcesses
    from quantgate.evals.runs.session import Session
    from quantgate.evals.settings.run import RunConfig
    from quantgate.evals.storage.writing import Written
    from quantgate.tasks.options import GivenOption


def register(app: typer.Typer) -> None:
    app.command(name="run")(grouped("run", run))


def run(
    task: Annotated[list[str] | None, typer.Option(help="Task to run, as `quantgate tasks` lists; repeatable.")] = None,
    base_url: Annotated[str | None, typer.Option(help="The endpoint's API root, as http://127.0.0.1:8000/v1.")] = None,
    model: Annotated[str | None, typer.Option(help="The served model's name.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run directory to write, or to go on with.")] = None,
    label: Annotated[str | None, typer.Option(help="What reports call this build; default: the folder's name.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only N items of each task, drawn alike by every run.")] = None,
    first: Annotated[int | None, typer.Option(help="Only the first N items of each task: no random sample.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Ask each item so many times.")] = None,
    concurrency: Annotated[
        str | None, typer.Option(help="Requests in flight: a number; default auto, found by itself.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Part I of N of what is asked, as 3/8, for job arrays; `quantgate merge` makes the run of them."
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Sampling by one word: greedy, or reasoning (temperature 1, top_p 0.95).")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Sampling temperature; default: the task's.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling; default: the task's.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Token budget of one answer; default: the task's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of repeat 0; repeat k asks with seed + k.")] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(help="TASK=FILE or TASK.SPLIT=FILE: local data, not the hub's; repeatable."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="A bundle of `quantgate data fetch`: the tasks' data, without network.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="TASK=METRIC: the metric that becomes the score; repeatable.")
    ] = None,
    api_key_env: Annotated[str | None, typer.Option(help="Environment variable that holds the endpoint's key.")] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VARIABLE: a header with the value of an environment variable; repeatable."),
    ] = None,
    ca_bundle: Annotated[
        Path | None, typer.Option(help="Certificates to trust beside the system's: a PEM file or a folder of them.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds one attempt may take; default: 60 plus a tenth per budgeted token.")
    ] = None,
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
        list[str] | None,
        typer.Option(help="NAME=VALUE: an option of a task's own, as `quantgate tasks TASK` lists them; repeatable."),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="likelihood: a finished run, whose answers are the texts; default: its own texts."),
    ] = None,
    user_base_url: Annotated[
        str | None, typer.Option(help="tau2: the API root of the model that plays the user.")
    ] = None,
    user_model: Annotated[str | None, typer.Option(help="tau2: that model's name; the same for both builds.")] = None,
    user_api_key_env: Annotated[str | None, typer.Option(help="tau2: environment variable with its key.")] = None,
    user_extra_body: Annotated[str | None, typer.Option(help="tau2: JSON object added to its requests.")] = None,
    judge_base_url: Annotated[
        str | None, typer.Option(help="tau2: the API root of the judge, where tasks need one (Sierra's retail).")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="tau2: the judge's name; the same for both builds.")] = None,
    judge_api_key_env: Annotated[str | None, typer.Option(help="tau2: environment variable with its key.")] = None,
    judge_extra_body: Annotated[str | None, typer.Option(help="tau2: JSON object added to its requests.")] = None,
    domains: Annotated[str | None, typer.Option(help="tau2: airline,retail,telecom or some of them.")] = None,
    max_steps: Annotated[int | None, typer.Option(help="tau2: steps of one conversation; default 200.")] = None,
    tau2_python: Annotated[
        Path | None, typer.Option(help="tau2: the Python of another environment that has it.")
    ] = None,
    tau2_workers: Annotated[
        int | None, typer.Option(help="tau2: worker processes; default: two per processor, 8 at most.")
    ] = None,
    durable: Annotated[
        bool | None,
        typer.Option(
            "--durable/--no-durable", help="Bring answers to the disk batch by batch: a power cut loses next to none."
        ),
    ] = None,
    prompts: Annotated[
        bool | None,
        typer.Option(
            "--prompts/--no-prompts",
            help="Keep what was asked, with the right answers, beside the answers. Kept by default; of private tasks "
            "no text is.",
        ),
    ] = None,
    model_changed: Annotated[
        bool | None,
        typer.Option("--model-changed", help="Go on though the endpoint serves another model under the same name."),
    ] = None,
    max_time: Annotated[
        str | None, typer.Option(help="How long this call asks at most, as 4h or 1h30m; the next one goes on.")
    ] = None,
    executor: RayExecutor = None,
    ray_address: RayAddress = None,
    ray_workers: RayWorkers = None,
    config: Annotated[Path | None, typer.Option(help="A run.yaml with these options; the command line wins.")] = None,
) -> None:
    """Evaluate a served model into a run directory. The same command again asks only what is missing.

    Exits 0 when complete, 5 when some samples are still missing, 4 when the answers are of several models.
    """
    from quantgate.cli.signals import hold_steering

    hold_steering()

    from quantgate.cli.installed import given_options
    from quantgate.evals.settings.run import RunConfig, load_config, parse_assignments, parse_json_object

    flags = {
        "texts": texts,
        "user_base_url": user_base_url,
        "user_model": user_model,
        "user_api_key_env": user_api_key_env,
        "user_extra_body": parse_json_object("--user-extra-body", user_extra_body),
        "judge_base_url": judge_base_url,
        "judge_model": judge_model,
        "judge_api_key_env": judge_api_key_env,
        "judge_extra_body": parse_json_object("--judge-extra-body", judge_extra_body),
        "domains": domains,
        "max_steps": max_steps,
        "tau2_python": tau2_python,
        "tau2_workers": tau2_workers,
    }
    pairs = parse_assignments("--option", option or [])
    options = {
        "task": task,
        "base_url": base_url,
        "model": model,
        "out": out,
        "label": label,
        "limit": limit,
        "first": first,
        "repeats": repeats,
        "shard": shard,
        "concurrency": concurrency,
        "preset": preset,
        "temperature": temperature,
        "top_p": top_p,
        "max_tokens": max_tokens,
        "seed": seed,
        "data": parse_assignments("--data", data or []),
        "data_dir": data_dir,
        "metric": parse_assignments("--metric", metric or []),
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
        "durable": durable,
        "prompts": prompts,
        "model_changed": model_changed,
        "max_time": max_time,
        "executor": executor,
        "ray_address": ray_address,
        "ray_workers": ray_workers,
        "options": {**pairs, **{name: value for name, value in flags.items() if value is not None}},
    }
    asked = load_config(RunConfig, config, options, at_the_top=flags)
    raise typer.Exit(evaluate(asked, given_options(asked.options, flags, pairs, config)))


def evaluate(config: RunConfig, given: Sequence[GivenOption]) -> int:
    """Do what the configuration says and return the exit code; `given` are the options that are the tasks' own."""
    from _thread import interrupt_main

    from quantgate.cli.executing import executing
    from quantgate.cli.installed import installed_tasks
    from quantgate.cli.loading import check_task_names, found_tasks, loaded_task
    from quantgate.cli.notice import note
    from quantgate.evals.files import check_writable
    from quantgate.evals.settings.remarks import of_asking
    from quantgate.evals.storage.writing import folder_of, written
    from quantgate.reports.terminal.console import progress_console
    from quantgate.tasks.options import own_options

    console = progress_console()
    check_writable(folder_of(config.out))
    note(of_asking(config))
    config.check_keys()
    check_task_names(config)
    registry = installed_tasks()
    infos = found_tasks(registry, config.task)
    own = own_options(list(infos.values()), given, registry.tasks.values())
    loaded = {name: loaded_task(name, config, own[name], console) for name in infos}
    with written(config.out, lambda text: note([text]), interrupt_main) as place:
        config = config.model_copy(update={"out": place.folder})
        with executing([config], loaded, own) as (graders, elsewhere):
            return _ask(config, loaded, infos, console, graders, elsewhere, place)


def _ask(
    config: RunConfig,
    loaded: Mapping[str, Task],
    infos: Mapping[str, TaskInfo],
    console: Console,
    graders: GraderProcesses | None,
    elsewhere: Elsewhere | None,
    place: Written,
) -> int:
    """Ask what is missing, print what came of it, and return the exit code."""
    from rich.text import Text

    from quantgate.evals.errors import OutOfTime
    from quantgate.evals.runs.session import prepare
    from quantgate.evals.runs.side_by_side import ask_side_by_side
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.progress import RunProgress, shown
    from quantgate.reports.terminal.run_summary import print_summary

    session = prepare(config, loaded, infos)
    for notice in session.notices:
        console.print(Text(f"note: {notice}"), soft_wrap=True)
    progress = RunProgress(session.record.label, session.total, session.standing)
    try:
        with shown(console, progress):
            remarks = ask_side_by_side([(session, progress)], graders, config.max_time, elsewhere)
    except (KeyboardInterrupt, OutOfTime) as stop:
        missing, ungraded = session.left()
        waiting = f" and {ungraded} not graded yet" if ungraded else ""
        arrived = f"everything that arrived is in {place.shown}"
        left = f"{missing} of {session.total} samples missing{waiting}"
        why = "--max-time is used up" if isinstance(stop, OutOfTime) else "stopped"
        stopped = f"{why} with {left}; {arrived}. The same command goes on."
        console.print(Text(stopped), soft_wrap=True)
        place.finish(stopped=True)
        return 5
    for remark in remarks:
        console.print(Text(f"note: {remark}"), soft_wrap=True)
    place.finish()
    summary = _summary(session, config)
    print_summary(output_console(), summary, place.shown)
    return summary.exit_code


def _summary(session: Session, config: RunConfig) -> RunSummary:
    # Statistics are for the end: they take longer to load than the first requests to leave.
    from quantgate.evals.checks.summarise import summarise
    from quantgate.evals.pairing.pairing import Run

    return summarise(Run.load(config.out), session.tasks, config.expected, model_changed=config.model_changed)
