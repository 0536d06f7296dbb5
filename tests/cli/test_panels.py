"""`--help` of a verb with many options: those of one subject together, none forgotten."""

import inspect
import re

import pytest

from quantgate.cli.panels import PANELS
from quantgate.cli.verbs import registered


def options_of(verb):
    (command,) = registered(verb).registered_commands
    return list(inspect.signature(command.callback).parameters)


@pytest.mark.parametrize("verb", PANELS)
def test_every_option_that_is_named_is_there_and_in_one_group(verb):
    named = [option for options in PANELS[verb].values() for option in options]
    assert len(named) == len(set(named))
    assert set(named) <= set(options_of(verb))


def test_no_option_of_a_run_is_forgotten():
    assert set(options_of("run")) - {option for options in PANELS["run"].values() for option in options} == {"config"}


def test_the_groups_of_a_run_are_read_in_their_order(quantgate, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, _ = quantgate(["run", "--help"])
    groups = re.findall(r"─ ([\w -]+?) ─", out)
    assert code == 0
    assert {"What is asked", "Endpoint", "Sampling", "Data", "tau2", "Output"} <= set(groups)
    sampling = out[out.index("─ Sampling ") :].partition("╰")[0]
    assert re.findall(r"--[\w-]+", sampling) == ["--preset", "--temperature", "--top-p", "--max-tokens", "--seed"]


def test_where_a_decision_is_written_stands_together(quantgate, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = quantgate(["gate", "--help"])
    written = out[out.index("─ Output ") :].partition("╰")[0]
    for option in ("--include-text", "--json", "--html", "--markdown", "--junit", "--plots"):
        assert option in written
