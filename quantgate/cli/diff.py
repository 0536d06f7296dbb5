"""`quantgate diff`: which answers changed between two runs, and how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantgate.cli.looking import AsJson, Repeat, Reveal, TaskNames, Thoughts, WholePrompt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.text import Text

    from quantgate.evals.inspection.changed import Changes, Turn
    from quantgate.evals.inspection.compared import Compared
    from quantgate.evals.runs.record import TaskRecord
    from quantgate.evals.samples.columns import Places

    Chosen = Sequence[tuple[Changes, Places]]


def register(app: typer.Typer) -> None:
    app.command(name="diff")(diff)


def diff(
    baseline: Annotated[
        Path,
        typer.Argument(help="A run directory, files of another tool, or a gate's JSON, whose runs are then meant."),
    ],
    candidate: Annotated[str | None, typer.Argument(help="The run directory that is held against it.")] = None,
    items: Annotated[
        list[str] | None, typer.Argument(help="Items to show side by side, as 17 or gsm8k/17; without any, the flips.")
    ] = None,
    losses: Annotated[bool, typer.Option("--losses", help="Only answers that score less.")] = False,
    gains: Annotated[bool, typer.Option("--gains", help="Only answers that score more.")] = False,
    both_wrong: Annotated[
        bool, typer.Option("--both-wrong", help="Answers that are wrong in both runs, with another result.")
    ] = False,
    task: TaskNames = None,
    repeat: Repeat = None,
    thoughts: Thoughts = False,
    prompt: WholePrompt = False,
    reveal: Reveal = False,
    json: AsJson = False,
) -> None:
    """Show which answers changed between two runs: losses, then gains, or each named item side by side.

    Runs that `gate` would not compare are held against each other, too, and it is said in what they differ.
    More than fits the terminal goes through $PAGER.

    Exits 0, and 2 for what is not there.
    """
    from quantgate.cli.looking import notes_of, opened, print_json, print_with_notes
    from quantgate.evals.inspection.changed import Turn
    from quantgate.evals.inspection.compared import Compared
    from quantgate.reports.terminal.console import output_console

    folders, named = _folders(baseline, candidate, items or [])
    compared = Compared(*(opened(folder, "diff", reveal=reveal) for folder in folders))
    given = {Turn.LOSS: losses, Turn.GAIN: gains, Turn.BOTH_WRONG: both_wrong}
    turns = [turn for turn, wanted in given.items() if wanted]
    tasks = compared.tasks(task or ())
    chosen = compared.changes(tasks, named, repeat)
    notes = [
        *notes_of(compared.left, tasks),
        *notes_of(compared.right, ()),
        *compared.notes([changes for changes, _ in chosen]),
    ]
    shown = turns or (list(Turn) if named else [Turn.LOSS, Turn.GAIN])
    console = output_console()
    if json:
        print_json(console, _json_lines(compared, chosen, shown), notes)
    elif named:
        lines = _side_by_side(console, compared, chosen, shown, thoughts=thoughts, prompt=prompt)
        print_with_notes(console, lines, notes)
    else:
        print_with_notes(console, _tables(console, compared, chosen, shown), notes)


def _folders(baseline: Path, candidate: str | None, items: list[str]) -> tuple[Sequence[Path], list[str]]:
    """The folders of both runs, and the items; a saved decision names both, so that an item may come after it."""
    from quantgate.evals.errors import UsageError
    from quantgate.evals.foreign.opening import foreign_format, run_directory
    from quantgate.evals.inspection.decided import runs_in, runs_of

    if not baseline.is_file() or foreign_format(baseline) is not None:
        if candidate is None:
            inside = [str(run) for run in runs_in(baseline)]
            give = " ".join(inside) if len(inside) == 2 else "BASELINE CANDIDATE"
            raise UsageError(f"diff needs two run directories, or a gate's JSON: quantgate diff {give}")
        return (baseline, Path(candidate)), items
    runs = runs_of(baseline, run_directory)
    if len(runs) == 2:
        return runs, items if candidate is None else [candidate, *items]
    if not runs:
        raise UsageError(f"{baseline} is no decision whose runs are found here: give the two run directories")
    pairs = " or ".join(f"`quantgate diff {runs[0]} {run}`" for run in runs[1:])
    raise UsageError(f"{baseline} compares several candidates: give {pairs}")


def _json_lines(compared: Compared, chosen: Chosen, turns: Sequence[Turn]) -> Iterator[str]:
    from quantgate.evals.inspection.compared import by_turn
    from quantgate.evals.inspection.told import line_of_change

    for changes, places in chosen:
        for turn, group in by_turn(changes, places, turns):
            for pair in compared.pairs(changes, group):
                yield line_of_change(turn, *pair)


def _side_by_side(
    console: Console, compared: Compared, chosen: Chosen, turns: Sequence[Turn], *, thoughts: bool, prompt: bool
) -> Iterator[Text]:
    import numpy as np
    from rich.text import Text

    from quantgate.evals.inspection.compared import by_turn
    from quantgate.reports.terminal.side_by_side import whole_pair

    found = False
    for changes, places in chosen:
        groups = [group for _, group in by_turn(changes, places, turns)]
        for left, right in compared.pairs(changes, np.sort(np.concatenate(groups)) if groups else places[:0]):
            found = True
            yield from whole_pair(
                console, left, right, compared.names, repeats=changes.repeats > 1, thoughts=thoughts, prompt=prompt
            )
    if not found:
        yield Text("none of these items changed so")


def _tables(console: Console, compared: Compared, chosen: Chosen, turns: Sequence[Turn]) -> Iterator[Text]:
    import shlex

    from rich.text import Text

    from quantgate.evals.inspection.compared import by_turn
    from quantgate.reports.terminal.marked import wrapped
    from quantgate.reports.terminal.side_by_side import TITLES, counts, flips_table

    for changes, places in chosen:
        record = compared.left.record.task(changes.task)
        if record is not None and record.of_logprobs:
            yield from _token_lines(console, compared, record)
            continue
        for line in counts(changes, compared.names):
            yield from wrapped(console, Text(line, style="bold"), console.width)
        for turn, group in by_turn(changes, places, turns):
            yield Text()
            yield Text(f"{TITLES[turn]} ({len(group):,})", style="bold")
            pairs = compared.pairs(changes, group)
            yield from flips_table(pairs, changes.names(group), compared.names, console.width, changes)
        yield Text()
    command = shlex.join(["quantgate", "diff", str(compared.left.folder), str(compared.right.folder)])
    yield Text(f"{command} ITEM shows both answers side by side")


def _token_lines(console: Console, compared: Compared, record: TaskRecord) -> Iterator[Text]:
    """Of log-probabilities, how far the runs agree, and in which documents and where they part."""
    from rich.text import Text

    from quantgate.evals.inspection.token_pairs import fidelity_between
    from quantgate.reports.terminal.marked import wrapped
    from quantgate.reports.words.fidelity import compared_lines

    private = record.asked_by_authors is not None
    found = fidelity_between(compared.left, compared.right, record.name, private=private)
    first, *others = [found] if isinstance(found, str) else compared_lines(found)
    left, right = compared.names
    yield from wrapped(console, Text(f"{record.name}, {left} -> {right}: {first}", style="bold"), console.width)
    for line in others:
        yield from wrapped(console, Text(f"  {line}"), console.width)
    yield Text()
