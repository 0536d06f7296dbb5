"""How tasks are found: what packages declare is used, refused by the package's name, or left out with a warning."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import invalidate_caches
from importlib.metadata import distributions
from pathlib import Path
from textwrap import dedent

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import TaskDeclarationError, UsageError
from quantgate.tasks import registry
from quantgate.tasks.registry import GROUP, installed, load_task, read_registry

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
from tests.conftest import Sums, info_of
TASK = Sums(name="sums")
INFO = info_of(TASK)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Puts a package with one module and one entry point of the group where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name: str, source: str, entry: str = "sums", attribute: str = "INFO") -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        monkeypatch.delitem(sys.modules, module, raising=False)
        invalidate_caches()
        described = tmp_path / f"{module}-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text(f"[{GROUP}]\n{entry} = {module}:{attribute}\n")

    return make


def found(folder: Path) -> registry.Registry:
    return read_registry(
        point for each in distributions(path=[str(folder)]) for point in each.entry_points if point.group == GROUP
    )


def test_the_built_in_tasks_are_declared_like_any_other():
    assert {"gsm8k", "gpqa_diamond", "tau2", "arithmetic"} <= installed().tasks.keys()
    assert set(installed().families) == {"lm-eval:", "reasoning_gym:"}
    assert {installed().package_of(name) for name in ("gsm8k", "lm-eval:gsm8k")} == {"quantgate"}


def test_a_package_adds_a_task(package, tmp_path):
    package("somebodys-sums", GOOD)
    read = found(tmp_path)
    assert (list(read.tasks), read.package_of("sums"), read.warnings) == (["sums"], "somebodys-sums", ())
    assert read.find("sums").name == "sums"


def test_a_name_that_two_packages_declare_names_them_both(package, tmp_path):
    package("one-sums", GOOD)
    package("other-sums", GOOD)
    with pytest.raises(TaskDeclarationError, match=r"(one|other)-sums and (one|other)-sums both declare a task sums"):
        found(tmp_path)


@pytest.mark.parametrize(
    ("source", "entry", "said"),
    [
        ("INFO = {'name': 'sums'}", "sums", "bad_sums:INFO is a dict, not a TaskInfo or TaskFamily"),
        ("class INFO: ...", "sums", "bad_sums:INFO is INFO, not a TaskInfo"),
        (GOOD, "additions", "is called 'sums', where its entry point says 'additions'"),
        (GOOD.replace("(TASK)", "(TASK, load=lambda: TASK)"), "sums", "load must take one argument, the TaskOptions"),
        (GOOD.replace("(TASK)", "(TASK, load=None)"), "sums", "load must be a function"),
        (GOOD.replace("(TASK)", "(TASK, items=5, strata={'a': 2})"), "sums", "strata must add up to items"),
        (GOOD.replace("(TASK)", "(TASK, color='red')"), "sums", "unexpected keyword argument 'color'"),
        (GOOD.replace("(TASK)", "(TASK, options=('hint',))"), "sums", "options must be a tuple of TaskOption"),
        (
            "from quantgate.evals.contract.task import TaskInfo\nINFO = TaskInfo(name='sums', summary='s', load=id)",
            "sums",
            "missing .* required keyword-only arguments: 'data', 'items'",
        ),
    ],
)
def test_what_is_no_task_is_refused_and_its_package_named(package, tmp_path, source, entry, said):
    package("bad-sums", source, entry)
    with pytest.raises(TaskDeclarationError, match=f"bad-sums: .*{said}"):
        found(tmp_path)


@pytest.mark.parametrize(
    "source", ["import no_such_library", "1 / 0", "raise SystemExit(3)", "def broken(:", "NOTHING = None"]
)
def test_a_package_that_cannot_be_imported_is_left_out_with_a_warning(package, tmp_path, source):
    package("broken-sums", source)
    package("good-sums", GOOD.replace('"sums"', '"good"'), "good")
    read = found(tmp_path)
    assert list(read.tasks) == ["good"]
    (warning,) = read.warnings
    assert warning.startswith("the task sums of broken-sums is left out, as it cannot be imported (")


def test_a_family_describes_the_task_of_a_whole_name_and_nothing_else(package, tmp_path):
    source = """
    from quantgate.evals.contract.task import TaskFamily
    FAMILY = TaskFamily(prefix="mine:", summary="mine", info=INFO)
    """
    package("sums-family", GOOD.replace("sums", "mine:one") + dedent(source).replace("INFO)", "lambda name: INFO)"),
            "mine", "FAMILY")  # fmt: skip
    package("good-sums", GOOD)
    read = found(tmp_path)
    assert (read.find("mine:one").name, read.package_of("mine:one")) == ("mine:one", "sums-family")
    with pytest.raises(TaskDeclarationError, match="sums-family: mine: gives no TaskInfo of mine:two"):
        read.find("mine:two")
    with pytest.raises(UsageError, match="there are sums, and any mine task as mine:NAME"):
        read.find("mine:")


def test_no_task_at_all_is_a_broken_installation():
    with pytest.raises(TaskDeclarationError, match="install it anew"):
        read_registry([])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("TASK.name = 'others'", "calls itself 'others'"),
        ("TASK.repeats = 7", "has another repeats than it declares: 7 instead of 1"),
        ("TASK.sampling = None", "has another sampling than it declares: None instead of"),
        ("INFO = info_of(TASK, metrics=('f1',))", "scores by 'exact', which is none of the metrics that it declares"),
        ("INFO = info_of(TASK, orchestrated=True)", "declares an asker and has none"),
        ("TASK.grade = lambda item: None", "has no method grade of 3 arguments"),
        ("INFO = info_of(TASK, load=lambda options: None)", "has no method items of 0 arguments"),
    ],
)
def test_a_task_that_is_not_what_it_declares_is_refused_and_its_package_named(
    package, tmp_path, monkeypatch, changed, said
):
    package("liars-sums", GOOD + changed)
    read = found(tmp_path)
    monkeypatch.setattr(registry, "installed", lambda: read)
    with pytest.raises(TaskDeclarationError, match=f"liars-sums: the task sums {said}"):
        load_task("sums", TaskOptions())


def test_a_file_that_is_given_with_its_splits_name_and_without_is_refused(tmp_path):
    with pytest.raises(UsageError, match="train is given twice"):
        load_task("gpqa_diamond", TaskOptions(data={"": tmp_path, "train": tmp_path}))


def test_a_broken_plug_in_warns_on_standard_error_and_the_rest_works(package, tmp_path):
    package("broken-sums", "import no_such_library")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-m", "quantgate", "tasks"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "gsm8k" in done.stdout
    assert "warning: the task sums of broken-sums is left out" in done.stderr


def test_the_tasks_are_listed_without_the_libraries_that_they_need():
    script = """
import sys
from quantgate.tasks.registry import installed
installed()
heavy = ("lm_eval", "datasets", "numpy", "pandas", "pydantic", "huggingface_hub")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
