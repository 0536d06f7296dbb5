"""`quantgate claim`: judges published accuracies, with no per-item data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quantgate.evals.claims.reading import Claim
    from quantgate.evals.claims.types import ClaimVerdict
    from quantgate.evals.settings.margin import Written


def register(app: typer.Typer) -> None:
    app.command(name="claim")(claim)


def claim(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A YAML file with several claims.")] = None,
    task: Annotated[str | None, typer.Option(help="What the task is called in the output.")] = None,
    n: Annotated[int | None, typer.Option(help="Number of items.")] = None,
    strata: Annotated[
        str | None, typer.Option(help="For a macro average instead of --n: the items of each part, as 50,114,114.")
    ] = None,
    baseline: Annotated[str | None, typer.Option(help="The baseline's accuracy, as printed: 0.965.")] = None,
    candidate: Annotated[str | None, typer.Option(help="The candidate's accuracy, as printed: 0.955.")] = None,
    margin: Annotated[float | None, typer.Option(help="Largest loss that still passes. Default 0.02.")] = None,
    recovery: Annotated[
        float | None,
        typer.Option(
            help="Share of the baseline's accuracy that must be recovered: 0.99; both, with --margin beside it."
        ),
    ] = None,
    alpha: Annotated[float | None, typer.Option(help="One-sided error rate of each bound. Default 0.05.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Answers to each item. Default 1.")] = None,
    digits: Annotated[int | None, typer.Option(help="Decimals the accuracies were printed with.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the judgement as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the judgement as one HTML file.")] = None,
) -> None:
    """Judge published accuracies: what holds whichever items flipped.

    Exits 0 pass, 1 regressed, 3 inconclusive, 4 invalid (impossible numbers).
    """
    from quantgate.cli.notice import note
    from quantgate.cli.telling import tell
    from quantgate.evals.claims.judging import judge_claims
    from quantgate.evals.claims.reading import margin_of_options
    from quantgate.evals.files import write_output
    from quantgate.evals.settings.remarks import of_alpha, of_margin
    from quantgate.reports.files.options import Outputs
    from quantgate.reports.files.write import check_outputs
    from quantgate.reports.terminal.claim import print_claim
    from quantgate.reports.terminal.console import output_console, progress_console
    from quantgate.reports.words.claim import sentence

    single = {
        "task": task,
        "n": n,
        "strata": strata,
        "baseline": baseline,
        "candidate": candidate,
        "repeats": repeats,
        "digits": digits,
    }
    outputs = Outputs(json=json, html=html)
    check_outputs(outputs)
    claims = _claims(file, single, margin_of_options(margin, recovery), alpha)
    for one in claims:
        note([*of_margin(one.margin), *of_alpha(one.alpha)])
    with progress_console().status(f"judging {len(claims)} claim{'s' if len(claims) > 1 else ''}"):
        verdict = judge_claims(claims)
    if json is not None:
        write_output(json, verdict.to_json([sentence(task) for task in verdict.tasks]), "--json")
    print_claim(output_console(), verdict)
    if html is not None:
        write_output(html, _page(context, verdict), "--html")
    if written := outputs.files():
        tell(f"written: {', '.join(map(str, written.values()))}")
    raise typer.Exit(verdict.verdict.exit_code)


def _page(context: typer.Context, verdict: ClaimVerdict) -> str:
    from quantgate.cli.command_line import command_line
    from quantgate.evals.runs.record import now
    from quantgate.evals.versions import software_versions
    from quantgate.reports.html.claim import claim_html

    command = command_line(context, ("json", "html"))
    return claim_html(verdict, command=command, created=now(), software=software_versions())


def _claims(
    file: Path | None, single: dict[str, Any], margin: Written | None, alpha: float | None
) -> tuple[Claim, ...]:
    from quantgate.evals.claims.reading import claim_of_options, read_claims
    from quantgate.evals.errors import UsageError

    if file is None:
        return (claim_of_options({**single, "margin": margin, "alpha": alpha}),)
    if given := [name for name, value in single.items() if value is not None]:
        raise UsageError(f"--{given[0]} and {file}: a file says that for each of its claims; give one or the other")
    return read_claims(file, margin, alpha)
