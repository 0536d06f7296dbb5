"""What a release is about to take, from what is known of its answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Answer, Status
from quantgate.evals.planning.forecast import BuildForecast, OnDisk, Pace, TaskForecast, on_disk, pace_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.settings.margin import Margin
from tests.evals.made_runs import run_of


def task(*builds: BuildForecast) -> TaskForecast:
    return TaskForecast("gsm8k", Margin(points=0.02), 100, 1, [], builds)


def test_what_is_answered_is_not_asked_again():
    one = task(BuildForecast("fp8", 100, before=40), BuildForecast("mxfp4", 100))
    assert (one.requests, one.left) == (200, 160)


def test_tokens_and_hours_are_those_of_what_is_left():
    pace = Pace(tokens=50.0, seconds=36.0)
    one = task(BuildForecast("fp8", 100, 40, pace), BuildForecast("mxfp4", 100, 0, pace))
    assert one.tokens == 160 * 50
    assert one.hours == pytest.approx(1.0)  # the builds are asked side by side, the slower one takes 100 * 36 s


def test_with_a_number_in_flight_it_takes_so_much_less():
    one = task(BuildForecast("fp8", 100, 0, Pace(50.0, 36.0), at_once=10))
    assert one.hours == pytest.approx(0.1)


def test_of_a_build_that_nothing_is_known_of_nothing_is_told():
    one = task(BuildForecast("fp8", 100, 0, Pace(50.0, 36.0)), BuildForecast("mxfp4", 100))
    assert (one.tokens, one.hours) == (None, None)


def test_a_build_of_which_nothing_is_left_takes_nothing():
    one = task(BuildForecast("fp8", 100, 100), BuildForecast("mxfp4", 100, 0, Pace(50.0, 36.0)))
    assert one.tokens == 5000


@pytest.mark.parametrize(
    ("answer", "tokens"),
    [
        (Answer(Status.OK, "5", usage={"completion_tokens": 7}, latency_s=2.0), 7.0),
        (Answer(Status.OK, "5", usage={"completion_tokens": "many"}, latency_s=2.0), None),
        (Answer(Status.ERROR, error="HTTP 500"), None),
        (None, None),
    ],
)
def test_the_first_answer_tells_what_one_takes(answer, tokens):
    assert pace_of(answer).tokens == tokens


def test_the_answers_on_disk_are_counted_with_what_they_took(tmp_path):
    made, directory = run_of([1.0, 0.0, None]), RunDirectory(tmp_path)
    with directory.writing(made.record, None) as writer:
        for sample in made.samples.values():
            writer.append(replace(sample, usage={"completion_tokens": 30}, latency_s=1.5))
    found = on_disk(tmp_path, ["gsm8k", "gpqa_diamond"])
    assert found["gsm8k"] == OnDisk(2, Pace(30.0, 1.5, "the answers that are there"))
    assert found["gpqa_diamond"].answers == 0


def test_where_there_is_no_run_nothing_is_there(tmp_path):
    assert on_disk(tmp_path / "nowhere", ["gsm8k"]) == {"gsm8k": OnDisk()}
