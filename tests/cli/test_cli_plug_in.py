"""A task of another package: installed for real, met by every verb, and no file of this project knows of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quantgate.tasks.registry import installed
from tests.server.served import Reply, served_model

ROOT = Path(__file__).resolve().parents[2]
PLUG_IN = ROOT / "tests" / "plugin"
COUNTRIES = 40


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example, built by its own backend, without network."""
    folder = tmp_path_factory.mktemp("plug-in")
    source = shutil.copytree(PLUG_IN, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "site"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def with_plug_in(site: Path, monkeypatch, tmp_path: Path) -> Iterator[None]:
    """Makes this process one in whose environment the plug-in is installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(site))
    installed.cache_clear()
    yield
    installed.cache_clear()


@pytest.fixture
def uninstall(site: Path, monkeypatch) -> Callable[[], None]:
    """Makes this process one in whose environment the plug-in is not installed any more."""

    def uninstall() -> None:
        monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(site)])
        monkeypatch.delitem(sys.modules, "quantgate_capitals")
        installed.cache_clear()

    return uninstall


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "capitals.jsonl"
    rows = [{"country": f"Land{n}", "capital": f"City{n}", "continent": f"Part{n % 3}"} for n in range(COUNTRIES)]
    made.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return made


def answering(wrong: int) -> Callable[[dict], Reply]:
    """Knows all capitals but those of the first `wrong` countries."""

    def rule(body: dict) -> Reply:
        found = re.search(r"Land(\d+)", body["messages"][0]["content"])
        if found is None:
            return Reply("2 + 3 = 5.")
        number = int(found[1])
        return Reply(f"Let me think.\nCity{number + 1 if number < wrong else number}.")

    return rule


@pytest.mark.slow
def test_it_is_listed_in_a_process_of_its_own(site):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    command = [sys.executable, "-m", "quantgate", "tasks"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"^capitals +Capital cities: 40 short questions \[items 40; repeats 1[^\]]*\]$", done.stdout, re.MULTILINE
    )


@pytest.mark.usefixtures("with_plug_in")
def test_it_is_described_in_full_with_its_package(quantgate):
    code, described, _ = quantgate(["tasks", "capitals"])
    assert code == 0
    for said in ("quantgate-capitals", "example/capitals on the Hugging Face hub; test", "--option hint", "none, or"):
        assert said in described


@pytest.mark.usefixtures("with_plug_in")
def test_every_verb_works_for_it(quantgate, file, tmp_path):
    code, out, err = quantgate(["data", "fetch", "capitals", "--data", f"capitals={file}", "--out", "bundle"])
    assert code == 0, err
    assert "capitals test: bundle/capitals/test-" in out
    assert "note: The authors ask to keep the questions off the web." in err
    (bundled,) = (tmp_path / "bundle" / "capitals").iterdir()
    assert bundled.stat().st_mode & 0o077 == 0
    for name, wrong in (("fp8", 2), ("mxfp4", 2), ("broken", 30)):
        with served_model(answering(wrong)) as server:
            served = ["--base-url", server.base_url, "--data-dir", "bundle", "--task", "capitals"]
            assert quantgate(["run", *served, "--model", "test-model", "--out", name])[0] == 0
            if name == "fp8":
                assert "capitals, first item: answered" in quantgate(["doctor", *served])[1]
    assert quantgate(["gate", "fp8", "mxfp4", "--margin", "0.2"])[0] == 0
    code, _, err = quantgate(["gate", "fp8", "broken", "--margin", "0.2", "--include-text", "--html", "r.html"])
    assert code == 1
    assert "answers to capitals quote its questions" in err
    assert "capitals: 40 items" in quantgate(["plan", "--task", "capitals", "--margin", "0.2"])[1]


@pytest.mark.usefixtures("with_plug_in")
def test_a_machine_without_it_gates_and_reports_its_runs(quantgate, file, uninstall):
    for name in ("fp8", "mxfp4"):
        with served_model(answering(1)) as server:
            served = ["--base-url", server.base_url, "--model", "test-model", "--data", f"capitals={file}"]
            assert quantgate(["run", "--task", "capitals", *served, "--out", name])[0] == 0
    uninstall()
    assert quantgate(["gate", "fp8", "mxfp4", "--margin", "0.2", "--json", "gate.json"])[0] == 0
    assert "capitals" in quantgate(["report", "gate.json", "--model-card"])[1]
    code, _, err = quantgate(["doctor", "--base-url", "http://127.0.0.1:9/v1", "--task", "capitals"])
    assert (code, "no task is called 'capitals'" in err) == (2, True)


@pytest.mark.usefixtures("with_plug_in")
@pytest.mark.parametrize("given", [["--option", "hint=continent"], ["--config", "run.yaml"]])
def test_it_takes_options_of_its_own(quantgate, file, tmp_path, given):
    (tmp_path / "run.yaml").write_text("options: {hint: continent}\n", encoding="utf-8")
    with served_model(answering(0)) as server:
        served = ["--base-url", server.base_url, "--model", "test-model", "--data", f"capitals={file}", "--limit", "3"]
        assert quantgate(["run", "--task", "capitals", *served, "--out", "run", *given])[0] == 0
        code, _, err = quantgate(["run", "--task", "capitals", *served, "--out", "run"])
        asked = [body["messages"][0]["content"] for body in server.log.bodies]
    assert len(asked) == 3
    assert all("(in Part" in text for text in asked)
    assert code == 2
    assert 'hint "continent" there, "none" in this command' in err


@pytest.mark.usefixtures("with_plug_in")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--option", "hnt=continent"], "--option hnt: capitals takes no option 'hnt'; did you mean hint?"),
        (["--option", "hint=far"], "--option hint 'far': must be none or continent (capitals: none, or continent"),
        (["--config", "run.yaml"], "run.yaml: options.hint ['a']: must be none or continent"),
        (["--user-model", "u"], "--user-model: is an option of tau2, tau3_airline, "),
        (["--metric", "capitals=f1"], "capitals has no metric 'f1'; it has exact_match"),
        (["--data", "capitals.dev=x"], "--data capitals.dev: the task capitals takes no such data file"),
    ],
)
def test_what_it_does_not_take_is_refused_by_name(quantgate, file, tmp_path, given, said):
    (tmp_path / "run.yaml").write_text("options: {hint: [a]}\n", encoding="utf-8")
    served = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--data", f"capitals={file}", "--out", "run"]
    code, out, err = quantgate(["run", "--task", "capitals", *served, *given])
    assert code == 2
    assert said in err
    assert "Traceback" not in out + err


def test_the_page_on_plug_ins_shows_the_example_as_it_is_installed_here():
    page = (ROOT / "docs" / "plug-ins.md").read_text(encoding="utf-8")
    for name in ("pyproject.toml", "quantgate_capitals.py"):
        assert (PLUG_IN / name).read_text(encoding="utf-8") in page
