"""Imports flow one way, through the rooms in the order of one table, and no chain of them is long."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.reports import made

ROOT = Path(__file__).resolve().parent.parent

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `([\w.]+)` \|", PAGE.partition("| room |")[2].partition("\n\n")[0], re.MULTILINE)
"""The table of `docs/architecture.md`: each room imports only from itself and from those before it."""

APART = {"evals.stats": {"evals.stats"}, "reports": {"evals", "reports"}}
"""Rooms that may import less than the order allows."""


def folder_of(room: str) -> Path:
    return ROOT / "quantgate" / room.replace(".", "/")


def files_of(room: str) -> list[Path]:
    folder = folder_of(room)
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removeprefix("quantgate.").removesuffix(".__init__")


@cache
def modules() -> dict[str, Path]:
    return {module_of(file): file for room in ROOMS for file in files_of(room)}


@cache
def imported(file: Path) -> frozenset[str]:
    """The modules that a file imports anywhere, inside functions too; those of quantgate without that name."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {_module(node.module, alias.name) for alias in node.names}
    return frozenset(name.removeprefix("quantgate.") for name in names if name != "quantgate")


def _module(package: str, name: str) -> str:
    """What `from package import name` imports: the module of that name, else the package."""
    return f"{package}.{name}" if f"{package}.{name}".removeprefix("quantgate.") in modules() else package


def room_of(module: str) -> str | None:
    return next((room for room in ROOMS if module == room or module.startswith(f"{room}.")), None)


def test_the_table_of_rooms_is_read_whole():
    assert len(ROOMS) == len(set(ROOMS)) > 15
    assert (ROOMS[0], ROOMS[-1]) == ("evals.errors", "notebook")


def test_every_module_lies_in_a_room_of_the_table():
    found = [
        file for room in ("evals", "tasks", "reports", "cli") for file in (ROOT / "quantgate" / room).rglob("*.py")
    ]
    assert {module_of(file) for file in found} - modules().keys() == {"evals"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_before_it(room):
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for file in files_of(room):
        for name in imported(file):
            if (found := room_of(name)) is not None:
                assert found in allowed, (file, name)
                if room in APART:
                    assert any(found == may or found.startswith(f"{may}.") for may in APART[room]), (file, name)


MOST_FLOORS = 9
"""Modules in the longest chain of imports; `quantgate.__main__`, on top of it, makes ten."""


def test_no_chain_of_imports_is_long_and_none_is_a_circle():
    below = {module: imported(file) & modules().keys() - {module} for module, file in modules().items()}
    floors: dict[str, int] = {}
    for module in TopologicalSorter(below).static_order():
        floors[module] = 1 + max((floors[name] for name in below[module]), default=0)
    highest = max(floors.values())
    assert highest <= MOST_FLOORS, [module for module, floor in floors.items() if floor == highest]


def test_nobody_imports_the_rooms_by_another_name_than_quantgates():
    for file in [*modules().values(), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.module.partition(".")[0] not in ("evals", "tasks", "reports"), file


def test_the_statistics_know_nothing_but_numpy_and_scipy():
    for file in files_of("evals.stats"):
        outside = {name.partition(".")[0] for name in imported(file)} - {"evals", "numpy", "scipy"}
        assert outside <= set(sys.stdlib_module_names), file


def test_help_loads_no_heavy_library():
    heavy = ["lm_eval", "datasets", "pandas", "scipy", "numpy", "openai", "pydantic", "jinja2", "xllamacpp"]
    heavy += ["matplotlib", "aiohttp", "tenacity"]
    script = f"""
import sys
sys.argv = ["quantgate", "--help"]
from quantgate.cli import main
try:
    main()
except SystemExit:
    pass
print([name for name in {heavy!r} if name in sys.modules])
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.splitlines()[-1] == "[]"


def test_a_saved_decision_is_rendered_without_the_libraries_that_decided_it(tmp_path):
    (tmp_path / "gate.json").write_text(made.verdict(made.decision(), made.inconclusive(), made.invalid()).to_json())
    (tmp_path / "compare.json").write_text(made.comparison().to_json())
    script = """
import sys
from quantgate.cli import app
folder = sys.argv[1]
for name in ("gate", "compare"):
    files = ["--markdown", f"{folder}/{name}.md", "--junit", f"{folder}/{name}.xml"]
    app(["report", f"{folder}/{name}.json", *files], standalone_mode=False)
    app(["report", f"{folder}/{name}.json"], standalone_mode=False)
app(["report", f"{folder}/gate.json", "--model-card"], standalone_mode=False)
print([name for name in ("numpy", "scipy", "pandas", "matplotlib") if name in sys.modules])
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.splitlines()[-1] == "[]"
    assert (tmp_path / "gate.md").stat().st_size > 0
    assert (tmp_path / "compare.xml").stat().st_size > 0


@pytest.mark.parametrize("module", ["evals.decision.types", "evals.decision.comparison", "reports.files.junit"])
def test_the_types_of_a_decision_need_no_numbers_library(module):
    script = f"import sys, quantgate.{module}; print([n for n in ('numpy', 'scipy', 'pandas') if n in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert out.strip() == "[]"
