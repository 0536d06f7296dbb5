"""The command line: `quantgate VERB`. The only package that imports tasks and reports."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from evals import __version__
from evals.cli import demo, doctor, gate, run, tasks
from evals.errors import QuantgateError

app = typer.Typer(
    name="quantgate",
    help="The accuracy gate for quantized language models: asks a baseline and a candidate build the same questions, "
    "pairs the answers, and decides.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (demo, run, gate, doctor, tasks):
    module.register(app)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"quantgate {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; what a user can cause ends in a message of a line or two and an exit code."""
    try:
        app()
    except QuantgateError as error:
        print(f"quantgate: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("quantgate: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`): nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
