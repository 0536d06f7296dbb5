"""What a build is expected to score: published numbers of well-known models, or what the user says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantgate.evals.settings.expected import Expectation


@dataclass(frozen=True, slots=True)
class _Published:
    """A published score. Protocols differ (shots, prompts, sampling), which the tolerance has to bear."""

    task: str
    model: str
    score: float
    tolerance: float
    source: str


_PUBLISHED = (
    _Published("gsm8k", "llama-3.1-8b-instruct", 0.845, 0.06, "Meta's model card, 8-shot chain of thought"),
    _Published("gsm8k", "llama-3.1-70b-instruct", 0.951, 0.04, "Meta's model card, 8-shot chain of thought"),
    _Published("gsm8k", "glm-5.2", 0.965, 0.04, "the published MXFP4 card's FP8 baseline, 5-shot, greedy"),
    _Published("gpqa_diamond", "glm-5.2", 0.9217, 0.05, "the published MXFP4 card's FP8 baseline, 2 samples"),
    _Published("gpqa_diamond", "deepseek-r1-0528", 0.810, 0.05, "DeepSeek's model card, 16 samples, 64k tokens"),
    _Published("gpqa_diamond", "deepseek-r1", 0.715, 0.05, "DeepSeek's model card, 16 samples, 64k tokens"),
    _Published("gpqa_diamond", "gpt-oss-120b", 0.801, 0.05, "OpenAI's model card, high reasoning, no tools"),
    _Published("tau2", "glm-5.2", 0.819, 0.06, "the published MXFP4 card's FP8 baseline"),
)

_BUILD_SUFFIX = re.compile(
    r"(?:[-_.](?:fp8|fp4|mxfp4|mxfp6|mxfp8|nvfp4|int4|int8|w\d+a\d+\w*|bf16|fp16|awq|gptq|gguf|q\d\w*|dynamic|quantized|kv))+$"
)
_MAKER_PREFIX = re.compile(r"^meta-(?=llama)")


def published_expectation(task: str, model: str) -> Expectation | None:
    """The published score of a model for a task, by the model's name without maker and precision; `None` if unknown.

    `zai-org/GLM-5.2-FP8` is `glm-5.2`; a distilled or otherwise derived model has another name and no entry.
    """
    name = model.rstrip("/").rpartition("/")[2].lower()
    name = _MAKER_PREFIX.sub("", _BUILD_SUFFIX.sub("", name))
    for entry in _PUBLISHED:
        if (entry.task, entry.model) == (task, name):
            return Expectation(entry.score, entry.tolerance, entry.source)
    return None
