"""The page in a real browser: silent, alone, as wide as the screen, and dark where the reader wants it dark."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from quantgate.evals.claims.judging import judge_claims
from quantgate.evals.claims.reading import claim_of_options
from quantgate.evals.claims.types import ClaimVerdict
from quantgate.evals.decision.comparison import Comparison, Format
from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.evals.planning.assumptions import assume
from quantgate.evals.planning.plan import make_plan
from quantgate.evals.planning.types import Aim, Guess, Plan
from quantgate.reports.html.claim import claim_html
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.html.gate import gate_html
from quantgate.reports.html.plan import plan_html
from quantgate.reports.words.palette import DARK, LIGHT
from tests.reports import made
from tests.reports.browser import visit
from tests.reports.hostile import TEXTS, with_text

pytestmark = pytest.mark.slow

GROUND = "getComputedStyle(document.body).backgroundColor"
CUT = (
    "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg, details') "
    "&& e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.className || e.tagName)"
)


@pytest.fixture
def page(tmp_path, everything):
    """Writes a page of one kind and gives its address."""

    def write(kind: str) -> str:
        html = {
            "gate": lambda: gate_html(everything),
            "compare": lambda: comparison_html(made.comparison()),
            "hostile": lambda: gate_html(with_text(everything, "".join(TEXTS.values())[:200_000])),
            "long names": lambda: gate_html(with_text(everything, "W" * 300)),
            "many formats": lambda: comparison_html(many_formats()),
            "long formats": lambda: comparison_html(with_text(many_formats(), "W" * 300)),
            "claim": lambda: claim_html(claimed(), command="", created="", software={}),
            "plan": lambda: plan_html([planned("gsm8k"), planned("W" * 300)], command="", created="", software={}),
        }[kind]()
        file = tmp_path / f"{kind.replace(' ', '-')}.html"
        file.write_text(html, encoding="utf-8")
        return file.as_uri()

    return write


def many_formats() -> Comparison:
    """Four formats, asked six tasks, of which some pass."""
    tasks = tuple(made.decision(f"task{number}") for number in range(5))
    formats = [
        Format(
            f"mxfp{number}-g32",
            "runs",
            made.run_record(f"mxfp{number}"),
            (*tasks, made.decision("x") if number % 2 else made.regressed("x")),
            ReleaseVerdict.PASS if number % 2 else ReleaseVerdict.REGRESSED,
            float(number),
        )
        for number in range(4)
    ]
    return made.comparison(*formats, verdict=ReleaseVerdict.REGRESSED, cheapest=("mxfp1-g32",))


def claimed() -> ClaimVerdict:
    given = {"task": "W" * 100, "n": 200, "baseline": "0.965", "candidate": "0.955", "margin": 0.02}
    return judge_claims([claim_of_options(given), claim_of_options({**given, "candidate": "0.5"})])


def planned(task: str) -> Plan:
    return make_plan(assume(task, 1319, Guess(0.95, 0.05, 0.01), None), Aim((0.01, 0.02), repeats=1))


@pytest.mark.parametrize("kind", ["gate", "compare", "hostile", "long names", "long formats", "claim", "plan"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_silent_asks_for_nothing_and_fits(devtools, page, kind, width):
    address = page(kind)
    seen = visit(devtools, address, width=width, ask=(CUT,))
    assert seen.messages == []
    assert [request for request in seen.requests if not request.startswith("data:")] == [address]
    assert seen.scroll_width <= seen.client_width == width
    assert seen.answers == [[]]


def test_a_server_of_the_page_sees_one_request(devtools, everything):
    asked, html = [], gate_html(everything).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = visit(devtools, f"http://127.0.0.1:{server.server_port}/report")
        server.shutdown()
    assert asked == ["/report"]
    assert seen.messages == []


@pytest.mark.parametrize(("dark", "scheme"), [(False, LIGHT), (True, DARK)])
def test_it_follows_the_readers_scheme(devtools, page, dark, scheme):
    red, green, blue = (int(scheme["paper"][place : place + 2], 16) for place in (1, 3, 5))
    assert visit(devtools, page("gate"), dark=dark, ask=(GROUND,)).answers == [f"rgb({red}, {green}, {blue})"]


def test_a_release_of_two_tasks_prints_on_two_pages(devtools, tmp_path):
    file = tmp_path / "two.html"
    file.write_text(gate_html(made.verdict(made.decision(), made.inconclusive())), encoding="utf-8")
    assert visit(devtools, file.as_uri(), pdf=True).pdf_pages <= 2


def test_every_verdict_of_a_comparison_is_whole_on_a_phone(devtools, page):
    whole = (
        "[...document.querySelectorAll('.matrix .status')].every(e => { const r = e.getBoundingClientRect(); "
        "return r.left >= 0 && r.right <= innerWidth && r.height < 30; })"
    )
    count = "document.querySelectorAll('.matrix .status').length"
    assert visit(devtools, page("many formats"), width=390, ask=(whole, count)).answers == [True, 4 * 7]


HINTS = (
    "[...document.querySelectorAll('.scroll')].map(e => [e.scrollWidth > e.clientWidth, "
    "parseFloat(getComputedStyle(e, '::before').height) > 0])"
)


@pytest.mark.parametrize(("kind", "width"), [("gate", 390), ("many formats", 1280)])
def test_tables_that_scroll_say_so_and_no_others(devtools, page, kind, width):
    (tables,) = visit(devtools, page(kind), width=width, ask=(HINTS,)).answers
    assert {(scrolls, said) for scrolls, said in tables} == {(True, True), (False, False)}


def test_one_small_plot_uses_the_width_of_a_desk(devtools, tmp_path):
    file = tmp_path / "one.html"
    file.write_text(gate_html(made.verdict(made.inconclusive("gsm8k"))), encoding="utf-8")
    widths = "[...document.querySelectorAll('.grid.one svg')].map(e => e.getBoundingClientRect().width)"
    assert max(*visit(devtools, file.as_uri(), ask=(widths,)).answers[0]) >= 600
