"""Writes a decision's renderings to the files that were asked for, each for itself: one that fails stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.types import Verdict
from quantgate.evals.errors import UsageError
from quantgate.evals.files import open_to_write, told_as_usage, write_output
from quantgate.reports.files.junit import comparison_junit, gate_junit
from quantgate.reports.files.markdown import comparison_markdown, gate_markdown
from quantgate.reports.files.options import Outputs
from quantgate.reports.files.tables import decision_csv, flips_csv


def check_outputs(outputs: Outputs) -> None:
    """Raise UsageError before anything is decided when two outputs would be one file, or plots cannot be drawn."""
    from quantgate.reports.plots.canvas import need_matplotlib

    named: dict[Path, str] = {}
    for option, file in outputs.files().items():
        if file.exists() and not file.is_file():
            continue
        if (other := named.setdefault(file.resolve(), option)) != option:
            raise UsageError(f"--{option} {file} is the file of --{other} too: give each a name of its own")
    for option, wanted in (("--html", outputs.html), ("--plots", outputs.plots)):
        if wanted is not None:
            need_matplotlib(option)


def write_reports(decision: Verdict | Comparison, outputs: Outputs, tell: Callable[[str], None] | None = None) -> None:
    """Write the JSON first, then every other rendering that was asked for; `tell` hears in a line what was written.

    Raises
    ------
    UsageError
        After all others are written, naming each file that could not be.
    """
    failures, written = [], []
    for file, write in _writers(decision, outputs):
        try:
            write()
        except UsageError as error:
            failures.append(str(error))
        else:
            written.append(str(file))
    if written and tell is not None:
        tell(f"written: {', '.join(written)}")
    if failures:
        raise UsageError("; ".join(failures))


def write_markdown(file: Path, text: str) -> None:
    """Write Markdown; where `file` is the summary of a GitHub job, add to it, as its steps share that file.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary or not _same(file, Path(summary)):
        write_output(file, text, "--markdown")
        return
    with (
        told_as_usage(file, "--markdown"),
        open(open_to_write(file, os.O_APPEND), "a", encoding="utf-8", errors="backslashreplace") as stream,
    ):
        stream.write(text + "\n")


def _writers(decision: Verdict | Comparison, outputs: Outputs) -> Iterator[tuple[Path, Callable[[], None]]]:
    json, html, markdown, junit, plots = outputs.json, outputs.html, outputs.markdown, outputs.junit, outputs.plots
    table, flips = outputs.csv, outputs.flips
    if json is not None:
        yield json, lambda: write_output(json, decision.to_json(), "--json")
    if html is not None:
        yield html, lambda: write_output(html, _html(decision), "--html")
    if markdown is not None:
        text = gate_markdown(decision) if isinstance(decision, Verdict) else comparison_markdown(decision)
        yield markdown, lambda: write_markdown(markdown, text)
    if junit is not None:
        how = outputs.junit_inconclusive
        xml = gate_junit(decision, how) if isinstance(decision, Verdict) else comparison_junit(decision, how)
        yield junit, lambda: write_output(junit, xml, "--junit")
    if table is not None:
        yield table, lambda: write_output(table, decision_csv(decision), "--csv")
    if flips is not None:
        yield flips, lambda: write_output(flips, flips_csv(decision), "--flips")
    if plots is not None:
        yield plots, lambda: _write_plots(decision, plots)


def _html(decision: Verdict | Comparison) -> str:
    from quantgate.reports.html.compare import comparison_html
    from quantgate.reports.html.gate import gate_html

    return gate_html(decision) if isinstance(decision, Verdict) else comparison_html(decision)


def _write_plots(decision: Verdict | Comparison, folder: Path) -> None:
    from quantgate.reports.plots.canvas import png_file, svg_file
    from quantgate.reports.plots.named import named_figures

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--plots {folder}: {error.strerror or error}") from None
    for name, figure in named_figures(decision):
        write_output(folder / f"{name}.svg", svg_file(figure), "--plots")
        write_output(folder / f"{name}.png", png_file(figure), "--plots")


def _same(file: Path, other: Path) -> bool:
    try:
        return file.resolve() == other.resolve()
    except OSError:
        return False
