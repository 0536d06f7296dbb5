"""After a regression the terminal says what to look at."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from quantgate.evals.decision.comparison import Format
from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from quantgate.reports.terminal.compare import print_comparison
from quantgate.reports.terminal.verdict import print_verdict
from tests.reports import made

FOLDERS = {"baseline": "runs/fp8", "candidate": "runs/mxfp4"}


def printed(verdict: Verdict) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    print_verdict(console, verdict)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def regression(**changes: object) -> Verdict:
    flips = tuple(
        made.flip(1, item=str(n), answers=made.answers(str(n), str(n + 1)), reference=str(n))
        for n in (100, 11, 9, 1091)
    )
    return replace(made.verdict(made.regressed(flips=flips), release=ReleaseVerdict.REGRESSED), folders=FOLDERS)


def test_three_items_are_named_with_both_results_the_right_one_and_the_command():
    assert printed(regression())[-7:-1] == [
        "mmlu_pro: 3 of 4 flipped items:",
        "  9 lost: 9 in the baseline, 10 in the candidate; right is 9",
        "  11 lost: 11 in the baseline, 12 in the candidate; right is 11",
        "  100 lost: 100 in the baseline, 101 in the candidate; right is 100",
        "side by side: quantgate diff runs/fp8 runs/mxfp4 9 11 100",
        "on a page: quantgate view runs/fp8 runs/mxfp4",
    ]


@pytest.mark.parametrize("release", [ReleaseVerdict.PASS, ReleaseVerdict.INCONCLUSIVE, ReleaseVerdict.INVALID])
def test_nothing_is_named_where_nothing_has_regressed(release):
    assert not [line for line in printed(replace(regression(), verdict=release)) if "flipped items" in line]


def test_a_comparison_names_them_for_each_format_that_regressed():
    console = Console(file=io.StringIO(), width=200)
    formats = [
        Format(name, f"runs/{name}", made.run_record(name), (made.regressed(),), verdict)
        for name, verdict in (("int4", ReleaseVerdict.REGRESSED), ("nvfp4", ReleaseVerdict.INCONCLUSIVE))
    ]
    print_comparison(console, made.comparison(*formats, baseline_folder="runs/fp8"))
    assert isinstance(console.file, io.StringIO)
    told = [line for line in console.file.getvalue().splitlines() if "flipped items" in line or "side by side" in line]
    assert told == [
        "int4: mmlu_pro: 3 of 59 flipped items:",
        "side by side: quantgate diff runs/fp8 runs/int4 item-1 item-2 item-4",
    ]
