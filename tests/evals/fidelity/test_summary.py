"""Documents' fidelity in figures: overall, by part, and the documents that are furthest apart."""

import math

import pytest

from quantgate.evals.contract.token_logprobs import TokenLogprobs
from quantgate.evals.fidelity.document import compare_documents
from quantgate.evals.fidelity.figures import Floor
from quantgate.evals.fidelity.floor import floor_of
from quantgate.evals.fidelity.summary import summarise
from quantgate.evals.fidelity.table import tabulated

SURE, TURNED = {7: math.log(0.9), 8: math.log(0.05)}, {8: math.log(0.9), 7: math.log(0.05)}


def compared(*turned, length=200):
    """A document whose likeliest token is another at some positions."""
    places = tuple(range(1, length + 1))
    tokens, logprobs = (7,) * length, (-0.1,) * length
    ours = TokenLogprobs(tokens, logprobs, (SURE,) * length, places)
    theirs = TokenLogprobs(tokens, logprobs, tuple(TURNED if at in turned else SURE for at in places), places)
    return compare_documents(ours, theirs)


def test_the_document_is_the_unit_whatever_its_length():
    table = tabulated(("long", "short"), 1, {(0, 0): compared(), (1, 0): compared(1, length=2)})
    assert summarise(table, 0.05).top1.estimate == 0.75


def test_repeats_are_averaged_in_their_document():
    table = tabulated(("a", "b"), 2, {(0, 0): compared(1, 2, length=2), (0, 1): compared(length=2), (1, 0): compared()})
    found = summarise(table, 0.05)
    assert found.top1.estimate == 0.75
    assert found.documents == 2


def test_a_loss_that_shows_late_is_seen_in_its_part():
    late = compared(*range(150, 200))
    early, middle = summarise(tabulated(("a", "b"), 1, {(0, 0): late, (1, 0): late}), 0.05).parts
    assert (early.first, early.last, middle.first, middle.last) == (0, 63, 64, 255)
    assert early.top1.estimate == 1 > middle.top1.estimate
    assert early.kl.estimate == 0 < middle.kl.estimate
    assert early.positions == 2 * 63


def test_the_worst_documents_are_named_with_where_they_part():
    table = tabulated(("a", "b", "c"), 1, {(0, 0): compared(), (1, 0): compared(9, 30), (2, 0): compared(50)})
    worst = summarise(table, 0.05).worst
    assert [(one.item_id, one.first) for one in worst] == [("b", 9), ("c", 50)]
    assert (worst[0].baseline, worst[0].candidate) == (7, 8)


def test_a_missing_document_takes_no_part_in_the_figures():
    found = summarise(tabulated(("a", "b"), 1, {(0, 0): compared(1, length=2)}), 0.05)
    assert (found.documents, found.top1.estimate) == (1, 0.5)


def test_no_document_has_no_figures():
    table = tabulated(("a",), 1, {})
    assert floor_of(table, "a second run") is None
    with pytest.raises(ValueError, match="no document"):
        summarise(table, 0.05)


def test_the_floor_is_the_baseline_against_itself():
    table = tabulated(("a", "b"), 1, {(0, 0): compared(1, length=2), (1, 0): compared(length=2)})
    assert floor_of(table, "a second run") == Floor(
        "a second run", 2, 0.75, pytest.approx(0.25 * 0.85 * math.log(18)), 0.0
    )
