"""`quantgate check` where the builds' servers make other tokens of the same prompts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.server.served import Reply

pytestmark = pytest.mark.slow


def counting(server: Any, tokens: Callable[[str, int], int]) -> Callable[[dict[str, Any]], Reply]:
    """The server's rule, with the prompt tokens that a model counts in a prompt of so many characters."""
    rule = server.rule

    def counted(body: dict[str, Any]) -> Reply:
        length = sum(len(message["content"]) for message in body["messages"])
        usage = {"prompt_tokens": tokens(body["model"], length), "completion_tokens": 8}
        return replace(rule(body), beside={"usage": usage})

    return counted


def of_another_template(model: str, length: int) -> int:
    return length + 24 * (model == "glm-mxfp4")


@pytest.mark.parametrize("arguments", [[], ["--stop", "never"]])
def test_another_template_is_found_before_the_benchmark_is_asked(quantgate, builds, release, arguments):
    with builds() as server:
        server.rule = counting(server, of_another_template)
        code, out, err = quantgate(["check", release(server.base_url), *arguments])
        assert (code, out, len(server.log.bodies)) == (5, "", 2)
    assert "✗ mxfp4: prompts: gsm8k: the first item's prompt has" in err
    assert "prompts_unlike: true in the policy" in err


def test_another_template_that_is_meant_is_told_and_passes(quantgate, builds, release, tmp_path):
    with builds() as server:
        server.rule = counting(server, of_another_template)
        code, _, err = quantgate(["check", release(server.base_url, policy={"prompts_unlike": True})])
    assert code == 0, err
    (task,) = json.loads((tmp_path / "out" / "gate.json").read_text())["tasks"]
    assert ("prompts_unlike", "warns") in [(each["code"], each["severity"]) for each in task["findings"]]


def test_a_template_that_changes_after_the_first_item_ends_it_after_a_few(quantgate, builds, release, tmp_path):
    seen: list[int] = []

    def changing(model: str, length: int) -> int:
        seen.append(length)
        return length + 5 * (model == "glm-mxfp4" and len(seen) > 2)

    with builds() as server:
        server.rule = counting(server, changing)
        code, out, err = quantgate(["check", release(server.base_url), "--no-progress"])
        assert len(server.log.bodies) < 60
    assert code == 3, err
    assert "The builds were not sent the same tokens" in " ".join(out.split())
    (task,) = json.loads((tmp_path / "out" / "gate.json").read_text())["tasks"]
    assert (task["items"], task["looks"]["stage"]) == (8, "blocked")


def test_a_baseline_that_was_asked_before_is_held_against_the_candidates_first_prompt(
    quantgate, builds, release, tmp_path
):
    with builds() as server:
        server.rule = counting(server, lambda _, length: length)
        file = release(server.base_url, stop="never")
        assert quantgate(["check", file])[0] == 0
    for old in (tmp_path / "out" / "mxfp4").iterdir():
        old.unlink()
    with builds() as server:
        server.rule = counting(server, of_another_template)
        code, _, err = quantgate(["check", release(server.base_url, stop="never")])
        assert (code, len(server.log.bodies)) == (5, 1)
    assert "tokens for fp8 and" in err
