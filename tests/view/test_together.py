"""The pages, the guard and the store together, in a browser, over a run that grows on disk."""

import pytest

from tests.reports.browser import drive
from tests.view.written import TOKEN, add, answered, key_of, task_of, viewing, write_run

pytestmark = pytest.mark.slow

SHOWS = "document.body.innerText.includes({!r})"


def test_a_run_that_is_being_written_grows_in_the_page_and_is_searched(devtools, tmp_path):
    samples = [answered(str(number), response=f"needle {number}" if number % 2 else "hay") for number in range(5)]
    run = write_run(tmp_path / "fp8", samples, tasks=[task_of(str(number) for number in range(10))])

    async def read(page):
        await page.becomes(SHOWS.format("5 of 10 answers"))
        add(run, answered("7", response="a late NEEDLE"))
        await page.becomes(SHOWS.format("6 of 10 answers"))
        await page.press("/")
        for sign in "needle":
            await page.press(sign)
        await page.becomes(SHOWS.format("3 of 6 answers"))
        page.seen.answers.append(await page.evaluate("location.search"))

    with viewing(run) as viewer:
        viewer.get()
        address = f"http://127.0.0.1:{viewer.port}/{TOKEN}/run/{key_of(viewer, 'fp8')}"
        seen = drive(devtools, address, read)
    assert seen.answers[-1] == "?search=needle"
    assert seen.messages == []
    assert all(url.startswith(f"http://127.0.0.1:{viewer.port}/") for url in seen.requests)
