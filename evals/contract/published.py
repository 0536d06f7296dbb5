"""What is public of a benchmark: its leaderboard, published scores, and which model each is of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BUILD_SUFFIX = re.compile(
    r"(?:[-_.](?:fp8|fp4|mxfp4|mxfp6|mxfp8|nvfp4|int4|int8|w\d+a\d+\w*|bf16|fp16|awq|gptq|gguf|q\d\w*|dynamic|quantized|kv))+$"
)
_MAKER_PREFIX = re.compile(r"^meta-(?=llama)")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A data set that the Hugging Face hub keeps a leaderboard of; `items` is how many the whole of it has."""

    dataset: str
    task_id: str
    items: int


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """What somebody published of a model on a task, as fractions.

    Protocols differ (shots, prompts, sampling), which `tolerance` has to bear. `model` is its name without maker and
    precision, in lower case; `source` says who published it, and how it was measured.
    """

    model: str
    score: float
    tolerance: float
    source: str


def published_for(scores: Iterable[PublishedScore], model: str) -> PublishedScore | None:
    """The one of `scores` that is of `model`; `None` when there is none.

    `zai-org/GLM-5.2-FP8` is `glm-5.2`; a distilled or otherwise derived model has another name and no score.
    """
    name = model.rstrip("/").rpartition("/")[2].lower()
    name = _MAKER_PREFIX.sub("", _BUILD_SUFFIX.sub("", name))
    return next((score for score in scores if score.model == name), None)
