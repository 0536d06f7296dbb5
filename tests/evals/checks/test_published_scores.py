"""What a build is expected to score."""

from __future__ import annotations

import pytest

from quantgate.evals.checks.published_scores import published_expectation
from quantgate.evals.settings.expected import Expectation, parse_expectation


@pytest.mark.parametrize("text", ["0.92 +- 0.03", "0.92+-.03", " .92 +/- 0.03 ", "0.92 ± 0.03"])
def test_a_score_with_its_tolerance(text):
    assert parse_expectation(text) == Expectation(0.92, 0.03)


@pytest.mark.parametrize("text", ["0.92", "92 +- 3", "0.92 +- 0", "high", "-0.9 +- 0.1", "0.92 +- nan"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"0\.92 \+- 0\.03"):
        parse_expectation(text)


@pytest.mark.parametrize(
    ("model", "score"),
    [
        ("zai-org/GLM-5.2-FP8", 0.9217),
        ("amd/GLM-5.2-MXFP4", 0.9217),
        ("deepseek-ai/DeepSeek-R1-0528", 0.81),
        ("deepseek-ai/DeepSeek-R1", 0.715),
        ("openai/gpt-oss-120b", 0.801),
        ("RedHatAI/DeepSeek-R1-0528-quantized.w4a16", 0.81),
    ],
)
def test_a_model_is_known_by_its_name_without_maker_and_precision(model, score):
    found = published_expectation("gpqa_diamond", model)
    assert found is not None
    assert found.score == score
    assert found.source


@pytest.mark.parametrize(
    "model", ["deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "DeepSeek-R1-Distill-Llama-70B", "my-model", "", "glm-5.2-air"]
)
def test_a_derived_or_unknown_model_has_no_entry(model):
    assert published_expectation("gpqa_diamond", model) is None


def test_an_entry_is_for_its_task_alone():
    assert published_expectation("arithmetic", "GLM-5.2-FP8") is None
