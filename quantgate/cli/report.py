"""`quantgate report`: renders a saved decision again, for people, pull requests, CI servers, papers and model cards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantgate.cli.outputs import with_outputs
from quantgate.cli.telling import tell
from quantgate.reports.files.options import Outputs


def register(app: typer.Typer) -> None:
    app.command(name="report")(with_outputs(report, leave_out=("json",)))


def report(
    decision: Annotated[Path, typer.Argument(help="What `gate --json` or `compare --json` wrote.")],
    model_card: Annotated[
        bool, typer.Option("--model-card", help="Print the recovery table of a model card, as Markdown.")
    ] = False,
    eval_results: Annotated[
        Path | None, typer.Option("--eval-results", help="Write the candidate's scores for .eval_results on the hub.")
    ] = None,
    source_url: Annotated[
        str | None, typer.Option("--source-url", help="Where the report can be read: the source named on the hub.")
    ] = None,
    *,
    outputs: Outputs,
) -> None:
    """Render a saved decision: nothing is decided anew. Without an option it is printed as `gate` printed it.

    Exits 0 whatever the verdict is, for it renders and does not gate, and 2 for what cannot be written or sent.
    """
    from quantgate.cli.delivering import deliver
    from quantgate.evals.decision.json import load_decision
    from quantgate.evals.decision.types import Verdict
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import write_output
    from quantgate.evals.text import without_commands
    from quantgate.reports.files.eval_results import eval_results_yaml
    from quantgate.reports.files.model_card import model_card as card_of
    from quantgate.reports.files.write import check_outputs
    from quantgate.reports.terminal.compare import print_comparison
    from quantgate.reports.terminal.console import output_console
    from quantgate.reports.terminal.verdict import print_verdict

    check_outputs(outputs)
    read = load_decision(decision)
    for option, wanted in (("--model-card", model_card), ("--eval-results", eval_results is not None)):
        if wanted and not isinstance(read, Verdict):
            raise UsageError(f"{option}: {decision} is a comparison; give the gate's JSON of the format to publish")
    if isinstance(read, Verdict):
        if eval_results is not None:
            write_output(eval_results, eval_results_yaml(read, source_url), "--eval-results")
            tell(f"written: {eval_results}")
        if model_card:
            typer.echo(without_commands(card_of(read, with_yaml=eval_results is None, source_url=source_url)), nl=False)
    arrived = deliver(read, outputs)
    if not (model_card or outputs.files() or outputs.trackers() or eval_results):
        console = output_console()
        if isinstance(read, Verdict):
            print_verdict(console, read, saved=True)
        else:
            print_comparison(console, read, saved=True)
    if not arrived:
        raise typer.Exit(UsageError.exit_code)
