"""Which answers are looked at: by kind, by item, by text; in the order in which people look for them."""

from __future__ import annotations

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.errors import UsageError
from quantgate.evals.inspection.choosing import Kind, Wanted
from quantgate.evals.inspection.opened import OpenedRun
from tests.evals.inspection.made import asked, made_run, sample, task

ANSWERS = [
    sample("10"),
    sample("9", 0.0, "17"),
    sample("a/b", 0.0, None),
    sample("cut", 0.0, None, status=Status.TRUNCATED),
    sample("silent", 0.0, None, status=Status.EMPTY, response=None),
    sample("no", 0.0, None, status=Status.REFUSED),
    sample("down", None, None, status=Status.ERROR, response=None, error="HTTP 503"),
    sample("late", None, None, status=Status.UNGRADED, ended=Status.OK),
    sample("half", 0.5),
]


@pytest.fixture
def run(tmp_path):
    return OpenedRun.open(made_run(tmp_path / "run", ANSWERS, prompts=[asked("10", "How many apples?")]))


def found(run, **wanted):
    return [one.item_id for chosen in run.choose(Wanted(**wanted)) for one in chosen.samples()]


def test_all_are_chosen_in_natural_order(run):
    assert found(run) == ["9", "10", "a/b", "cut", "down", "half", "late", "no", "silent"]


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        (Kind.WRONG, ["9", "a/b", "cut", "half", "no", "silent"]),
        (Kind.UNPARSED, ["a/b", "cut"]),
        (Kind.TRUNCATED, ["cut"]),
        (Kind.EMPTY, ["silent"]),
        (Kind.REFUSED, ["no"]),
        (Kind.ERROR, ["down"]),
        (Kind.UNGRADED, ["late"]),
    ],
)
def test_a_kind_chooses_those_of_it_and_a_fault_is_never_a_wrong_answer(run, kind, items):
    assert found(run, kinds=[kind]) == items


def test_of_several_kinds_any_is_enough_and_all_else_must_hold(run):
    assert found(run, kinds=[Kind.TRUNCATED, Kind.ERROR]) == ["cut", "down"]
    assert found(run, kinds=[Kind.WRONG], items=["10", "9"]) == ["9"]


@pytest.mark.parametrize("text", ["APPLES", "answer is 18", "Http 503", "a/b"])
def test_a_search_looks_at_question_answer_fault_and_id_in_any_case(run, text):
    expected = {"APPLES": ["10"], "answer is 18": ["10", "half"], "Http 503": ["down"], "a/b": ["a/b"]}
    assert found(run, search=text) == expected[text]


def test_of_a_private_task_a_search_finds_nothing_but_ids_unless_it_is_revealed(tmp_path):
    private = made_run(tmp_path / "run", [sample("7")], [task(["7"], private="keep it to yourself")])
    assert found(OpenedRun.open(private), search="answer") == []
    assert found(OpenedRun.open(private), search="7") == ["7"]
    assert found(OpenedRun.open(private, revealed=True), search="answer") == ["7"]


@pytest.fixture
def two_tasks(tmp_path):
    answers = [sample("1"), sample("2"), sample("1", task="aime"), sample("x/2", task="aime")]
    return OpenedRun.open(made_run(tmp_path / "two", answers, [task(["1", "2"]), task(["1", "x/2"], "aime")]))


def test_an_item_is_named_alone_where_one_task_has_it_and_with_its_task_where_several_do(two_tasks):
    assert found(two_tasks, items=["x/2"]) == ["x/2"]
    assert found(two_tasks, items=["aime/x/2", "gsm8k/2"]) == ["2", "x/2"]
    assert found(two_tasks, items=["1"], tasks=["aime"]) == ["1"]
    with pytest.raises(UsageError, match="1 may be gsm8k/1, aime/1"):
        found(two_tasks, items=["1"])


def test_an_unknown_item_names_the_nearest(run, two_tasks):
    with pytest.raises(UsageError, match=r"silen: .* has no such item; the nearest are silent"):
        found(run, items=["silen"])
    with pytest.raises(UsageError, match=r"aime/11: .*; the nearest are aime/1"):
        found(two_tasks, items=["aime/11"])


def test_an_item_that_has_no_answer_yet_is_told_from_one_that_is_unknown(tmp_path):
    run = OpenedRun.open(made_run(tmp_path / "run", [sample("1")], [task(["1", "2"])]))
    with pytest.raises(UsageError, match=r"2: it was to be asked, and .* has no answer to it yet"):
        found(run, items=["2"])


def test_an_unknown_task_names_those_that_are_there(two_tasks):
    with pytest.raises(UsageError, match=r"--task gpqa: .* holds no such task; it holds gsm8k, aime"):
        found(two_tasks, tasks=["gpqa"])


def test_one_repeat_can_be_chosen(tmp_path):
    answers = [sample("1", repeat=repeat, extracted=str(repeat)) for repeat in (2, 0, 1)]
    run = OpenedRun.open(made_run(tmp_path / "run", answers, [task(["1"], repeats=3)]))
    (chosen,) = run.choose(Wanted(repeat=2))
    assert [one.extracted for one in chosen.samples()] == ["2"]
    assert [one.repeat for one in run.choose(Wanted())[0].samples()] == [0, 1, 2]


def test_an_answer_that_was_never_to_be_asked_is_passed_over(tmp_path):
    run = OpenedRun.open(made_run(tmp_path / "run", [sample("1"), sample("3")], [task(["1", "2"])]))
    assert found(run) == ["1"]
