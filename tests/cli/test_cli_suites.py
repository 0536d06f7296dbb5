"""Suites as their user meets them: listed, described, copied, planned, asked, and named in what is decided."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml

from quantgate.evals.settings.shipped import SUITES
from tests.docs.pages import ROOT

SHIPPED = ["agentic", "card-amd", "card-nvidia", "card-redhat", "quick"]

EACH = [pytest.param(name, marks=[] if name == "card-amd" else pytest.mark.slow) for name in SHIPPED]
"""What a card's many questions settle takes a second to simulate."""


@pytest.fixture
def mine(tmp_path, gsm8k_files):
    """A suite of two tasks in a file."""
    tasks = {name: {"data": str(gsm8k_files[0]), "limit": 30, "margin": 0.2} for name in ("gsm8k", "gsm8k_platinum")}
    written = {
        "summary": "two tasks of sums",
        "not_asked": {"SciCode": "no task asks it"},
        "tasks": tasks,
        "suite": {"tasks": list(tasks), "margin": 0.2},
    }
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(written, sort_keys=False))
    return file


@pytest.fixture
def by_suite(release):
    """A release file that names no task."""

    def write(url, suite, **changes):
        return release(url, **{"suite": suite, "tasks": None, "policy": None, **changes})

    return write


def test_the_suites_are_listed_each_with_what_it_is_for(quantgate):
    code, out, _ = quantgate(["tasks", "--suites"])
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == SHIPPED == SUITES.names()


@pytest.mark.parametrize("name", EACH)
def test_every_shipped_suite_says_its_source_and_all_of_its_tasks(quantgate, name):
    code, out, err = quantgate(["tasks", "--suites", name])
    assert code == 0, err
    written = yaml.safe_load((SUITES.file(name, "")).read_text())
    assert all(task in out for task in written["tasks"])
    assert all(source in out for source in written["sources"])
    assert all(f"{benchmark}: " in out for benchmark in written.get("not_asked", {}))
    assert "of each build" in out


