"""The pages as HTML: what they say, and that no text in them is anything but text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from quantgate.evals.contract.records import Status
from quantgate.view.pages import decision_page, item_page, items_page, overview_page, problem_page
from quantgate.view.types import Filter, Flipped, Overview, TaskCount
from tests.reports.hostile import TEXTS, with_text
from tests.view import made

BASE = "/token/"
KEY = ("gsm8k", "4", 0)


class Parsed(HTMLParser):
    """Elements with their attributes, ids, and the text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if attributes.get(name)]


def pages(overview: Overview, decision, items, item) -> dict[str, str]:
    return {
        "overview": overview_page(overview, BASE),
        "decision": decision_page(decision, BASE),
        "items": items_page(items, BASE),
        "fragment": items_page(items, BASE, fragment=True),
        "item": item_page(item, BASE),
        "problem": problem_page(decision.title, decision.headline, BASE),
    }


def everything():
    shown = made.pair(5)
    live = made.run("live", live=True, problem="the last line is torn")
    chosen = Filter("gsm8k", "ok", True, True, Flipped.ANY, "algebra", 1, 2, "find")
    items = replace(shown.items(("fp8", "mxfp4"), Filter(), 0), filter=chosen, notes=("cut off",))
    item = shown.item(("fp8", "mxfp4"), Filter(), KEY)
    item.answers[0].sample.usage["completion_tokens_details"] = {"reasoning_tokens": 5}
    tasks = (TaskCount("gsm8k", 5, 5, 0.5, {"ok": 5}, ("algebra",), True), TaskCount("other", 5, 0, None, {}))
    runs = tuple(replace(run, tasks=tasks) for run in (*shown.runs.values(), live))
    decision = made.decision(problem="written by another version")
    return Overview((decision,), runs), decision, replace(items, runs=runs[1:]), replace(item, runs=runs[1:])


