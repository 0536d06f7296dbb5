"""What is installed: one package, whole, that runs beside whatever a user has called tasks and evals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from quantgate import __version__

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def build(target: str, source: Path, out: Path) -> Path:
    """Build a wheel or an sdist by the project's own backend, without network."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = out.iterdir()
    return built


def members(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked_sdist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("sdist", ROOT, folder / "built")) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"quantgate-{__version__}"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` of an environment that has the wheel, and of all else what this one has."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([python, *install], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    others = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    (packages / "others.pth").write_text("\n".join(others))
    return environment / "bin"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A user's folder whose modules have the rooms' names, none of which may be imported."""
    (tmp_path / "tasks").mkdir()
    for name in ("tasks/__init__.py", "tasks.py", "evals.py", "reports.py", "cli.py"):
        (tmp_path / name).write_text("raise SystemExit('the user's own module was imported')\n")
    return tmp_path


def test_the_only_top_level_name_is_quantgate(wheel):
    assert {name.partition("/")[0] for name in members(wheel)} == {"quantgate", f"quantgate-{__version__}.dist-info"}


def test_every_file_of_the_rooms_is_in_the_wheel(wheel):
    files = {
        str(Path(folder, name).relative_to(ROOT))
        for folder, _, names in os.walk(ROOT / "quantgate", followlinks=True)
        for name in names
        if not folder.endswith("__pycache__")
    }
    assert {name for name in members(wheel) if name.startswith("quantgate/")} == files
    for name in ("policies/strict.yaml", "reports/html/templates/gate.html.j2", "evals/py.typed", "tasks/registry.py"):
        assert f"quantgate/{name}" in files


def test_the_source_distribution_makes_the_same_wheel(wheel, unpacked_sdist, tmp_path):
    assert members(build("wheel", unpacked_sdist, tmp_path / "again")) == members(wheel)


@pytest.mark.parametrize("command", [["quantgate"], ["python", "-m", "quantgate"]])
def test_it_runs_in_a_folder_with_modules_of_the_rooms_names(installed, folder, command):
    def run(*arguments: str) -> str:
        whole = [str(installed / command[0]), *command[1:], *arguments]
        done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version") == f"quantgate {__version__}\n"
    assert "gsm8k" in run("tasks")
    assert run("plan", "--items", "500", "--discordance", "0.02", "--margin", "0.05")


def test_the_installed_package_is_the_wheels(installed, folder):
    script = "import quantgate.evals, quantgate.tasks, sys; print(quantgate.evals.__file__); print(*sys.modules)"
    done = subprocess.run([installed / "python", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    file, modules = done.stdout.splitlines()
    assert Path(file).is_relative_to(installed.parent)
    assert not {"tasks", "evals", "reports"} & set(modules.split())


def test_a_policy_goes_by_its_name_wherever_it_is_installed(installed, folder):
    missing = [str(installed / "quantgate"), "gate", "a", "b", "--policy"]
    known = subprocess.run([*missing, "strict"], cwd=folder, capture_output=True, text=True, check=False)
    unknown = subprocess.run([*missing, "strct"], cwd=folder, capture_output=True, text=True, check=False)
    assert (known.returncode, unknown.returncode) == (2, 2)
    assert "a is no run directory" in known.stderr
    assert "did you mean strict?" in unknown.stderr


def test_a_worker_of_tau2_starts_under_a_python_without_quantgate(installed, folder):
    (worker,) = installed.parent.glob("lib/python*/site-packages/quantgate/tasks/tau2/worker.py")
    # Neither site-packages nor PYTHONPATH: that Python has its standard library alone.
    command = [sys.executable, "-I", "-S", str(worker)]
    asked = json.dumps({"id": 7, "command": "describe", "domains": []}) + "\n"
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write(asked)
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.stdin.close()
    assert (answer["id"], answer["outcome"]["ending"]) == (7, "unusable")
    assert "tau2" in answer["outcome"]["message"]
