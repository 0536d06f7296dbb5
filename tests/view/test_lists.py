"""The list of items of a run, as it is chosen: over real HTTP, and through the store that makes it."""

import re
from urllib.parse import urlencode

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.contract.records import Status
from quantgate.view.addresses import PART
from quantgate.view.types import Filter
from tests.view.written import answered, key_of, viewing, write_run

SAMPLES = [
    answered("1", response="Seven apples. The answer is 7.", extracted="7"),
    answered("2", 0.0, extracted=None, response="I cannot tell."),
    answered("3", 0.0, status=Status.TRUNCATED, extracted="4", usage={"completion_tokens": 2048}),
    answered("10", None, response=None, extracted=None, error="HTTP 500"),
    answered("11", 0.0, status=Status.EMPTY, response=None, extracted=None, reasoning="Only APFEL thoughts \u00c4"),
    answered("m/1", 0.5, task="mmlu", stratum="law", response='a "quoted" word', usage=None),
    answered("m/2", 1.0, task="mmlu", stratum="art", response="x" * 500, usage=None),
]
QUESTION = Asked("gsm8k", "3", "hash 3", ({"role": "user", "content": "How many pears?"},), reference="42")


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("runs") / "fp8", SAMPLES, asked=[QUESTION])
    with viewing(folder) as viewer:
        yield viewer


def listed(viewer, **chosen) -> list[str]:
    page = viewer.store.items((key_of(viewer, "fp8"),), Filter(**chosen), 0)
    assert page.total == len(page.rows)
    return [row.item_id for row in page.rows]


@pytest.mark.parametrize(
    ("chosen", "items"),
    [
        ({}, ["1", "2", "3", "10", "11", "m/1", "m/2"]),
        ({"task": "mmlu"}, ["m/1", "m/2"]),
        ({"status": "truncated"}, ["3"]),
        ({"status": "error"}, ["10"]),
        ({"status": "no such"}, []),
        ({"wrong": True}, ["2", "3", "11", "m/1"]),
        ({"unparsed": True}, ["2"]),
        ({"subject": "law"}, ["m/1"]),
        ({"shortest": 2000}, ["3"]),
        ({"longest": 19, "task": "mmlu"}, ["m/1"]),
        ({"wrong": True, "status": "ok"}, ["2", "m/1"]),
        ({"search": "APPLES"}, ["1"]),
        ({"search": "apfel"}, ["11"]),
        ({"search": "ä"}, ["11"]),
        ({"search": 'A "QUOTED"'}, ["m/1"]),
        ({"search": "pears"}, ["3"]),
        ({"search": "42"}, ["3"]),
        ({"search": "m/"}, ["m/1", "m/2"]),
        ({"search": "HTTP 500"}, ["10"]),
        ({"search": "nowhere"}, []),
        ({"search": "answer", "wrong": True}, []),
    ],
)
def test_a_filter_chooses(viewer, chosen, items):
    assert listed(viewer, **chosen) == items


def test_a_list_tells_what_was_read_and_what_is_right(viewer):
    page = viewer.store.items((key_of(viewer, "fp8"),), Filter(), 0)
    third = page.rows[2]
    assert (third.reference, third.left.extracted, third.left.status, third.left.tokens) == (
        "42",
        "4",
        "truncated",
        2048,
    )
    assert page.rows[3].left.score is None
    assert [row.number for row in page.rows] == list(range(7))


def test_neighbours_are_those_of_the_list_that_is_chosen(viewer):
    view = viewer.store.item((key_of(viewer, "fp8"),), Filter(wrong=True), ("gsm8k", "3", 0))
    assert (view.previous.item_id, view.number, view.following.item_id, view.total) == ("2", 1, "11", 4)
    last = viewer.store.item((key_of(viewer, "fp8"),), Filter(), ("mmlu", "m/2", 0))
    assert (last.number, last.following) == (6, None)


