"""`gate` and `compare` of runs whose servers count other tokens in the same prompts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.server.served import served_model


@pytest.fixture
def runs(quantgate, arguments, rule, tmp_path):
    """Two runs of one rule, the second behind a chat template of 24 tokens more."""
    folders = []
    for more in (0, 24):
        usage = {"prompt_tokens": 100 + more, "completion_tokens": 8}
        folders.append(tmp_path / f"run{more}")
        with served_model(lambda body, usage=usage: replace(rule(body), beside={"usage": usage})) as server:
            assert quantgate(arguments(server.base_url, "--first", "10", out=folders[-1]))[0] == 0
    return [str(folder) for folder in folders]


def severities(decision: dict) -> dict[str, str]:
    return {each["code"]: each["severity"] for each in decision["tasks"][0]["findings"]}


def test_another_template_is_told_and_an_option_says_that_it_is_meant(quantgate, runs, tmp_path):
    file = tmp_path / "gate.json"
    _, out, _ = quantgate(["gate", *runs, "--json", str(file)])
    decision = json.loads(file.read_text())
    assert (severities(decision)["prompts_unlike"], decision["policy"]["prompts_unlike"]) == ("blocks", False)
    assert "on 10 of 10 items the candidate's server counts 24 tokens more" in " ".join(out.split())
    quantgate(["gate", *runs, "--prompts-unlike", "--json", str(file)])
    assert severities(json.loads(file.read_text()))["prompts_unlike"] == "warns"


def test_a_comparison_tells_it_of_each_format(quantgate, runs, tmp_path):
    file = tmp_path / "compare.json"
    for option, severity in (([], "blocks"), (["--prompts-unlike"], "warns")):
        quantgate(["compare", *runs, *option, "--json", str(file)])
        assert severities(json.loads(file.read_text())["formats"][0])["prompts_unlike"] == severity
