"""The files that the pages load: the style with the reports' colours, the script, htmx; each by its name."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from quantgate.reports.words.palette import DARK, LIGHT, css_variables

_TYPES = {
    "style.css": "text/css; charset=utf-8",
    "view.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "htmx.LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """The file of that name and its media type; `None` where the pages load no such file."""
    if name not in _TYPES:
        return None
    content = files("quantgate.view").joinpath("static", name).read_bytes()
    if name == "style.css":
        dark = f"@media (prefers-color-scheme:dark){{:root{{{css_variables(DARK)}}}}}"
        content = f":root{{{css_variables(LIGHT)}}}\n{dark}\n".encode() + content
    return content, _TYPES[name]
