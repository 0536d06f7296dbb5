"""Whatever a grader does, the answer is kept, and says in a line why it has no grade."""

import pytest

from quantgate.evals.contract.records import Answer, Grade, Status
from quantgate.evals.runs.asking import to_sample
from quantgate.evals.runs.grading import Judged, graded, text_of, ungraded


class Mute(Exception):
    def __str__(self):
        raise ValueError


def raising(error):
    def grade(item, repeat, response):
        raise error

    return grade


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError("maximum recursion depth exceeded"), "RecursionError: maximum recursion depth exceeded"),
        (MemoryError(), "MemoryError"),
        (SystemExit(3), "SystemExit: 3"),
        (LookupError("Resource punkt_tab not found.\n  Please use the\x1b[31m downloader"), "LookupError: Resource "
         "punkt_tab not found. Please use the [31m downloader"),
        (Mute(), "Mute"),
    ],
)  # fmt: skip
def test_an_answer_whose_grader_raises_is_ungraded_with_the_reason(sums, request_of, error, said):
    sums.grade = raising(error)
    sample = to_sample(request_of("2"), Answer(Status.TRUNCATED, "It is 5, so"), sums)
    assert (sample.status, sample.ended, sample.score) == (Status.UNGRADED, Status.TRUNCATED, None)
    assert (sample.response, sample.error) == ("It is 5, so", f"the grader failed: {said}")


@pytest.mark.parametrize("status", [Status.EMPTY, Status.REFUSED])
def test_an_answer_that_says_nothing_scores_0_whatever_its_grader_does(sums, request_of, status):
    sums.grade = raising(ValueError())
    sample = to_sample(request_of("2"), Answer(status, None), sums)
    assert (sample.status, sample.score, sample.metrics) == (status, 0.0, {})


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (Answer(Status.EMPTY, None), 1.0),
        (Answer(Status.REFUSED, "I decline."), 1.0),
        (Answer(Status.REFUSED, None, error="the filter kept it back", refused=True), 0.0),
        (Answer(Status.TRUNCATED, None, error="the context is full", refused=True), 0.0),
    ],
)
def test_where_silence_counts_an_empty_answer_has_its_grade_and_what_was_never_asked_has_none(
    sums, request_of, answer, score
):
    sums.grade = lambda item, repeat, response: Grade(1.0, "nothing", {"exact": 1.0}, silence_counts=True)
    sample = to_sample(request_of("2"), answer, sums)
    assert (sample.status, sample.score) == (answer.status, score)


def test_grading_again_gives_what_asking_gave(sums, request_of):
    for answer in (
        Answer(Status.OK, "It is 5.<|im_end|>", error="a warning"),
        Answer(Status.TRUNCATED, "It is"),
        Answer(Status.EMPTY, "  "),
        Answer(Status.REFUSED, "It is 5", refused=True),
    ):
        first = to_sample(request_of("2"), answer, sums)
        judged = Judged(sums.grade(request_of("2").item, 0, text_of(first)))
        assert graded(ungraded(first), judged, first.error) == first


def test_a_metric_that_is_no_number_is_left_out(sums, request_of):
    sums.grade = lambda item, repeat, response: Grade(1.0, "5", {"exact": 1.0, "odd": float("nan"), "none": None})
    assert to_sample(request_of("2"), Answer(Status.OK, "5"), sums).metrics == {"exact": 1.0}
