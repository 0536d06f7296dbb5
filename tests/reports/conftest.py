"""What the tests of reports share: decisions with hostile text, and a browser where there is one."""

from __future__ import annotations

import pytest

from quantgate.evals.decision.comparison import Comparison
from quantgate.evals.decision.described import FlipTexts
from quantgate.evals.decision.types import ReleaseVerdict, Verdict
from tests.reports import made
from tests.reports.browser import CHROMIUM, browser
from tests.reports.hostile import TEXTS, with_text


@pytest.fixture(scope="session")
def devtools(tmp_path_factory):
    """The address of a headless Chromium's DevTools."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with browser(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="session")
def everything() -> Verdict:
    """A verdict in which every section of a report has something to show."""
    texts = FlipTexts(baseline="The answer is 5.", candidate="The answer is 6.")
    told = made.decision(
        flips=(
            made.flip(1, texts=texts, answers=made.answers("5", "6"), reference="5"),
            made.flip(2, answers=made.answers("5", None)),
        )
    )
    tasks = (told, made.inconclusive(), made.regressed(), made.invalid(), made.tau2())
    return made.verdict(*tasks, release=ReleaseVerdict.REGRESSED)


@pytest.fixture(params=TEXTS)
def hostile_verdict(request, everything) -> Verdict:
    """That verdict with one kind of hostile text in every field."""
    return with_text(everything, TEXTS[request.param])


@pytest.fixture(params=TEXTS)
def hostile_comparison(request) -> Comparison:
    return with_text(made.comparison(), TEXTS[request.param])
