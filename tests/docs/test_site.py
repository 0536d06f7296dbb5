"""The documents as a site, and what they say of the project, are true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.docs.site import options, reference

pytestmark = pytest.mark.slow

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
ASSET = re.compile(r"""<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=["']?(https?://[^"' >]+)""")


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site, built strictly: a broken link, a page without a place or an asset from elsewhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    loaded = {(page.name, found) for page in pages for found in ASSET.findall(page.read_text(encoding="utf-8"))}
    assert loaded == set()


def test_the_site_holds_what_tools_fetch_from_it(site):
    for name in ("gate.schema.json", "example-gate.json", "example-report.html", "reference/index.html"):
        assert (site / name).is_file()


def test_the_command_reference_has_every_verb_and_option():
    found = options()
    assert {"gate", "run", "data fetch"} <= found.keys()
    assert {"--margin", "--policy", "--junit-inconclusive"} <= found["gate"]
    assert "Exits 0 pass, 1 regressed, 3 inconclusive" in reference()["reference"]()


def test_the_architecture_page_names_the_verbs_that_there_are():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("| verb | does |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z ]+)` \|", table, re.MULTILINE)) == {name for name, _ in reference()["verbs"]()}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_links_of_a_page_outside_the_site_lead_somewhere(name):
    links = LINK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 900
