"""The pages of the viewer as HTML text: the overview, a decision, a list of items, one item.

Templates escape everything (`autoescape`); what they print has control and bidirectional characters named before that,
so no text of a model, a file or a server can do more in a page than be read. There is no inline script or style.
"""

from __future__ import annotations

from quantgate.view.types import DecisionRow, ItemPage, ItemView, Overview


def overview_page(overview: Overview, base: str) -> str:
    """All that is open; `base` is the address under which everything stands, with a slash at its end."""
    raise NotImplementedError


def decision_page(decision: DecisionRow, base: str) -> str:
    """One decision with its tasks."""
    raise NotImplementedError


def items_page(page: ItemPage, base: str, *, fragment: bool = False) -> str:
    """A list of items; `fragment` is what htmx asks for (`HX-Request`): the rows and the counts, without the frame."""
    raise NotImplementedError


def item_page(view: ItemView, base: str) -> str:
    """One item whole."""
    raise NotImplementedError


def problem_page(title: str, message: str, base: str) -> str:
    """What went wrong and what to do, for an address that leads nowhere or a run that cannot be read."""
    raise NotImplementedError
