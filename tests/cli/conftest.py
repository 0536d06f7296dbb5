"""Runs the command line in the test's own process."""

from __future__ import annotations

import sys

import pytest

from evals.cli import main


@pytest.fixture
def quantgate(capsys, monkeypatch):
    """Runs the command line; returns exit code, standard output and standard error."""

    def run(arguments: list[str]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["quantgate", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run
