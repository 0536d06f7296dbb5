"""Which differences forbid to go on in a run directory."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.errors import ResumeMismatch
from quantgate.evals.runs.record import RunRecord, TaskRecord
from quantgate.evals.runs.resume import merge_for_resume

TASK = TaskRecord("t", "1", "g", "exact", "d" * 64, 10, 1, {"temperature": 0.0, "max_tokens": 50}, {"file": "a"})
TOLD = {"base_url": "http://h/v1", "served": {"id": "m", "root": "/a"}, "context_length": 4096}
HELD = RunRecord("fp8", "m", TOLD, (TASK,), {}, "then")


def merged(**changes: object) -> RunRecord:
    return merge_for_resume(HELD, replace(HELD, created="now", **changes), "runs/fp8")


def with_task(**changes: object) -> dict[str, object]:
    return {"tasks": (replace(TASK, **changes),)}


def test_the_same_command_goes_on_with_the_date_it_began():
    assert merged() == HELD


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "n"}, 'model "m" there, "n" in this command'),
        (with_task(sampling={"temperature": 0.6, "max_tokens": 50}), "t: temperature 0.0 there, 0.6 in this command"),
        (with_task(sampling={"temperature": 0.0}), "max_tokens 50 there, null in this command"),
        (with_task(version="2"), "version"),
        (with_task(metric="other"), "metric"),
        (with_task(data_hash="e" * 64), "data_hash"),
        (with_task(grader="g2"), "grader"),
        (with_task(items=5), "t: items 10 there, 5 in this command"),
        ({"endpoint": {"base_url": "http://h/v1", "served": {"id": "m", "root": "/b"}}}, "endpoint's root"),
        (
            {"endpoint": {"base_url": "http://h/v1", "context_length": 9}},
            "the endpoint's context 4096 there, 9 in this",
        ),
    ],
)
def test_another_question_or_model_is_refused_and_named(changes, said):
    with pytest.raises(ResumeMismatch, match="runs/fp8 holds other answers") as refusal:
        merged(**changes)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        with_task(items=20),
        with_task(repeats=4),
        with_task(provenance={"file": "elsewhere"}),
        {"label": "FP8"},
        {"endpoint": {**TOLD, "base_url": "http://moved/v1"}},
    ],
)
def test_more_of_the_same_goes_on(changes):
    record = merged(**changes)
    assert all(getattr(record, name) == value for name, value in changes.items())


def test_a_further_task_joins_those_that_are_there():
    record = merged(tasks=(replace(TASK, name="u"),))
    assert [task.name for task in record.tasks] == ["t", "u"]


def test_an_endpoint_that_says_nothing_of_itself_today_keeps_what_it_said():
    assert merged(endpoint={"base_url": "http://moved/v1"}).endpoint == {**TOLD, "base_url": "http://moved/v1"}


@pytest.mark.parametrize(
    ("before", "now"), [({"max_model_len": 1024}, {"max_model_len": 8192}), ({}, {"max_model_len": 1024})]
)
def test_a_context_that_is_longer_now_goes_on(before, now):
    held = replace(HELD, endpoint={"base_url": "u", "served": {"id": "m", **before}})
    wanted = replace(held, endpoint={"base_url": "u", "served": {"id": "m", **now}})
    record = merge_for_resume(held, wanted, "runs/fp8")
    assert record.endpoint == wanted.endpoint
    assert record.earlier[0]["endpoint"] == held.endpoint


DESIGN = Design(10, 1, 0.02, 0.05, 0.05, 0.05, (Look(5, 1, 0.01, 0.01), Look(10, 1, 0.05, 0.04)), "a draw")
LOOKED_AT = replace(HELD, tasks=(replace(TASK, design=DESIGN),))


def test_a_run_goes_on_in_a_directory_that_is_looked_at_and_keeps_its_looks():
    assert merge_for_resume(LOOKED_AT, HELD, "runs/fp8", keep_looks=True) == LOOKED_AT


def test_looks_are_not_for_more_items_than_they_were_fixed_for():
    more = replace(HELD, tasks=(replace(TASK, items=20),))
    with pytest.raises(ResumeMismatch, match="items 10 there, for which its looks were fixed, 20 in this command"):
        merge_for_resume(LOOKED_AT, more, "runs/fp8", keep_looks=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"margin": 0.03}, "t: margin 0.02 there, 0.03 in this command"),
        ({"regression_alpha": 0.01}, "t: regression_alpha 0.05 there, 0.01 in"),
        ({"futility": 0.0}, "t: futility 0.05 there, 0.0 in"),
        ({"order": "another"}, 't: order "a draw" there, "another" in'),
        ({"looks": (Look(4, 1, 0.01, 0.01), DESIGN.looks[1])}, 't: looks ["5x1", "10x1"] there, ["4x1", "10x1"] in'),
        ({"looks": (Look(5, 1, 0.02, 0.01), DESIGN.looks[1])}, "t: what the looks may err [0.01, 0.05] there"),
    ],
)
def test_looks_are_not_changed_by_going_on(change, said):
    wanted = replace(HELD, tasks=(replace(TASK, design=replace(DESIGN, **change)),))
    with pytest.raises(ResumeMismatch) as refusal:
        merge_for_resume(LOOKED_AT, wanted, "runs/fp8")
    assert said in str(refusal.value)
