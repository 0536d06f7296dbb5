"""How long a report of 10,000 flipped items takes to render, and what it weighs: `python benchmarks/reports.py`.

The bar is 2 s and 5 MB; beside it, as a ratio, the writing of the same decision as JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from quantgate.evals.decision.described import Flip, FlipTexts
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.types import Verdict
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.settings.policy import load_policy
from quantgate.reports.html.gate import gate_html
from tests.evals.made_runs import pair_of

FLIPS, TIMES = 10_000, 5


def decision(characters: int) -> Verdict:
    """A decision of which every second item flipped, with answers of so many characters, 0 for none."""
    verdict = decide(pair_runs(*pair_of(FLIPS // 2, FLIPS // 2, 2 * FLIPS)), load_policy(None), texts=characters > 0)
    (task,) = verdict.tasks
    texts = FlipTexts("<b>&" * (characters // 4), "x" * characters) if characters else None
    flips = tuple(Flip(flip.item_id, None, flip.baseline, flip.candidate, "0" * 64, texts) for flip in task.flips)
    return replace(verdict, tasks=(replace(task, flips=flips),))


def seconds(render: object, verdict: Verdict) -> float:
    """The median time of several renderings, after one that warms up."""
    assert callable(render)
    render(verdict)
    spans = []
    for _ in range(TIMES):
        began = time.perf_counter()
        render(verdict)
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def main() -> None:
    for characters in (0, 2000):
        verdict = decision(characters)
        html, json = seconds(gate_html, verdict), seconds(Verdict.to_json, verdict)
        size = len(gate_html(verdict).encode()) / 1e6
        print(
            f"{FLIPS:,} flips, {characters:,} characters of each build's answer: HTML {html:.2f} s, {size:.1f} MB; "
            f"{html / json:.1f} times the JSON's {json:.2f} s"
        )


if __name__ == "__main__":
    main()
