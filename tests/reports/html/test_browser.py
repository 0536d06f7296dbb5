"""The page in a real browser: silent, alone, as wide as the screen, and dark where the reader wants it dark."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from quantgate.reports.html.compare import comparison_html
from quantgate.reports.html.gate import gate_html
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
        }[kind]()
        file = tmp_path / f"{kind.replace(' ', '-')}.html"
        file.write_text(html, encoding="utf-8")
        return file.as_uri()

    return write


@pytest.mark.parametrize("kind", ["gate", "compare", "hostile", "long names"])
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
