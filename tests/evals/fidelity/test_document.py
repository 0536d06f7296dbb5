"""One document's log-probabilities from two builds, held against each other."""

import math

import pytest

from quantgate.evals.contract.token_logprobs import TokenLogprobs
from quantgate.evals.errors import DataError
from quantgate.evals.fidelity.document import compare_documents

SURE = {7: math.log(0.9), 8: math.log(0.05)}
DOUBTS = {7: math.log(0.6), 8: math.log(0.3)}
OTHER = {8: math.log(0.6), 7: math.log(0.3)}


def document(*tops, tokens=None, positions=None, logprobs=None):
    count = len(tops)
    return TokenLogprobs(
        tuple(tokens or [7] * count),
        tuple(logprobs or [-0.1] * count),
        tops,
        tuple(positions or range(1, count + 1)),
    )


def test_positions_are_told_apart_by_where_they_stand():
    places = (1, 63, 64, 2000)
    found = compare_documents(
        document(SURE, SURE, SURE, SURE, positions=places),
        document(SURE, OTHER, SURE, OTHER, positions=places, logprobs=[-0.1, -0.3, -0.1, -0.6]),
    )
    assert found.shown.tolist() == [2, 1, 0, 1]
    assert found.agreement.tolist() == [1, 1, 0, 0]
    assert found.kl[1] == 0 < found.kl[0] == found.kl[3]
    assert found.logprob.tolist() == pytest.approx([-0.2, 0, 0, -0.5])


def test_it_tells_where_the_likeliest_token_first_differs_and_where_most():
    strong = {8: math.log(0.99)}
    found = compare_documents(document(SURE, SURE, SURE), document(DOUBTS, OTHER, strong))
    assert (found.first.position, found.first.baseline, found.first.candidate) == (2, 7, 8)
    assert found.widest.position == 3


def test_what_is_alike_to_the_last_digit_is_told():
    assert compare_documents(document(SURE), document(SURE)).same
    assert not compare_documents(document(SURE), document(SURE, logprobs=[-0.100001])).same


def test_a_position_without_likeliest_tokens_counts_for_the_log_probability_alone():
    found = compare_documents(document(SURE, {}, SURE), document(SURE, SURE, {}, logprobs=[-0.2, -0.2, -0.2]))
    assert found.shown.sum() == 1
    assert found.scored.sum() == 3


def test_likeliest_tokens_nowhere_are_no_agreement():
    with pytest.raises(DataError, match="no position shows"):
        compare_documents(document({}), document(SURE))


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (document(SURE, SURE, tokens=[7, 9]), "at position 2 the baseline has the token 7 and the candidate 9"),
        (document(SURE, SURE, positions=[1, 3]), "token 2 stands at position 2 .* and 3"),
        (document(SURE, SURE, SURE), "has 2 tokens of it and the candidate 3"),
        (document(SURE, SURE, tokens=[" a", "b"]), "by their ids, the candidate's as texts"),
    ],
)
def test_other_tokens_or_positions_are_refused(candidate, told):
    with pytest.raises(DataError, match=told):
        compare_documents(document(SURE, SURE), candidate)


def test_generated_tokens_are_compared_up_to_where_they_part():
    """What stands before that place is the same, so the distributions there are of one question; none after it is."""
    found = compare_documents(
        document(SURE, SURE, SURE),
        document(SURE, OTHER, OTHER, tokens=[7, 8, 8], logprobs=[-0.1, -0.9, -0.9]),
        generated=True,
    )
    assert found.shown.sum() == 2
    assert found.agreement.sum() == 1
    assert found.scored.sum() == 1


def test_figures_that_are_no_log_probabilities_are_refused_with_their_position():
    with pytest.raises(DataError, match=r"at position 2 .*logprobs_mode"):
        compare_documents(document(SURE, SURE), document(SURE, {7: -0.1, 8: -0.1}))


def test_a_build_that_ends_while_the_other_goes_on_does_not_agree_there():
    ended = document(SURE, {}, tokens=[7, ""])
    found = compare_documents(document(SURE, SURE), ended, generated=True)
    assert (found.agreement.sum(), found.shown.sum(), found.told.sum()) == (1, 2, 1)
    assert found.first.position == 2
    assert compare_documents(ended, ended, generated=True).agreement.sum() == 2