def test_a_shipped_suite_that_is_copied_is_the_same_suite(quantgate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, text, _ = quantgate(["tasks", "--suites", "card-amd", "--yaml"])
    (tmp_path / "copy.yaml").write_text(text)
    copied, original = (quantgate(["tasks", "--suites", which])[1] for which in ("copy.yaml", "card-amd"))
    assert copied.replace("copy.yaml", "card-amd") == original


def test_a_card_has_no_benchmark_that_its_suite_passes_over_in_silence(quantgate):
    card = (ROOT / "docs" / "claims" / "minimax-m2.7-nvfp4.md").read_text()
    header = next(line for line in card.splitlines() if "IFEval" in line)
    published = [re.sub(r"\W", "", name).lower() for name in header.split("|")[2:-1]]
    written = yaml.safe_load(SUITES.file("card-nvidia", "").read_text())
    told = [re.sub(r"\W|_", "", name).lower() for name in (*written["tasks"], *written["not_asked"])]
    assert len(published) == 8
    assert [name for name in published if name.replace("2025", "25") not in told] == []


def test_check_asks_a_suite_from_a_file_and_its_reports_name_it(quantgate, builds, by_suite, mine, tmp_path):
    with builds() as server:
        file = by_suite(server.base_url, str(mine))
        code, out, err = quantgate(["check", file])
    assert code == 0, err
    decision = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert decision["asked_suite"]["name"] == "mine.yaml"
    assert decision["asked_suite"]["not_asked"] == {"SciCode": "no task asks it"}
    assert decision["suite"]["items"] == 60
    jsonschema.validate(decision, json.loads((ROOT / "docs" / "gate.schema.json").read_text()))
    folder = tmp_path / "out"
    told = {
        "terminal": out,
        **{each: (folder / each).read_text() for each in ("report.md", "report.html", "junit.xml")},
    }
    for where, text in told.items():
        assert "two tasks of sums" in text, where
        assert "SciCode" in text, where
    assert quantgate(["report", str(folder / "gate.json")])[1].count("not in it: SciCode") == 1


def test_a_shipped_cards_suite_scores_the_truth_of_builds_that_are_known(
    quantgate, builds, by_suite, gsm8k_files, tmp_path
):
    with builds(mxfp4=0.25) as server:
        file = by_suite(server.base_url, "card-amd", tasks={"gsm8k": {"data": str(gsm8k_files[0])}})
        code, out, err = quantgate(["check", file, "--stop", "never"])
    assert code == 1, err
    decision = json.loads((tmp_path / "out" / "gate.json").read_text())
    (task,) = decision["tasks"]
    assert (task["items"], task["baseline"], task["candidate"], task["margin"]) == (40, 1.0, 0.75, 0.02)
    assert (decision["asked_suite"]["name"], decision["asked_suite"]["changed"]) == ("card-amd", [])
    assert "suite card-amd: the accuracy table of AMD's MXFP4 cards" in out


def test_the_command_line_names_a_suite_and_what_the_file_says_of_a_task_wins(
    quantgate, builds, release, mine, tmp_path
):
    with builds() as server:
        tasks = {"gsm8k": {"limit": 20}}
        code, out, err = quantgate(["check", release(server.base_url, tasks=tasks), "--suite", str(mine)])
    assert code == 0, err
    decision = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert {task["task"] for task in decision["tasks"]} == {"gsm8k", "gsm8k_platinum"}
    assert decision["asked_suite"]["changed"] == ["gsm8k: limit 20 in place of 30"]
    assert "asked otherwise than the suite says" in out


def test_a_dry_run_says_what_a_suite_takes_and_settles(quantgate, by_suite, mine):
    code, out, err = quantgate(["check", by_suite("http://127.0.0.1:9/v1", str(mine)), "--dry-run"])
    assert code == 0, err
    assert "at most 120 requests of all builds together; the tasks of the mean are asked whole" in out
    assert re.search(r"plan assumes flips: gsm8k [\d.]+ points, gsm8k_platinum [\d.]+ points", out)
    assert re.search(r"the mean of gsm8k, gsm8k_platinum: margin 20; settles [\d.]+ points", out)
    assert "suite mine.yaml: two tasks of sums" in out


def test_all_that_keeps_tasks_from_being_asked_is_told_at_once_a_line_each(quantgate, by_suite, mine, tmp_path):
    written = yaml.safe_load(mine.read_text())
    for task in written["tasks"].values():
        task["data"] = str(tmp_path / "none.jsonl")
    mine.write_text(yaml.safe_dump(written))
    code, out, err = quantgate(["check", by_suite("http://127.0.0.1:9/v1", str(mine))])
    assert (code, out) == (2, "")
    lead, *lines = err.splitlines()
    assert lead == "quantgate: 2 of 2 tasks cannot be asked yet, and nothing was asked:"
    assert [line.split(":")[0].strip() for line in lines] == ["gsm8k", "gsm8k_platinum"]
    assert not (tmp_path / "out").exists()


def test_plan_says_what_a_suite_asks_and_settles(quantgate):
    code, out, err = quantgate(["plan", "--suite", "card-amd"])
    assert code == 0, err
    assert "the suite asks 1,319 items × 1 of each build, which settles 1.6 points" in out


@pytest.mark.parametrize("beside", [["--margin", "0.01"], ["--policy", "strict"], ["--task", "gsm8k"], ["a", "b"]])
def test_a_plan_of_a_suite_takes_no_other_tasks_or_margins(quantgate, beside):
    code, _, err = quantgate(["plan", "--suite", "quick", *beside])
    assert code == 2
    assert "a suite has its own" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suites", "quik"], "did you mean quick?"),
        (["gsm8k", "--yaml"], "tasks --suites NAME --yaml"),
        (["--suites", "--yaml"], "tasks --suites NAME --yaml"),
    ],
)
def test_what_is_no_suite_is_refused(quantgate, arguments, said):
    code, _, err = quantgate(["tasks", *arguments])
    assert code == 2
    assert said in err
