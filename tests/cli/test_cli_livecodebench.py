"""Runs of LiveCodeBench against a served model whose right answers are known: the score is the truth."""

import json
import re

import pytest

from tests.evals.sandbox.needed import needs_sandbox
from tests.server.served import Reply, served_model
from tests.tasks.livecodebench.made import COUNT, right, row, written, wrong

pytestmark = [pytest.mark.slow, needs_sandbox]

# It burns its CPU time at once; one that sleeps has as much of that, which takes it a minute.
HANGS = "```python\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass\n```"


def number_of(body):
    return int(re.search(r"Add (\d+) to each", body["messages"][-1]["content"])[1])


def rule(body):
    """The model "fp8" has eight of twelve right; "mxfp4" has the first alone."""
    number, known = number_of(body), 1 if body["model"] == "mxfp4" else 8
    return Reply(right(number) if number < known else wrong(number))


def hanging(body):
    """The same, but that one of the four wrong programs of "fp8" never ends."""
    return Reply(HANGS) if body["model"] == "fp8" and number_of(body) == 8 else rule(body)


@pytest.fixture
def data(tmp_path):
    return f"livecodebench={written(tmp_path / 'test6.jsonl')}"


def samples(folder):
    return {each["item_id"]: each for each in map(json.loads, (folder / "samples.jsonl").read_text().splitlines())}


def asked(data, server, model, out, *more):
    once = ["--repeats", "1", "--preset", "greedy"]
    where = ["--base-url", server.base_url, "--model", model, "--out", str(out)]
    return ["run", "--task", "livecodebench", "--data", data, *once, *where, *more]


def test_the_score_is_the_truth_and_a_regrade_and_a_gate_agree(quantgate, data, tmp_path, monkeypatch):
    from quantgate.tasks.livecodebench import task

    monkeypatch.setattr(task, "_TEST_S", 1.0)
    with served_model(hanging) as server:
        for model in ("fp8", "mxfp4"):
            code, out, err = quantgate(asked(data, server, model, tmp_path / model))
            assert code == 0, err
            if model == "fp8":
                assert f"{8 / 12:.4f}" in out
                assert "hold 12 of the 454 problems" in " ".join((out + err).split())
    graded = samples(tmp_path / "fp8")
    assert len(graded) == COUNT
    assert sum(each["score"] for each in graded.values()) == 8
    assert {each["status"] for each in graded.values()} == {"ok"}
    for level, number in (("easy", 0), ("medium", 1), ("hard", 2)):
        of_level = [each["score"] for each in graded.values() if each["stratum"] == level]
        assert sum(of_level) == sum(n < 8 for n in range(number, COUNT, 3))
    assert quantgate(["regrade", str(tmp_path / "fp8"), "--data", data])[0] == 0
    assert samples(tmp_path / "fp8") == graded
    assert quantgate(["gate", str(tmp_path / "fp8"), str(tmp_path / "mxfp4")])[0] == 1


def test_the_window_is_an_option_and_runs_of_two_windows_are_not_compared(quantgate, tmp_path):
    rows = [row(number, day="2025-01-04" if number < 6 else "2025-03-08") for number in range(COUNT)]
    data = f"livecodebench={written(tmp_path / 'test6.jsonl', rows)}"
    with served_model(rule) as server:
        assert quantgate(asked(data, server, "fp8", tmp_path / "whole"))[0] == 0
        late = asked(data, server, "fp8", tmp_path / "late", "--option", "from=2025-02", "--option", "release=v6")
        assert quantgate(late)[0] == 0
        code, _, err = quantgate(asked(data, server, "fp8", tmp_path / "x", "--option", "from=soon"))
        assert (code, "must be a day or a month" in " ".join(err.split())) == (2, True)
    assert len(samples(tmp_path / "late")) == 6
    assert all("/2025-03-08/" in item_id for item_id in samples(tmp_path / "late"))
    assert quantgate(["gate", str(tmp_path / "whole"), str(tmp_path / "late")])[0] == 4


def test_a_bundle_holds_the_files_that_were_given(quantgate, data, tmp_path):
    bundle = tmp_path / "bundle"
    assert quantgate(["data", "fetch", "livecodebench", "--data", data, "--out", str(bundle)])[0] == 0
    with served_model(rule) as server:
        where = ["--base-url", server.base_url, "--model", "fp8", "--out", str(tmp_path / "fp8"), "--limit", "2"]
        run = ["run", "--task", "livecodebench", "--data-dir", str(bundle), "--repeats", "1", "--preset", "greedy"]
        code, _, err = quantgate([*run, *where])
    assert code == 0, err
    assert len(samples(tmp_path / "fp8")) == 2