def test_an_item_has_its_question_and_answer(viewer):
    key = key_of(viewer, "fp8")
    reply = viewer.get(f"run/{key}/item?" + urlencode({"item_task": "gsm8k", "item": "3"}))
    assert reply.status == 200
    assert "How many pears?" in reply.text
    assert "42" in reply.text


@pytest.mark.parametrize(
    "path",
    ["run/{key}/item?item_task=gsm8k&item=99", "run/{key}/item?item_task=gsm8k&item=1&repeat=7", "run/{key}/item"],
)
def test_an_item_that_is_not_there_is_said_to_be_missing(viewer, path):
    reply = viewer.get(path.format(key=key_of(viewer, "fp8")))
    assert reply.status == 404
    assert "item" in reply.text


def test_htmx_gets_the_rows_alone(viewer):
    path = f"run/{key_of(viewer, 'fp8')}?wrong=1"
    whole, part = viewer.get(path), viewer.get(path, **{"HX-Request": "true"})
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert "m/1" in part.text


def test_any_part_of_a_long_list_is_there(tmp_path):
    count = 3 * PART + 5
    folder = write_run(tmp_path / "run", [answered(str(number)) for number in reversed(range(count))])
    with viewing(folder) as viewer:
        key = key_of(viewer, "run")
        part = viewer.store.items((key,), Filter(), 2 * PART)
        assert [row.item_id for row in part.rows] == [str(2 * PART + number) for number in range(PART)]
        last = viewer.store.items((key,), Filter(), 99 * PART)
        assert (last.offset, len(last.rows), last.total) == (3 * PART, 5, count)


def test_repeats_of_an_item_stand_beside_one_another(tmp_path):
    samples = [answered(item, repeat=repeat) for repeat in range(3) for item in ("2", "10")]
    with viewing(write_run(tmp_path / "run", samples)) as viewer:
        key = key_of(viewer, "run")
        rows = viewer.store.items((key,), Filter(), 0).rows
        assert [(row.item_id, row.repeat) for row in rows] == [
            ("2", 0),
            ("2", 1),
            ("2", 2),
            *(("10", n) for n in range(3)),
        ]
        assert viewer.store.item((key,), Filter(), ("gsm8k", "10", 1)).repeats == (0, 1, 2)


HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egnp.exe \U0001f600 \uac00 \ud800"


def test_what_a_model_says_is_never_markup(tmp_path):
    samples = [answered(f"{HOSTILE}/1", response=HOSTILE, extracted=HOSTILE, reasoning=HOSTILE, error=HOSTILE)]
    with viewing(write_run(tmp_path / "run", samples, label=HOSTILE)) as viewer:
        (run,) = viewer.store.overview().runs
        query = urlencode({"item_task": "gsm8k", "item": samples[0].item_id}, errors="surrogatepass")
        for path in ("", f"run/{run.key}", f"run/{run.key}?search=alert", f"run/{run.key}/item?{query}"):
            reply = viewer.get(path)
            assert reply.status in (200, 404)
            assert b"<script>alert" not in reply.body
            assert not re.search(rb"\x1b|\xe2\x80\xae", reply.body)


def test_a_very_long_answer_is_shown_and_one_without_end_is_cut(tmp_path):
    samples = [answered("1", response="word " * 19_600 + "END"), answered("2", response="y" * 3_000_000)]
    with viewing(write_run(tmp_path / "run", samples)) as viewer:
        key = key_of(viewer, "run")
        assert "END" in viewer.get(f"run/{key}/item?item_task=gsm8k&item=1").text
        cut = viewer.get(f"run/{key}/item?item_task=gsm8k&item=2")
        assert len(cut.body) < 1_000_000
        assert "more characters, which stand in the run directory" in cut.text


def test_an_item_that_is_chosen_no_more_stands_in_the_whole_list(viewer):
    view = viewer.store.item((key_of(viewer, "fp8"),), Filter(wrong=True), ("gsm8k", "1", 0))
    assert (view.filter, view.number, view.total, view.following.item_id) == (Filter(), 0, 7, "2")
