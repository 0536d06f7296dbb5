"""The files that pages load: there, with their types, and nothing else."""

from __future__ import annotations

import re

import pytest

from quantgate.reports.words.palette import DARK, LIGHT
from quantgate.view.assets import asset


def text(name: str) -> str:
    found = asset(name)
    assert found is not None
    return found[0].decode()


@pytest.mark.parametrize("name", ["page.html.j2", "../pages.py", "..%2fpages.py", "", "style.css/", "/etc/passwd"])
def test_nothing_but_the_files_of_the_pages_is_had(name):
    assert asset(name) is None


def test_the_style_has_the_colours_of_the_reports_and_no_others():
    style = text("style.css")
    for colour in (*LIGHT.values(), *DARK.values()):
        assert colour in style
    assert set(re.findall(r"#[0-9a-f]{6}\b", style)) <= {*LIGHT.values(), *DARK.values()}
    used = set(re.findall(r"var\(--(\w+)", style))
    assert used - LIGHT.keys() <= {"row", "rows", "columns", "task", "answers"}


def test_htmx_comes_with_its_licence():
    assert "htmx" in text("htmx.min.js")[:200]
    assert "Zero-Clause BSD" in text("htmx.LICENSE.txt")
    version = re.search(r'version:"([\d.]+)"', text("htmx.min.js"))
    assert version is not None
    assert version[1] in text("htmx.LICENSE.txt")


@pytest.mark.parametrize("name", ["view.js", "style.css"])
def test_nothing_is_loaded_from_elsewhere_and_no_text_becomes_html(name):
    assert not re.search(
        r"https?:|//cdn|@import|innerHTML =|outerHTML =|insertAdjacentHTML|document\.write|eval\(", text(name)
    )
