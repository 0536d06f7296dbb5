"""Findings of a run whose answers are not of one model."""

import pytest

from quantgate.evals.checks.model_changes import model_findings
from quantgate.evals.runs.record import ListedChange, RepliesOf, RunRecord


def record(*replies, changes=()):
    told = tuple(RepliesOf(model, fingerprint, count, "then", "now") for model, fingerprint, count in replies)
    return RunRecord("x", "m", {"base_url": "http://h/v1"}, (), {}, "then", replies=told, changes=changes)


def found(record, *, meant=False):
    return [(str(each.code), str(each.severity)) for each in model_findings(record, "candidate", meant=meant)]


@pytest.mark.parametrize(
    "changed",
    [
        record(("m", None, 200), ("totally-other", None, 400)),
        record(("m", "fp_a", 5), ("m", "fp_b", 1)),
        record(changes=(ListedChange("b", "a", {"served": {"id": "m", "root": "x"}}, {"served": {"id": "m"}}),)),
    ],
)
def test_answers_of_several_models_block_until_they_are_meant(changed):
    assert found(changed) == [("model_changed", "blocks")]
    assert found(changed, meant=True) == [("model_changed", "warns")]


@pytest.mark.parametrize("one", [record(), record(("m", "fp_a", 5), ("m", None, 3), (None, None, 1))])
def test_one_model_or_nothing_that_is_told_is_none(one):
    assert found(one) == []


def test_another_name_than_the_one_asked_for_warns():
    assert found(record(("org/m-0613", "fp_a", 5))) == [("other_name", "warns")]


def test_a_fingerprint_of_every_reply_warns():
    assert found(record(("m", "fp_1", 1), ("m", "fp_2", 1))) == [("model_changed", "warns")]


def test_the_message_says_how_many_answers_from_when_to_when_and_is_safe_to_print():
    (finding,) = model_findings(record(("m", None, 1200), ("\x1b[2Jevil", None, 7)), "baseline", meant=False)
    assert (
        "The baseline holds answers of more than one model: the replies name m (1,200, then to now)" in finding.message
    )
    assert finding.message.isprintable()


def test_a_name_with_several_fingerprints_is_listed_once():
    (finding, *_) = model_findings(record(("m", "a", 2), ("m", "b", 3), ("n", "c", 4)), None, meant=False)
    assert "the replies name m (5, then to now), n (4, then to now)" in finding.message


def test_what_was_listed_is_said_with_the_times_between_which_it_changed():
    before, after = ({"served": {"id": "m", "root": root}} for root in ("org/a", "org/b"))
    (finding,) = model_findings(record(changes=(ListedChange("12:30", "12:28", before, after),)), None, meant=False)
    assert "changed between 12:28 and 12:30 (root was 'org/a' and is 'org/b')" in finding.message
