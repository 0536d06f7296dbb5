"""`quantgate claim`: judges published accuracies, with no per-item data."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quantgate.evals.claims.reading import Claim
    from quantgate.evals.claims.types import ClaimVerdict, Unjudged
    from quantgate.evals.settings.margin import Written

_CARDS = frozenset({".md", ".markdown", ".html", ".htm"})


def register(app: typer.Typer) -> None:
    app.command(name="claim")(claim)


def claim(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A YAML file with several claims, or a model card; - is standard input.")
    ] = None,
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
    repeats: Annotated[
        list[str] | None, typer.Option(help="Answers to each item, default 1; of a row of a card as NAME=K.")
    ] = None,
    items: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Of a card: how many items a row has, as GSM8K=1319. Repeatable."),
    ] = None,
    baseline_column: Annotated[
        str | None, typer.Option(help="Of a card: the baseline's column or row, by name or number: BF16.")
    ] = None,
    candidate_column: Annotated[
        str | None, typer.Option(help="Of a card: the candidate's column or row, by name or number: NVFP4.")
    ] = None,
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
        "digits": digits,
    }
    outputs = Outputs(json=json, html=html)
    check_outputs(outputs)
    builds = _builds(file, baseline_column, candidate_column)
    read = _Read(file, single, repeats or [], items or [], margin_of_options(margin, recovery), alpha)
    claims, unjudged = read.card(*builds) if builds is not None else (read.claims(), ())
    for one in claims[:1] if builds is not None else claims:
        note([*of_margin(one.margin), *of_alpha(one.alpha)])
    with progress_console().status(f"judging {len(claims)} claim{'s' if len(claims) > 1 else ''}"):
        verdict = judge_claims(claims, unjudged)
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


def _builds(file: Path | None, baseline: str | None, candidate: str | None) -> tuple[str, str] | None:
    """The columns of a card that are compared; None for claims that stand in YAML or in options."""
    from quantgate.evals.errors import UsageError

    if baseline is not None and candidate is not None:
        if file is None:
            raise UsageError("--baseline-column is of a model card: name its file, or - for standard input")
        return baseline, candidate
    if baseline is not None or candidate is not None or (file is not None and file.suffix.lower() in _CARDS):
        missing = "--candidate-column" if baseline is not None else "--baseline-column"
        raise UsageError(
            f"{missing} is missing: of a card both columns are named, as its table calls them or by number"
        )
    return None


@dataclass(frozen=True, slots=True)
class _Read:
    """Claims out of what was given: options, a YAML file or a card."""

    file: Path | None
    single: dict[str, Any]
    repeats: list[str]
    items: list[str]
    margin: Written | None
    alpha: float | None

    def claims(self) -> tuple[Claim, ...]:
        from quantgate.evals.claims.reading import claim_of_options, read_claims
        from quantgate.evals.errors import UsageError

        if self.items:
            raise UsageError("--items is of a model card, with --baseline-column and --candidate-column")
        if self.file is None:
            said = {**self.single, "repeats": _one_number(self.repeats), "margin": self.margin, "alpha": self.alpha}
            return (claim_of_options(said),)
        self._refuse_single({**self.single, "repeats": self.repeats or None})
        return read_claims(self.file, self.margin, self.alpha)

    def card(self, baseline: str, candidate: str) -> tuple[tuple[Claim, ...], tuple[Unjudged, ...]]:
        from quantgate.evals.claims.card import read_card, said_of
        from quantgate.evals.errors import UsageError

        assert self.file is not None
        self._refuse_single(self.single)
        said = said_of(self.items, self.repeats)
        try:
            card = read_card(_card_text(self.file), baseline, candidate, said, self.margin, self.alpha)
        except UsageError as error:
            raise UsageError(f"{self.file}: {error}") from None
        return card.claims, card.unjudged

    def _refuse_single(self, options: dict[str, Any]) -> None:
        from quantgate.evals.errors import UsageError

        if given := [name for name, value in options.items() if value is not None]:
            raise UsageError(
                f"--{given[0]} and {self.file}: a file says that for each of its claims; give one or the other"
            )


def _one_number(repeats: list[str]) -> int | None:
    from quantgate.evals.errors import UsageError

    if not repeats:
        return None
    if len(repeats) > 1 or not repeats[0].lstrip("-").isdecimal():
        raise UsageError(f"--repeats {repeats[-1][:60]}: one number, such as 2; NAME=K is of a model card")
    return int(repeats[0])


def _card_text(file: Path) -> str:
    """The text of a card. Raises UsageError."""
    from quantgate.evals.claims.tables import MOST_CHARACTERS
    from quantgate.evals.errors import UsageError
    from quantgate.evals.files import read_bytes

    most = 4 * MOST_CHARACTERS
    try:
        content = sys.stdin.buffer.read(most + 1) if str(file) == "-" else read_bytes(file, most)
        text = content.decode("utf-8")
    except OSError as error:
        raise UsageError(error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise UsageError("it is not UTF-8") from None
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"more than {MOST_CHARACTERS >> 20} MiB: cut it down to the tables of accuracies")
    return text
