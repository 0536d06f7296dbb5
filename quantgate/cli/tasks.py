"""`quantgate tasks`: lists the tasks or the suites, or all that one of them declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quantgate.evals.contract.task import TaskInfo


def register(app: typer.Typer) -> None:
    app.command(name="tasks")(tasks)


def tasks(
    name: Annotated[str | None, typer.Argument(help="A task or suite, to see all that it declares.")] = None,
    suites: Annotated[
        bool,
        typer.Option(
            "--suites", help="List the suites that `check --suite` knows; or describe the one of NAME, or of a file."
        ),
    ] = False,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the suite as it is written, to be changed: > mine.yaml.")
    ] = False,
) -> None:
    """List the tasks of this environment, those of other packages included, or the suites; or describe one."""
    from quantgate.cli.installed import installed_tasks, known_tasks
    from quantgate.cli.suites import listed, read_suite, rows_of, text_of
    from quantgate.evals.errors import UsageError
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.described import described

    if yaml and (name is None or not suites):
        raise UsageError("--yaml prints a suite: tasks --suites NAME --yaml")
    if yaml:
        typer.echo(text_of(str(name)), nl=False)
        return
    registry = installed_tasks()
    if suites:
        rows = listed() if name is None else list(rows_of(read_suite(name, "--suites", registry, known_tasks())))
    elif name is not None:
        info = registry.find(name)
        rows = [("name", info.name), ("package", registry.package_of(name)), *_described(info)]
    else:
        rows = [(task.name, f"{task.summary} [{_in_brief(task)}]") for task in registry.tasks.values()]
        rows += [(f"{family.prefix}NAME", family.summary) for family in registry.families.values()]
    console = output_console()
    for line in described(console, rows):
        console.print(line, soft_wrap=True)


def _in_brief(info: TaskInfo) -> str:
    """Size, repeats, strata and what it needs, in one line."""
    from quantgate.tasks.needs import needs_of

    items = "as many as asked for" if info.fresh is not None else f"{info.items:,}" if info.items else "once loaded"
    said = [f"items {items}", f"repeats {info.repeats or 'once loaded'}"]
    if strata := info.strata or info.shown_strata:
        said.append(f"strata {len(strata)}")
    if needs := needs_of(info):
        said.append("needs " + ", ".join(need.what + ("" if need.there else " (missing)") for need in needs))
    return "; ".join(said)


def _described(info: TaskInfo) -> Iterator[tuple[str, str]]:
    """All that a task declares, in rows of two cells."""
    from quantgate.tasks.needs import described, needs_of

    later = "known once it is loaded"
    yield "summary", info.summary
    made = None if info.fresh is None else f"as many as --limit says, all different; {info.fresh:,} without one"
    yield "items", made or (later if info.items is None else f"{info.items:,}")
    if info.strata:
        yield "strata", ", ".join(f"{name} {items:,}" for name, items in info.strata.items()) + " (macro average)"
    if info.shown_strata:
        yield "strata", ", ".join(f"{name} {items:,}" for name, items in info.shown_strata.items()) + " (shown only)"
    yield "metrics", ", ".join(info.metrics) or later
    if info.sampling is not None:
        told = {"temperature": info.sampling.temperature, "top_p": info.sampling.top_p}
        told |= {"max_tokens": info.sampling.max_tokens}
        yield "sampling", ", ".join(f"{key} {value}" for key, value in told.items() if value is not None)
    yield "repeats", later if info.repeats is None else str(info.repeats)
    yield "data", "none is needed" if info.data is None else f"{info.data.origin}; {', '.join(info.data.splits)}"
    yield "endpoint", _endpoint(info)
    if needs := needs_of(info):
        yield "needs", described(needs)
    if info.private is not None:
        yield "private", info.private
    if info.benchmark is not None:
        yield "leaderboard", f"{info.benchmark.dataset} ({info.benchmark.task_id})"
    for score in info.published:
        yield "published", f"{score.model} {score.score:g} ± {score.tolerance:g} ({score.source})"
    for option in info.options:
        yield f"--option {option.name}", option.help


def _endpoint(info: TaskInfo) -> str:
    if info.loglikelihoods:
        return "/v1/completions with echo and logprobs, for the log-likelihoods of given texts"
    return "must make tool calls" if info.needs_tools else "chat completions"
