"""The pages in Chromium: hostile text does nothing, keys lead everywhere, a long list stays light, a live run grows."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from threading import Event

import pytest

from quantgate.view.types import TaskCount
from tests.reports.browser import drive, visit
from tests.reports.hostile import TEXTS, with_text
from tests.view import made

pytestmark = pytest.mark.slow

LONG = {
    "an answer of 98,000 characters": "We count on and on. " * 4_900,
    "one word of 98,000 letters": "x" * 98_000,
    "from right to left": "שלום עולם, התשובה היא 72. " * 40,
    "signs of double width": "答案是七十二。" * 500,
    "marks on marks": "Z" + "\u0324\u0301" * 2_000,
}
WIDTH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
FOCUSED = "document.activeElement.id"
HEADING = "document.querySelector('h1').textContent"
COUNTED = "document.querySelector('#count').textContent"
FILLED = "document.querySelectorAll('.part .row').length"


def is_quiet(seen, address: str) -> bool:
    """Whether nothing was said on the console, and nobody but the server was asked."""
    assert seen.messages == []
    assert [url for url in seen.requests if not url.startswith((address, "data:,"))] == []
    return True


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_says_anything_on_the_console_asks_elsewhere_or_scrolls_sideways(devtools, served, width, dark):
    shown = made.pair(250, (*TEXTS.values(), *LONG.values()))
    shown.decisions = (made.decision(), with_text(made.decision(), "x" * 500))
    shown.runs["fp8"] = replace(shown.runs["fp8"], label="w" * 300, model=TEXTS["svg"], folder=TEXTS["script"])
    with served(shown) as address:
        for page in (
            "",
            "decision/gate",
            "run/fp8",
            "diff/fp8/mxfp4?search=answer&wrong=1",
            "diff/fp8/mxfp4/item?item_task=gsm8k&item=4",
        ):
            seen = visit(devtools, f"{address}{page}", width=width, dark=dark)
            assert is_quiet(seen, address)
            assert seen.scroll_width <= seen.client_width, page


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_answers_are_read_one_after_the_other_and_do_nothing(devtools, served, width):
    texts = {**TEXTS, **LONG}

    async def goes_through(page):
        for number in range(len(texts)):
            await page.becomes(HEADING, f"gsm8k {number}")
            assert await page.evaluate(WIDTH), list(texts)[number]
            assert await page.evaluate("document.querySelectorAll('.text *:not(mark, span)').length") == 0
            await page.press("j" if number % 2 else "ArrowRight")
        await page.becomes(HEADING, f"gsm8k {len(texts)}")

    with served(made.pair(len(texts) + 1, tuple(texts.values()))) as address:
        seen = drive(devtools, f"{address}diff/fp8/mxfp4/item?item_task=gsm8k&item=0", goes_through, width=width)
        assert is_quiet(seen, address)


def test_keys_lead_from_a_decision_to_an_answer_and_back(devtools, served):
    async def looks(page):
        await page.press("j")
        await page.becomes(FOCUSED, "decision-1")
        await page.press("Enter")
        await page.becomes(HEADING, "mxfp4 against fp8: gsm8k")
        await page.click("a[href*='flipped=losses']")
        await page.becomes(FILLED, 25)
        for key, row in (("j", "n0"), ("ArrowDown", "n1"), ("j", "n2"), ("k", "n1"), ("ArrowUp", "n0"), ("j", "n1")):
            await page.press(key)
            await page.becomes(FOCUSED, row)
        await page.press("Enter")
        await page.becomes(HEADING, "gsm8k 14")
        await page.press("d")
        await page.becomes("document.activeElement.textContent", "48")
        await page.press("d")
        await page.becomes("document.activeElement.textContent", "she")
        await page.press("a")
        await page.becomes("document.activeElement.textContent", "85")
        await page.press("ArrowRight")
        await page.becomes(HEADING, "gsm8k 24")
        await page.press("k")
        await page.becomes(HEADING, "gsm8k 14")
        await page.press("u")
        await page.becomes(FOCUSED, "n1")
        await page.press("Escape")
        await page.becomes(HEADING, "Decisions and runs")

    with served(made.pair()) as address:
        assert is_quiet(drive(devtools, address, looks), address)


def test_the_keys_are_told_in_a_box_and_a_field_that_is_typed_into_keeps_them(devtools, served):
    async def asks(page):
        await page.press("?")
        await page.becomes("document.querySelector('#help').open")
        await page.press("j")
        assert await page.evaluate("document.querySelector('#help').open")
        await page.press("Escape")
        await page.becomes("document.querySelector('#help').open", False)
        await page.press("/")
        await page.becomes(FOCUSED, "search")
        for key in "ju?":
            await page.press(key)
        await page.becomes("document.querySelector('#search').value", "ju?")
        await page.press("Escape")
        await page.becomes("document.activeElement === document.body")

    with served(made.pair(5)) as address:
        assert is_quiet(drive(devtools, f"{address}run/fp8", asks), address)


def test_a_search_finds_as_one_types_and_the_address_follows(devtools, served):
    async def searches(page):
        await page.press("/")
        for key in "sold 24.":
            await page.press(key)
        await page.becomes("document.querySelector('#count').textContent", "1 of 250 answers")
        await page.becomes("location.search", "?search=sold+24.")
        assert await page.evaluate(FOCUSED) == "search"
        await page.call("Page.reload")
        await page.becomes("document.querySelector('#search')?.value", "sold 24.")
        await page.becomes(FILLED, 1)

    with served(made.pair()) as address:
        assert is_quiet(drive(devtools, f"{address}run/mxfp4", searches), address)


def test_the_way_back_takes_a_filter_away_again(devtools, served):
    async def chooses(page):
        await page.click("input[name=flipped][value=losses]")
        await page.becomes(FILLED, 25)
        await page.becomes("location.search", "?flipped=losses")
        await page.press("/")
        await page.becomes(FOCUSED, "search")
        await page.click("#more summary")
        await page.click("input[name=wrong]")
        await page.becomes("document.querySelector('#count').textContent", "0 of 250 answers")
        assert "see all 250 answers" in await page.evaluate("document.querySelector('#results').textContent")
        await page.evaluate("history.back()")
        await page.becomes("location.search", "?flipped=losses")
        await page.becomes("document.querySelector('input[value=losses]')?.checked")
        await page.becomes(FILLED, 25)
        await page.evaluate("history.back()")
        await page.becomes("location.search", "")
        await page.becomes(FILLED, 100)
        await page.becomes("document.querySelector('input[name=flipped][value=\"\"]')?.checked")

    with served(made.pair()) as address:
        assert is_quiet(drive(devtools, f"{address}diff/fp8/mxfp4", chooses), address)


def test_a_list_of_a_hundred_thousand_is_scrolled_and_stays_light(devtools, served):
    many = made.pair(250)
    whole = many.items

    def items(runs, chosen, offset):
        page = whole(runs, chosen, 0)
        rows = tuple(replace(row, number=offset + row.number, item_id=str(offset + row.number)) for row in page.rows)
        return replace(page, rows=rows, offset=offset, total=100_000)

    many.items = items  # type: ignore[method-assign]

    async def scrolls(page):
        await page.becomes(FILLED, 100)
        assert await page.evaluate("document.documentElement.scrollHeight") > 100_000 * 30
        for screen in range(30):
            await page.evaluate("scrollBy(0, 4000)")
            if screen % 3:  # and over others it flies
                await page.becomes("[...document.querySelectorAll('.part.waiting[data-near]')].length", 0)
        assert 100 < await page.evaluate(FILLED) <= 2_000
        await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        await page.becomes("Boolean(document.querySelector('#n99999'))")
        await page.becomes("location.search", "?offset=99900")
        assert await page.evaluate("document.querySelectorAll('*').length") < 30_000

    async def jumps(page):
        await page.evaluate("document.querySelector('#jump input').focus()")
        for key in "70035":
            await page.press(key)
        await page.press("Enter")
        await page.becomes(FOCUSED, "n70034")
        assert await page.evaluate("document.activeElement.getBoundingClientRect().top < innerHeight")
        await page.press("j")
        await page.becomes(FOCUSED, "n70035")

    with served(many) as address:
        assert is_quiet(drive(devtools, f"{address}run/fp8", scrolls), address)
        assert is_quiet(drive(devtools, f"{address}run/fp8", jumps), address)


def test_a_live_run_grows_under_the_eyes_and_is_left_alone_when_it_is_done(devtools, served):
    shown = made.pair(100)
    whole = shown.samples["fp8"]
    shown.runs["fp8"] = made.run(live=True)
    shown.samples["fp8"] = []

    async def watches(page):
        assert "appear here as they arrive" in await page.evaluate("document.querySelector('#results').textContent")
        shown.samples["fp8"] = whole[:5]
        await page.becomes(FILLED, 5)
        await page.press("j")
        await page.press("j")
        shown.samples["fp8"] = whole[:8]
        await page.becomes(FILLED, 8)
        await page.becomes(FOCUSED, "n1")
        shown.samples["fp8"], shown.runs["fp8"] = whole, made.run()
        await page.becomes(FILLED, 100)
        await page.becomes("document.querySelector('[hx-trigger^=every]')", None)
        assert await page.evaluate("document.querySelector('#count').textContent") == "100 answers"

    with served(shown) as address:
        assert is_quiet(drive(devtools, f"{address}run/fp8", watches), address)


def test_a_list_that_was_chosen_while_a_run_grows_counts_what_is_chosen(devtools, served):
    shown = made.pair(100)
    whole = shown.samples["mxfp4"]
    shown.samples["mxfp4"] = whole[:20]

    def is_stored(count: int) -> None:
        shown.runs["mxfp4"] = made.run("mxfp4", live=True, tasks=(TaskCount("gsm8k", 100, count, None, {}),))
        shown.samples["mxfp4"] = whole[:count]

    async def chooses(page):
        await page.evaluate("document.querySelector('#more').open = true")
        await page.click("input[name=wrong]")
        await page.becomes(COUNTED, "2 of 20 answers")
        is_stored(30)
        await page.becomes(COUNTED, "3 of 30 answers")
        await page.becomes(FILLED, 3)

    is_stored(20)
    with served(shown) as address:
        assert is_quiet(drive(devtools, f"{address}run/mxfp4", chooses), address)


@pytest.mark.parametrize(("found", "said"), [("answer", "20 of 250 answers"), ("zebra", "0 of 250 answers")])
def test_a_search_that_goes_on_behind_the_page_comes_into_it(devtools, served, found, said):
    shown, done = made.pair(20), Event()
    items = shown.items

    def found_so_far(runs, chosen, offset):
        page = items(runs, chosen, offset)
        if not chosen.search or done.is_set():
            return page
        working = tuple(replace(run, live=True) for run in page.runs)
        return replace(page, runs=working, rows=(), total=0, notes=("looked through 0 so far",))

    shown.items = found_so_far

    async def searches(page):
        await page.press("/")
        for sign in found:
            await page.press(sign)
        await page.becomes("document.querySelector('.notice')?.textContent", "looked through 0 so far")
        done.set()
        await page.becomes("document.querySelector('.notice')", None)
        await page.becomes(COUNTED, said)
        await page.becomes(FILLED, int(said.split()[0]))
        await page.becomes("document.body.innerText.includes('so far')", False)

    with served(shown) as address:
        assert is_quiet(drive(devtools, f"{address}run/fp8", searches), address)


def test_what_is_folded_opens_by_a_key_and_where_they_part_is_found_in_it(devtools, served):
    shown = made.pair(2, ("<think>Half of 48 is 42.</think>So 72.", "x"))
    shown.samples["fp8"][0] = replace(shown.samples["fp8"][0], response="<think>Half of 48 is 24.</think>So 72.")

    async def opens(page):
        await page.becomes("document.querySelectorAll('details.thoughts[open]').length", 0)
        await page.press("d")
        await page.becomes("document.activeElement.textContent", "24")
        await page.becomes("document.querySelectorAll('details.thoughts[open]').length", 1)
        await page.press("t")
        await page.becomes("document.querySelectorAll('details.thoughts[open]').length", 0)

    with served(shown) as address:
        seen = drive(devtools, f"{address}diff/fp8/mxfp4/item?item_task=gsm8k&item=0", opens)
        assert is_quiet(seen, address)


def test_two_runs_are_chosen_to_be_seen_side_by_side(devtools, served):
    async def compares(page):
        await page.click("#pairing button")
        await page.becomes("location.pathname", "/token/diff/mxfp4/fp8")

    with served(made.pair(5)) as address:
        assert is_quiet(drive(devtools, address, compares), address)


def test_an_answer_that_is_waited_for_comes_and_is_not_asked_for_again(devtools, served):
    shown = made.pair(2)
    shown.runs["mxfp4"] = replace(shown.runs["mxfp4"], live=True)
    late = shown.samples["mxfp4"].pop(0)

    async def waits(page):
        assert "no answer yet" in await page.evaluate("document.querySelector('#item').textContent")
        shown.samples["mxfp4"].insert(0, late)
        await page.becomes("document.querySelectorAll('.response').length", 2)
        await page.becomes("document.querySelector('[hx-trigger^=every]')", None)

    with served(shown) as address:
        seen = drive(devtools, f"{address}diff/fp8/mxfp4/item?item_task=gsm8k&item=0", waits)
        assert is_quiet(seen, address)


def test_a_viewer_that_has_ended_is_said_on_the_page(devtools, served):
    shown = made.pair(2)
    shown.runs["fp8"] = replace(shown.runs["fp8"], live=True)
    stack = ExitStack()
    address = stack.enter_context(served(shown))

    async def stays(page):
        assert await page.evaluate("document.querySelector('#gone').hidden")
        stack.close()
        await page.becomes("document.querySelector('#gone').hidden", False)

    drive(devtools, address, stays)
