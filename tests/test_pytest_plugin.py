"""The plug-in as a team's tests meet it: in a pytest of their own, found by its entry point."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "docs" / "example-runs"

TESTS = f"""
from pathlib import Path

import pytest

from quantgate import assert_not_regressed

FP8, MXFP4, Q4 = (Path({str(EXAMPLES)!r}, name) for name in ("fp8", "mxfp4", "q4_1"))


def test_good(quantgate):
    assert quantgate.assert_not_regressed(FP8, Q4, margin=0.1).verdict == "pass"


def test_worse(quantgate):
    quantgate.assert_not_regressed(FP8, MXFP4, margin=0.05)


def test_unknown(quantgate):
    quantgate.assert_not_regressed(FP8, Q4, margin=0.05)


def test_skipped(quantgate):
    quantgate.assert_not_regressed(FP8, Q4, margin=0.05, inconclusive="skip")


def test_missing(quantgate):
    quantgate.assert_not_regressed(FP8, "nowhere")


def test_imported():
    with pytest.raises(AssertionError, match="regressed"):
        assert_not_regressed(FP8, MXFP4, margin=0.05)
"""


def ran(folder: Path, *arguments: str, installed: bool = False) -> tuple[int, str]:
    """Exit code and output of a pytest with all plug-ins that are `installed`, or with this one, by its name, alone."""
    named = [] if installed else ["-p", "quantgate"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *named, *arguments]
    environment = {**os.environ, "COLUMNS": "120"}
    if not installed:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path) -> Path:
    """A team's folder with tests that gate."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_gate.py").write_text(TESTS)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_a_teams_tests_gate_its_runs(folder, workers):
    code, out = ran(folder, *workers)
    assert code == 1
    assert "3 failed, 2 passed, 1 skipped" in out
    assert f"side by side: quantgate diff {EXAMPLES}/fp8 {EXAMPLES}/mxfp4 1 3 4" in out
    assert "40/10 ✗ regressed" in out
    assert "nowhere is no run directory: there is no such folder" in out
    assert "SKIPPED [1] test_gate.py:" in out


@pytest.mark.slow
def test_a_failure_shows_the_teams_line_and_none_of_quantgates_code(folder):
    _, out = ran(folder, "-k", "worse or missing", "--tb=long")
    assert ">       quantgate.assert_not_regressed(FP8, MXFP4, margin=0.05)" in out
    assert out.count("\ntest_gate.py:") == 2
    assert "asserting.py" not in out
    assert "functions.py" not in out
    assert "def assert_not_regressed" not in out


TRIVIAL = """
import sys


def test_it():
    loaded = {name for name in sys.modules if name.partition(".")[0] == "quantgate"}
    assert loaded == {"quantgate", "quantgate.pytest_plugin"}
    heavy = ["numpy", "scipy", "pandas", "rich", "typer", "pydantic", "datasets", "lm_eval"]
    assert [name for name in heavy if name in sys.modules] == []
"""


def test_a_session_that_does_not_use_it_loads_nothing_of_it(tmp_path):
    (tmp_path / "test_trivial.py").write_text(TRIVIAL)
    code, out = ran(tmp_path)
    assert code == 0, out


def test_it_is_found_by_its_entry_point_and_left_out_by_its_name(tmp_path):
    (tmp_path / "test_fixture.py").write_text("def test_it(quantgate):\n    assert quantgate.__version__\n")
    assert ran(tmp_path, installed=True)[0] == 0
    code, out = ran(tmp_path, "-p", "no:quantgate", installed=True)
    assert code == 1
    assert "fixture 'quantgate' not found" in out


def test_a_fixture_of_that_name_of_the_teams_own_wins(tmp_path):
    own = "import pytest\n\n\n@pytest.fixture\ndef quantgate():\n    return 7\n"
    (tmp_path / "conftest.py").write_text(own)
    (tmp_path / "test_own.py").write_text("def test_it(quantgate):\n    assert quantgate == 7\n")
    code, out = ran(tmp_path)
    assert code == 0, out
