"""What is said of items that are not compared."""

from __future__ import annotations

from quantgate.evals.checks.left_out import left_out_findings
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.runs.record import Imported, SameBy
from tests.evals.made_runs import run_of


def message(imported: Imported | None) -> str:
    whole, part = (run_of([1.0] * items, imported=imported) for items in (8, 6))
    (pairs,) = pair_runs(whole, part, common=True).tasks
    (finding,) = left_out_findings(pairs)
    return finding.message


def test_items_that_a_run_was_not_asked_are_called_that():
    assert message(None).endswith("2 items that only the baseline was asked")


def test_items_that_files_do_not_hold_may_have_been_taken_out():
    assert message(Imported("csv", SameBy.ID)).endswith(
        "2 items that the candidate's files do not hold: whether it was not asked, or its answers were taken out, "
        "nobody knows"
    )
