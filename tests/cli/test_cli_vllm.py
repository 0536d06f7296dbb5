"""quantgate on a real vLLM, on whatever hardware: skipped unless QUANTGATE_TEST_VLLM_URL says where one serves a model.

A CPU is enough: `vllm serve MODEL --enforce-eager --max-model-len 2048`, then the address with its `/v1`.
"""

from __future__ import annotations

import json
import os
from urllib.request import urlopen

import pytest

URL = os.environ.get("QUANTGATE_TEST_VLLM_URL", "")

pytestmark = [
    pytest.mark.skipif(not URL, reason="no vLLM: QUANTGATE_TEST_VLLM_URL is not set"),
    pytest.mark.slow,
]


def test_what_the_api_promises_is_kept(quantgate, tmp_path):
    file = tmp_path / "doctor.json"
    code, out, err = quantgate(["doctor", "--base-url", URL, "--conformance", "--json", str(file)])
    assert code == 0, out + err
    assert "✓ token ids: the first prompt is" in out
    assert "through its chat template" in out
    outcomes = {each["check"]: each["outcome"] for each in json.loads(file.read_text())["conformance"]}
    kept = ("system", "usage", "max_tokens", "seed", "temperature", "n", "logprobs", "overlong prompt")
    assert {name: outcomes[name] for name in kept} == dict.fromkeys(kept, "pass")
    assert "fail" not in {outcomes[name] for name in ("stream", "stop")}


def test_two_runs_of_one_server_were_sent_the_same_tokens(quantgate, gsm8k_files, tmp_path):
    runs = [tmp_path / "one", tmp_path / "other"]
    for run in runs:
        code, _, err = quantgate(
            [
                *("run", "--task", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}", "--base-url", URL, "--model", model()),
                *("--first", "3", "--max-tokens", "16", "--extra-body", '{"chat_template_kwargs": {}}'),
                *("--out", str(run)),
            ]
        )
        assert code == 0, err
    records = [json.loads((run / "run.json").read_text())["endpoint"]["token_ids"]["gsm8k"] for run in runs]
    assert records[0] == records[1]
    assert records[0][0]["templated"] != records[0][0]["plain"]
    lines = (runs[0] / "samples.jsonl").read_text().splitlines()
    assert records[0][0]["tokens"] in [json.loads(line)["usage"]["prompt_tokens"] for line in lines]
    decision = tmp_path / "gate.json"
    quantgate(["gate", *map(str, runs), "--same-build", "--json", str(decision)])
    (task,) = json.loads(decision.read_text())["tasks"]
    assert not [each for each in task["findings"] if each["code"].startswith("prompts")]


def model() -> str:
    """The only model that it serves."""
    with urlopen(f"{URL}/models") as listed:
        return str(json.load(listed)["data"][0]["id"])
