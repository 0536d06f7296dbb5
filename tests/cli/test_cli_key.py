"""`quantgate key`: the same for as long as the baseline's answers may be used again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

URL = "http://127.0.0.1:1/v1"


@pytest.fixture
def key(quantgate, release):
    def of(**more: object) -> str:
        code, out, err = quantgate(["key", release(URL, **more)])
        assert code == 0, err
        return out.strip()

    return of


def test_it_is_a_hash_on_a_line_of_its_own(key):
    assert re.fullmatch("[0-9a-f]{32}", key())


@pytest.mark.parametrize(
    "more",
    [
        {"candidate": {"label": "q4", "base_url": URL, "model": "glm-q4"}},
        {"baseline": {"label": "bf16", "base_url": "http://127.0.0.1:2/v1", "model": "glm-fp8"}},
        {"concurrency": 64, "timeout": 5, "name": "other", "out": "elsewhere", "budget": {"max_time": "1h"}},
    ],
)
def test_another_candidate_address_or_pace_leaves_it_as_it_is(key, more):
    assert key(**more) == key()


@pytest.mark.parametrize(
    "more",
    [
        {"baseline": {"label": "fp8", "base_url": URL, "model": "glm-fp8-new"}},
        {"temperature": 0.6},
        {"repeats": 2},
        {"limit": 7},
        {"extra_body": {"top_k": 20}},
        {"looks": 3},
        {"stop": "never"},
    ],
)
def test_what_the_answers_or_the_looks_depend_on_changes_it(key, more):
    assert key(**more) != key()


def test_another_margin_changes_the_looks_and_so_the_key(key, gsm8k_files):
    assert key(tasks={"gsm8k": {"margin": 0.1, "data": str(gsm8k_files[0])}}) != key()


def test_another_content_of_the_data_changes_it_and_another_name_does_not(key, gsm8k_files, tmp_path):
    test, train = gsm8k_files
    lines = {file: file.read_text().splitlines(keepends=True) for file in (test, train)}

    def on(**files: list[str]) -> str:
        for split, said in files.items():
            (tmp_path / f"{split}-copy.jsonl").write_text("".join(said))
        data = {split: str(tmp_path / f"{split}-copy.jsonl") for split in files}
        return key(tasks={"gsm8k": {"margin": 0.2, "data": data}})

    assert on(test=lines[test], train=lines[train]) == key()
    assert on(test=lines[test][1:], train=lines[train]) != key()
    assert on(test=lines[test], train=lines[train][1:]) != key()


def test_another_version_of_what_makes_the_prompts_changes_it(key, monkeypatch):
    before = key()
    monkeypatch.setattr("quantgate.evals.release.baseline_key.software_versions", lambda: {"lm-eval": "0.0"})
    assert key() != before


def test_its_lines_say_what_to_keep_as_jobs_read_them(quantgate, release, key):
    code, out, _ = quantgate(["key", "--lines", release(URL, out="made/here")])
    found = dict(line.split("=", 1) for line in out.splitlines())
    assert code == 0
    assert found["key"] == key()
    assert Path(found["baseline"]).name == "fp8"
    assert Path(found["out"]) == Path(found["baseline"]).parent


def test_a_finished_run_has_the_key_of_its_record(quantgate, builds, release, tmp_path):
    with builds() as server:
        quantgate(["check", release(server.base_url)])
    file = release(URL, baseline={"label": "fp8", "run": str(tmp_path / "out" / "fp8")}, out="elsewhere")
    first = quantgate(["key", file])[1]
    record = json.loads((tmp_path / "out" / "fp8" / "run.json").read_text())
    (tmp_path / "out" / "fp8" / "run.json").write_text(json.dumps(record | {"model": "another"}))
    assert quantgate(["key", file])[1] != first


def test_data_that_cannot_be_read_is_said_in_a_line(quantgate, release):
    code, out, err = quantgate(["key", release(URL, tasks={"gsm8k": {"data": "nowhere.jsonl"}})])
    assert (code, out) == (2, "")
    assert "nowhere.jsonl" in err
    assert "Traceback" not in err
