"""What `action/check.sh` makes of the options that a workflow gives."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "action" / "check.sh"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def checked(tmp_path):
    """Runs the script beside a `quantgate` that notes its call; returns what it says, that call, and the outputs."""

    def run(args: str) -> tuple[str, str, str]:
        called, outputs = tmp_path / "called", tmp_path / "outputs"
        called.write_text("")
        (tmp_path / "quantgate").write_text(f'#!/bin/sh\necho "$@" > "{called}"\n')
        (tmp_path / "quantgate").chmod(0o755)
        settings = {"ARGS": args, "MAX_TIME": "4h", "RELEASE": "release.yaml", "GITHUB_OUTPUT": str(outputs)}
        environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", **settings}
        said = subprocess.run(["bash", SCRIPT], env=environment, capture_output=True, text=True, check=True).stdout
        return said, called.read_text(), outputs.read_text()

    return run


def test_options_are_those_of_check(checked):
    assert checked("--quiet --concurrency 8") == (
        "",
        "check --quiet --concurrency 8 --max-time 4h -- release.yaml\n",
        "code=0\nverdict=pass\n",
    )


@pytest.mark.parametrize("args", ["--out elsewhere", "--limit=5", "--quiet --looks 3", "--stop never"])
def test_what_the_kept_answers_are_named_by_stands_in_the_release_file(checked, args):
    said, called, outputs = checked(args)
    assert said.startswith("::error title=quantgate::args: give --")
    assert (called, outputs) == ("", "code=2\nverdict=error\n")
