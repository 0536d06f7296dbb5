"""The frame of every HTML report: templates, styles, and one gate that all text passes on its way into a page.

Templates escape everything (`autoescape`), and what they print has control, format and bidirectional characters taken
out before that, so no text of a model, a file or a server can do more in a page than be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from quantgate.evals.text import one_line, printable
from quantgate.reports.words import numbers
from quantgate.reports.words.palette import DARK, LIGHT, MARK, VERDICT_ROLE, css_variables, verdict_word

if TYPE_CHECKING:
    from jinja2 import Environment

_LONGEST = 20_000
"""No single value in a page is longer, whatever a template forgot to shorten."""


_FEW = {1: "one", 2: "two"}


@dataclass(frozen=True, slots=True)
class PlotEntry:
    """A task's plot on a page, with what it says in words; `wide` is for a desk, where few plots have room there."""

    name: str
    svg: Any
    caption: str
    wide: Any = None


def render(template: str, **values: Any) -> str:
    """A page from a template of `reports/html/templates`."""
    page = _environment().get_template(template).render(**values)
    return page.encode("utf-8", "replace").decode("utf-8") + "\n"


def figure_markup(svg: str) -> Any:
    """An SVG of `reports.plots.canvas.inline_svg`, as markup that a template prints as it is."""
    from markupsafe import Markup

    return Markup(svg)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    loader = PackageLoader("quantgate.reports.html", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, finalize=_safe, trim_blocks=True, lstrip_blocks=True
    )
    style, _, _ = loader.get_source(environment, "style.css")
    environment.globals.update(light=Markup(css_variables(LIGHT)), dark=Markup(css_variables(DARK)), css=Markup(style))
    environment.filters.update(_filters())
    return environment


def _filters() -> Mapping[str, Any]:
    return {
        "line": one_line,
        "role": lambda verdict: VERDICT_ROLE[str(verdict)],
        "mark": lambda verdict: MARK[str(verdict)],
        "word": lambda verdict: verdict_word(str(verdict)),
        "signed": numbers.signed,
        "few": lambda entries: _FEW.get(len(entries), ""),
    }


def _safe(value: Any) -> Any:
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return printable(value[:_LONGEST])
