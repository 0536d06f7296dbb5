"""Makes figures and turns them into SVG or PNG: same style, same bytes for the same figures, text that stays text.

A figure is as many units wide as it shall have CSS pixels, and a font of 12 is 12 CSS pixels high. Nothing touches
matplotlib's global state, no window system is needed, and text is never read as mathematics (`$`) or markup.
"""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from quantgate.evals.errors import UsageError
from quantgate.evals.text import one_line
from quantgate.reports.words.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, RULE, ZONE, PAPER = (LIGHT[role] for role in ("ink", "muted", "rule", "zone", "paper"))
SMALL, BODY = 11.0, 12.5
_UNITS_PER_INCH = 72
_PNG_DOTS_PER_INCH = 200
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_STYLE: Mapping[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "quantgate",
    "svg.id": None,
    "text.parse_math": False,
    "text.usetex": False,
    "text.color": INK,
    "font.family": ["DejaVu Sans"],
    "font.size": BODY,
    "axes.facecolor": "none",
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL,
    "axes.linewidth": 1.0,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "figure.facecolor": "none",
    "path.simplify": False,
}


def need_matplotlib(option: str) -> None:
    """Raise UsageError, saying what to install, when there is no matplotlib to draw with."""
    try:
        with _elsewhere():
            import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError(f'{option} draws plots with matplotlib: pip install "quantgate[plots]"') from None


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Be in another folder for a moment: matplotlib reads a `matplotlibrc` of the working directory when it loads."""
    if not os.path.lexists("matplotlibrc") or "matplotlib" in sys.modules:
        yield
        return
    here = os.open(os.curdir, os.O_RDONLY)
    try:
        os.chdir(os.sep)
        yield
    finally:
        os.fchdir(here)
        os.close(here)


@contextmanager
def style() -> Iterator[None]:
    """Draw and save within this: the reports' style, whatever the user's own matplotlib settings are."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        settings: Any = mpl.rcParams
        settings.update({name: value for name, value in _STYLE.items() if name in settings})
        # A glyph that the measuring font lacks is the reader's font's to draw.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` CSS pixels; to be called within `style`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / _UNITS_PER_INCH, height / _UNITS_PER_INCH), dpi=_UNITS_PER_INCH)


def new_axes(figure: Figure, *, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with the given gutters in CSS pixels."""
    width, height = (inches * _UNITS_PER_INCH for inches in figure.get_size_inches())
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    axes.tick_params(length=4, width=1)
    return axes


def label(text: str, width: int) -> str:
    """A label that came from a model, a file or a user: one line, no control characters, at most `width` long."""
    return one_line(text, width)


def svg_file(figure: Figure) -> str:
    """The figure as a file of its own, in the light colours and on paper of its own."""
    return _fonts(_svg(figure, facecolor=PAPER))


def png_file(figure: Figure) -> bytes:
    """The figure as a PNG for slides."""
    with style():
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=_PNG_DOTS_PER_INCH, facecolor=PAPER, metadata={"Software": None})
        return stream.getvalue()


def inline_svg(figure: Figure, name: str, title: str) -> str:
    """The figure for a page: colours by CSS variables, ids of its own (`name`, a word), `title` for who cannot see it.

    `title` must be plain text; it is escaped here.
    """
    from xml.sax.saxutils import quoteattr

    text = _fonts(_svg(figure, facecolor="none"))
    text = text[text.index("<svg") :]
    for role, colour in LIGHT.items():
        text = text.replace(f": {colour}", f": var(--{role})")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'(\sid="|href="#|url\(#)', rf"\1{name}-", text)
    width, height = (f"{inches * _UNITS_PER_INCH:g}" for inches in figure.get_size_inches())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f"aria-label={quoteattr(label(title, 400))} "
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, text, count=1)


def _svg(figure: Figure, facecolor: str) -> str:
    with style():
        stream = io.StringIO()
        figure.savefig(stream, format="svg", facecolor=facecolor, metadata={"Date": None, "Creator": None})
        return stream.getvalue()


def _fonts(svg: str) -> str:
    """The measuring font replaced by the reader's own, in the style of each text element."""
    return re.sub(r"(font-family: |font: [^;\"]*?px )'DejaVu Sans'[^;\"]*", rf"\1{_FONTS}", svg)