ELEMENTS_AND_ATTRIBUTES = {
    name: {(tag, attribute) for tag, attributes in Parsed(page).elements for attribute in (None, *attributes)}
    for name, page in pages(*everything()).items()
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_is_anything_but_text(text):
    hostile = [with_text(one, text[:20_000]) for one in everything()]
    for name, page in pages(*hostile).items():
        for tag, attributes in Parsed(page).elements:
            assert {(tag, attribute) for attribute in (None, *attributes)} <= ELEMENTS_AND_ATTRIBUTES[name] | MAY_COME
            assert not any(attribute.startswith("on") or attribute == "style" for attribute in attributes)
            for address in ("href", "src", "action", "hx-get", "data-more", "data-base"):
                assert (attributes.get(address) or BASE).startswith((BASE, "#"))


MAY_COME = {("span", None), ("span", "class"), ("em", None), ("details", None), ("details", "class"), ("summary", None)}
"""What an answer brings with it that has no result, or is long."""


def test_a_page_has_no_script_or_style_of_its_own_and_htmx_may_evaluate_nothing():
    for page in pages(*everything()).values():
        assert re.findall(r"<script[^>]*>[^<]", page) == []
        assert "<style" not in page
    assert '"allowEval":false' in overview_page(Overview((), ()), BASE)


def test_every_id_is_there_once_and_every_label_leads_to_one():
    for page in pages(*everything()).values():
        ids = Parsed(page).attributes("id")
        assert len(ids) == len(set(ids))
        assert set(Parsed(page).attributes("aria-labelledby")) <= set(ids)


def test_an_overview_of_nothing_says_what_to_open():
    page = Parsed(overview_page(Overview((), ()), BASE))
    assert "quantgate view runs/fp8 runs/mxfp4 gate.json" in page.text


def test_an_overview_asks_again_only_while_a_run_is_live():
    quiet = Overview((made.decision(),), (made.run(),))
    assert "hx-trigger" not in overview_page(quiet, BASE)
    page = overview_page(Overview((), (made.run(), made.run("b", live=True))), BASE)
    assert 'hx-trigger="every 2s"' in page
    assert Parsed(page).text.count("running") == 1
    read = Parsed(overview_page(Overview((), (made.run(live=True, reading=True),)), BASE)).text
    assert "being read" in read
    assert "running" not in read


def test_a_decision_leads_to_the_answers_that_were_lost_by_task():
    page = Parsed(decision_page(made.decision(), BASE))
    assert f"{BASE}diff/fp8/mxfp4?task=gsm8k&flipped=losses" in page.attributes("href")
    assert f"{BASE}diff/fp8/mxfp4?flipped=losses" in page.attributes("href")
    for figure in ("95.53%", "92.33%", "-3.20", "-4.50 to -1.80", "regressed", "equivalent"):
        assert figure in page.text


def test_a_decision_whose_runs_are_not_open_says_how_to_open_them():
    page = Parsed(decision_page(made.decision(baseline=None), BASE))
    assert "quantgate view gate.json BASELINE CANDIDATE" in page.text
    assert not any("diff" in address for address in page.attributes("href"))


def test_a_list_says_of_both_builds_what_was_read_and_whether_it_is_right():
    shown = made.pair(20)
    page = Parsed(items_page(shown.items(("fp8", "mxfp4"), Filter(flipped=Flipped.LOSSES), 0), BASE))
    assert re.search(r"right answer\s*75\s*✓right\s*75\s*→\s*✗wrong\s*4", page.text)
    assert f"{BASE}diff/fp8/mxfp4/item?item_task=gsm8k&item=4&repeat=0&flipped=losses" in page.attributes("href")


def test_a_list_of_a_hundred_thousand_has_one_part_of_them():
    shown = made.pair(250)
    page = replace(shown.items(("fp8", "mxfp4"), Filter(), 0), total=100_000)
    text = items_page(page, BASE)
    assert text.count('class="row"') == 100
    assert "100,000" in Parsed(text).text
    assert f"{BASE}diff/fp8/mxfp4?offset=100" in Parsed(text).attributes("href")


def test_each_filter_that_is_set_can_be_taken_away():
    page = replace(made.pair(5).items(("fp8",), Filter(), 0), filter=Filter(task="gsm8k", search="a b"))
    links = Parsed(items_page(page, BASE)).attributes("href")
    assert f"{BASE}run/fp8?task=gsm8k" in links
    assert f"{BASE}run/fp8?search=a+b" in links


@pytest.mark.parametrize(
    ("chosen", "live", "said"),
    [
        (Filter(search="zebra"), False, "see all 250 answers"),
        (Filter(), True, "appear here as they arrive"),
        (Filter(), False, "--out runs/fp8"),
    ],
)
def test_an_empty_list_says_what_to_do(chosen, live, said):
    run = made.run(live=live)
    page = replace(made.pair(1).items(("fp8",), Filter(search="zebra"), 0), filter=chosen, runs=(run,))
    assert said in Parsed(items_page(page, BASE)).text


def test_a_list_asks_again_only_while_a_run_is_live():
    shown = made.pair(5)
    assert "every 2s" not in items_page(shown.items(("fp8",), Filter(), 0), BASE, fragment=True)
    shown.runs["fp8"] = replace(shown.runs["fp8"], live=True)
    assert "every 2s" in items_page(shown.items(("fp8",), Filter(), 0), BASE, fragment=True)


def test_an_item_shows_question_reference_both_answers_and_where_they_part():
    page = item_page(made.pair(20).item(("fp8", "mxfp4"), Filter(), KEY), BASE)
    text = Parsed(page).text
    for said in (
        made.QUESTION,
        "right answer 75",
        "They part after 70 characters",
        "The answer is 75",
        "The answer is 4",
    ):
        assert said in text
    assert 'id="left-parting"' in page
    assert 'id="right-parting"' in page
    assert page.count('<mark class="read"') == 2


def test_an_item_leads_to_its_neighbours_and_to_its_row_in_the_list():
    page = item_page(made.pair(250).item(("fp8", "mxfp4"), Filter(flipped=Flipped.LOSSES), ("gsm8k", "14", 0)), BASE)
    links = {
        attributes["id"]: attributes["href"]
        for tag, attributes in Parsed(page).elements
        if tag == "a" and "id" in attributes
    }
    assert "&item=4&" in links["previous"]
    assert "&item=24&" in links["following"]
    assert links["up"] == f"{BASE}diff/fp8/mxfp4?flipped=losses#n1"


def test_a_private_item_has_no_word_of_question_and_answer_and_says_how_to_see_them():
    shown = made.pair(5)
    shown.hidden = "Start it with --reveal to see the texts."
    page = Parsed(item_page(shown.item(("fp8", "mxfp4"), Filter(), KEY), BASE)).text
    assert "--reveal" in page
    assert "Natalia" not in page
    assert "clips" not in page
    assert "not kept" not in page
    assert "nothing could be read" not in page


def test_a_run_without_prompts_says_so():
    shown = made.pair(5)
    shown.asked.clear()
    assert "What was asked is not kept" in Parsed(item_page(shown.item(("fp8",), Filter(), KEY), BASE)).text


def test_choices_that_were_scored_are_a_table_with_the_chosen_and_the_right_one():
    asked, sample = made.choices()
    shown = made.InMemory({"fp8": made.run()}, {"fp8": [sample]}, {"c": asked})
    text = Parsed(item_page(shown.item(("fp8",), Filter(), sample.key), BASE)).text
    assert re.search(r"blue\s*chosen\s*right\s*-1\.250", text)
    assert "loglikelihoods" not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": Status.ERROR, "score": None, "response": None, "error": "HTTP 500"}, "HTTP 500"),
        ({"status": Status.EMPTY, "score": 0.0, "response": ""}, "The answer has no text."),
        ({"status": Status.TRUNCATED, "score": 0.0}, "nothing could be read out"),
    ],
)
def test_an_answer_that_is_none_says_what_became_of_it(change, said):
    shown = made.pair(5)
    shown.samples["mxfp4"][4] = replace(shown.samples["mxfp4"][4], extracted=None, **change)
    page = Parsed(item_page(shown.item(("fp8", "mxfp4"), Filter(), KEY), BASE)).text
    assert said in page
    assert change["status"] in page


