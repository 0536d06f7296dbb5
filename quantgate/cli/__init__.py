"""The command line: `quantgate VERB`. The only package that imports tasks and reports.

The verbs are not imported here: `quantgate/cli/verbs.py` lists them, and says how one is added.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from quantgate import __version__, stopping
from quantgate.cli.verbs import Verbs
from quantgate.evals.embedded.errors import EmbeddedError
from quantgate.evals.errors import Obstacles, QuantgateError
from quantgate.evals.secrets import without_keys
from quantgate.evals.text import printable, unbroken, without_commands

_INTERRUPTED = 130
"""What typer ends with after an interrupt that no verb has dealt with; a shell's own code for it, too."""


app = typer.Typer(
    cls=Verbs,
    name="quantgate",
    help="The accuracy gate for quantized language models: asks a baseline and a candidate build the same questions, "
    "pairs the answers, and decides.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"quantgate {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; what a user can cause ends in a message of a line or two and an exit code."""
    # numpy and scipy else start a thread a core each as they are imported: for arithmetic that has no use for them, and
    # whose last digits would hang on the number of cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # By its own name also when it runs as `python -m quantgate`: shell completion is installed for that name.
        app(prog_name="quantgate")
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _say_stopped()
        raise
    except QuantgateError as error:
        # The embedded model's errors and obstacles have several lines, which are their own.
        said = without_keys(str(error))
        said = printable(said) if isinstance(error, EmbeddedError | Obstacles) else unbroken(said)
        _tell(f"quantgate: {said}")
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001
        if stopping.stopped():
            # What was interrupted said so in its own way.
            _say_stopped()
        # Python's own exit code for this would be 1, which is a verdict.
        sys.stderr.write(without_keys(traceback.format_exc()))
        print("quantgate: this is a bug in quantgate; please report it with the lines above", file=sys.stderr)
        sys.exit(70)


def _tell(said: str) -> None:
    """Say something on standard error; on a terminal in lines that end between words."""
    if "\n" in said or not sys.stderr.isatty():
        print(without_commands(said), file=sys.stderr)
        return
    from rich.text import Text

    from quantgate.reports.terminal.console import progress_console

    progress_console().print(Text(said), soft_wrap=True)


def _say_stopped() -> NoReturn:
    print(f"quantgate: stopped by {stopping.stopped() or 'Ctrl-C'}", file=sys.stderr)
    sys.exit(stopping.exit_code())
