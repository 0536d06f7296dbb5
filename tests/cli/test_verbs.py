"""The verbs are listed without being imported, and the list says what their modules say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command, get_group

from quantgate import cli
from quantgate.cli import app
from quantgate.cli.verbs import VERBS, module_of, registered


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_of_a_verb_is_the_first_paragraph_of_its_help(verb):
    (command,) = get_group(registered(verb)).commands.values()
    assert command.name == verb
    assert " ".join((command.help or "").split("\n\n")[0].split()) == VERBS[verb]


def test_every_module_that_registers_a_verb_is_listed():
    modules = {file.stem for file in Path(cli.__file__).parent.glob("*.py") if "def register(" in file.read_text()}
    assert modules == {module_of(verb) for verb in VERBS}


def test_the_list_of_verbs_imports_none_of_them():
    script = """
import sys
from quantgate.cli import app
app(["--help"], standalone_mode=False)
print(sorted(name for name in sys.modules if name.startswith("quantgate.cli.")))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['quantgate.cli.verbs']"


def test_a_verb_that_is_misspelt_is_guessed_at(quantgate):
    code, _, err = quantgate(["compre"])
    assert code == 2
    assert "'compare'" in err


def test_the_options_of_a_verb_are_completed_in_a_shell():
    group = get_command(app)
    with group.make_context("quantgate", ["gate"], resilient_parsing=True) as context:
        _, command, _ = group.resolve_command(context, ["gate"])
        found = {item.value for item in command.shell_complete(context, "--ma")}
    assert found == {"--margin", "--markdown"}
