"""Which model a published score is of."""

from __future__ import annotations

import pytest

from quantgate.evals.contract.published import published_for
from quantgate.tasks import arithmetic, gpqa_diamond


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
    found = published_for(gpqa_diamond.INFO.published, model)
    assert found is not None
    assert found.score == score
    assert found.source


@pytest.mark.parametrize(
    "model", ["deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "DeepSeek-R1-Distill-Llama-70B", "my-model", "", "glm-5.2-air"]
)
def test_a_derived_or_unknown_model_has_no_entry(model):
    assert published_for(gpqa_diamond.INFO.published, model) is None


def test_an_entry_is_for_its_task_alone():
    assert published_for(arithmetic.INFO.published, "GLM-5.2-FP8") is None
