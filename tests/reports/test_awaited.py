"""Formats that are awaited are named in every form of a comparison, and are no green tick in any."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from rich.console import Console

from quantgate.evals.decision.types import ReleaseVerdict
from quantgate.reports.files.junit import comparison_junit
from quantgate.reports.files.markdown import comparison_markdown
from quantgate.reports.html.compare import comparison_html
from quantgate.reports.terminal.compare import print_comparison
from tests.reports import made

WHY = "its server ended (exit code 3) before it was up"


def awaited():
    return made.comparison(awaited={"late": WHY}, verdict=ReleaseVerdict.INCONCLUSIVE)


def printed(comparison) -> str:
    out = io.StringIO()
    print_comparison(Console(file=out, width=160), comparison)
    return out.getvalue()


@pytest.mark.parametrize("render", [printed, comparison_html])
def test_they_are_named_with_the_reason(render):
    said = render(awaited())
    assert f"late: {WHY}" in said
    assert "1 format is awaited" in said


def test_a_pull_request_names_them_too():
    assert "1 format is awaited" in comparison_markdown(awaited())


def test_the_terminal_tells_no_exit_code_that_is_not_the_commands():
    assert printed(awaited()).splitlines()[-1] == "verdict so far: ? inconclusive"


def test_in_junit_each_is_an_error():
    (suite,) = ElementTree.fromstring(comparison_junit(awaited())).findall("testsuite[@name='quantgate.late']")
    assert suite.find("testcase/error").get("message") == f"not complete: {WHY}"