def test_thousands_of_tasks_and_subjects_can_be_chosen_from_and_a_part_of_a_list_carries_none_of_them():
    subjects = tuple(f"subject {number}" for number in range(3_000))
    tasks = tuple(
        TaskCount(f"task_{number}", 1, 1, 1.0, {}, subjects if number == 0 else ()) for number in range(3_000)
    )
    shown = made.pair(5)
    shown.runs["fp8"] = replace(shown.runs["fp8"], tasks=tasks)
    page = shown.items(("fp8",), Filter(), 0)
    assert items_page(page, BASE).count("<option") > 6_000
    assert "<option" not in items_page(page, BASE, fragment=True)
    assert "and 2994 more tasks" in Parsed(overview_page(shown.overview(), BASE)).text


def test_of_repeats_each_is_named_and_led_to():
    shown = made.pair(1)
    for key in ("fp8", "mxfp4"):
        shown.samples[key] += [replace(shown.samples[key][0], repeat=repeat) for repeat in (1, 2)]
    listed = Parsed(items_page(shown.items(("fp8", "mxfp4"), Filter(), 0), BASE)).text
    assert all(f"repeat {repeat}" in listed for repeat in (0, 1, 2))
    page = item_page(shown.item(("fp8", "mxfp4"), Filter(), ("gsm8k", "0", 1)), BASE)
    assert f"{BASE}diff/fp8/mxfp4/item?item_task=gsm8k&item=0&repeat=2" in Parsed(page).attributes("href")
    assert re.search(r'aria-current="true">1<', page)


def test_a_list_of_which_nothing_was_kept_that_was_asked_gives_it_no_room():
    shown = made.pair(5)
    page = shown.items(("fp8",), Filter(), 0)
    assert ' bare"' not in items_page(page, BASE)
    rows = tuple(replace(row, question=None, reference=None) for row in page.rows)
    assert ' bare"' in items_page(replace(page, rows=rows), BASE)
