"""The verbs and their one line in `quantgate --help`; the module of a verb is imported when that verb is asked for.

To add a verb: its line here, in the place where the help should list it, and `quantgate/cli/NAME.py`, or another module
by `_OTHER_MODULES`, with `register(app)`, which adds a command (or a group of them) of that name. The line is the first
paragraph of that command's help, to the letter. What is expensive the module imports inside the command's function:
`tests/cli/test_imports.py` holds what each verb may load.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from quantgate.evals.secrets import without_keys

VERBS = {
    "demo": "Build a real small model in FP8 and MXFP4, serve, evaluate and gate it, on this machine.",
    "init": "Write a commented release.yaml for `quantgate check`. What is not given is asked for on a terminal.",
    "check": "Ask a baseline and its candidates the same questions side by side, and decide as soon as that is "
    "certain.",
    "sweep": "Ask many candidates against one baseline, each served as long as it is asked, and compare them as they "
    "come.",
    "key": "Print a hash of everything that the baseline's answers depend on, so that CI keeps its run for as long as "
    "it can.",
    "run": "Evaluate a served model into a run directory. The same command again asks only what is missing.",
    "merge": "Make one run of the shards of `quantgate run --shard`: whole, or not at all.",
    "concurrency": "Change how many requests a run that is going on has in flight; it heeds that within a second.",
    "import": "Make a run directory of what another tool has left, as lm-eval or Inspect, or of a table of scores.",
    "export": "Write a run as another tool's files, or as a table.",
    "regrade": "Grade the stored answers of a run again, without asking the model: all of them or, when stopped, none.",
    "gate": "Decide whether the candidate is equivalent to the baseline within the margin.",
    "compare": "Compare several formats with one baseline, in bounds that hold for all of them together.",
    "show": "Show the answers of a run: a table of them, or each named item whole, from the question to the fault.",
    "diff": "Show which answers changed between two runs: losses, then gains, or each named item side by side.",
    "report": "Render a saved decision: nothing is decided anew. Without an option it is printed as `gate` printed it.",
    "history": "Show the last gates: when, which build, its verdict, and each task's difference against its margin "
    "over time.",
    "view": "Show decisions, runs and their answers on a local page, item by item, until Ctrl-C.",
    "plan": "Say how many items, repeats, requests and tokens a margin needs, from a guess or from two runs of a "
    "pilot.",
    "claim": "Judge published accuracies: what holds whichever items flipped.",
    "calibrate": "Measure how often a build exactly the margin worse would pass: it should be at most alpha.",
    "doctor": "Ask an endpoint what it is and whether it can serve a task.",
    "tasks": "List the tasks of this environment, those of other packages included, or the suites; or describe one.",
    "data": "Data of tasks, for machines that cannot reach the hub.",
}
_OTHER_MODULES = {"import": "importing"}
"""A word of Python's own cannot name a module."""


def module_of(verb: str) -> str:
    """The name of the module that has a verb."""
    return _OTHER_MODULES.get(verb, verb)


def registered(verb: str) -> typer.Typer:
    """An application with nothing but this verb, whose module is imported for it."""
    app = typer.Typer()
    import_module(f"quantgate.cli.{module_of(verb)}").register(app)
    return app


@cache
def _command(verb: str) -> Any:
    return get_group(registered(verb)).commands[verb]


class Verbs(TyperGroup):
    """The verbs, each imported when it is called; their usage errors repeat no key that stands where it should not."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, line in VERBS.items():
            self.add_command(TyperCommand(name, help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The verb itself in place of its line; also for what completes its options in a shell."""
        name, line, rest = super().resolve_command(ctx, args)
        from quantgate.cli.empty_paths import without_empty_paths

        found = line if name is None else _command(name)
        return name, found, rest if ctx.resilient_parsing else without_empty_paths(rest)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Typer's parser has classes of its own in some versions, and click's in others; both keep their text here.
            if isinstance(said := getattr(error, "message", None), str):
                error.message = without_keys(said)  # type: ignore[attr-defined]
            raise
