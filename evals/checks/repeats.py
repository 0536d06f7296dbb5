"""Whether repeats at a temperature above 0 say anything new, or the server gives one answer again and again."""

from __future__ import annotations

from collections import defaultdict

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.finding import Finding, FindingCode
from quantgate.evals.contract.records import Status

_LEAST_ITEMS = 5
"""Fewer items may well have the same short answer every time."""


def repeats_alike(build: Build) -> Finding | None:
    """A finding where all repeats of every item are the same text though the temperature is above 0."""
    temperature = build.sampling.get("temperature")
    if not temperature:
        return None
    texts: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for sample in build.samples:
        if sample.status in (Status.OK, Status.TRUNCATED) and sample.response:
            texts[sample.item_id].append((sample.reasoning or "", sample.response))
    repeated = [answers for answers in texts.values() if len(answers) > 1]
    if len(repeated) < _LEAST_ITEMS or any(len(set(answers)) > 1 for answers in repeated):
        return None
    return build.finding(
        FindingCode.REPEATS_ALIKE,
        f"all repeats of {build.answers} are identical at temperature {temperature:g}, on each of {len(repeated):,} "
        "items: the server ignores the temperature (transformers serve does, where generation_config lacks do_sample), "
        "so that repeats add nothing; `quantgate doctor` shows it",
    )
