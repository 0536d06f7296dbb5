"""Imports flow one way: tasks and reports import evals; evals, its command line aside, imports neither."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def imported(file: Path) -> set[str]:
    """The top-level packages that a file imports anywhere, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def rooms(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} & {"evals", "tasks", "reports", "tests"}


@pytest.mark.parametrize(
    ("folder", "may_import"),
    [
        ("evals", {"evals"}),
        ("evals/cli", {"evals", "tasks", "reports"}),
        ("tasks", {"evals", "tasks"}),
        ("reports", {"evals", "reports"}),
    ],
)
def test_a_room_imports_only_what_lies_upstream(folder, may_import):
    files = [
        file for file in (ROOT / folder).rglob("*.py") if folder != "evals" or "cli" not in file.relative_to(ROOT).parts
    ]
    assert files
    for file in files:
        assert rooms(imported(file)) <= may_import, file


def test_the_statistics_know_nothing_but_numpy_and_scipy():
    for file in (ROOT / "evals" / "stats").rglob("*.py"):
        names = imported(file)
        assert {name for name in names if name.startswith("evals")} <= {
            name for name in names if name.startswith("evals.stats")
        }, file
        outside = {name.partition(".")[0] for name in names} - {"evals", "numpy", "scipy"}
        assert outside <= set(sys.stdlib_module_names), file


def test_help_loads_no_heavy_library():
    heavy = ["lm_eval", "datasets", "pandas", "scipy", "numpy", "openai", "pydantic", "jinja2", "xllamacpp"]
    heavy += ["matplotlib", "aiohttp", "tenacity"]
    script = f"""
import sys
sys.argv = ["quantgate", "--help"]
from evals.cli import main
try:
    main()
except SystemExit:
    pass
print([name for name in {heavy!r} if name in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.splitlines()[-1] == "[]"
