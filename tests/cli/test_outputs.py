"""The options for a decision's renderings, which the verbs share."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from quantgate.cli import outputs as shared
from quantgate.cli.outputs import OUTPUT_NAMES


@pytest.mark.parametrize("verb", ["gate", "compare", "report"])
def test_every_output_is_an_option_of_each_verb_that_renders(quantgate, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = quantgate([verb, "--help"])
    for name in OUTPUT_NAMES:
        assert (f"--{name.replace('_', '-')} " in out) == (name != "json" or verb != "report"), name


def test_an_output_that_is_new_reaches_the_verb_by_its_name(monkeypatch):
    @dataclass(frozen=True)
    class Outputs:
        scroll: Path | None = field(default=None, metadata={"help": "Write a scroll."})

    monkeypatch.setattr(shared, "Outputs", Outputs)
    monkeypatch.setattr(shared, "OUTPUT_NAMES", ("scroll",))

    def verb(run: str, *, outputs) -> None:
        """Do it."""
        typer.echo(f"{run}: {outputs.scroll}")

    app = typer.Typer()
    app.command()(shared.with_outputs(verb))
    told = CliRunner().invoke(app, ["fp8", "--scroll", "a.txt"])
    assert told.output == "fp8: a.txt\n"
    assert "Write a scroll." in CliRunner().invoke(app, ["--help"]).output
