"""The addresses of the viewer, and which page each of them gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quantgate.evals.contract.records import SampleKey
from quantgate.evals.errors import QuantgateError
from quantgate.evals.text import unbroken
from quantgate.view.addresses import parse_filter, parse_item, parse_offset
from quantgate.view.assets import asset
from quantgate.view.types import DecisionRow, Filter, ItemPage, ItemView, Overview

_MOST_BYTES = 16 << 20
"""No page is larger: what it shows of a text has an end long before."""


class Unknown(LookupError):
    """There is no such decision, run or item; the message says which."""


class Shown(Protocol):
    """What the pages show. Each raises Unknown where there is nothing of that name, QuantgateError as reading does."""

    def overview(self) -> Overview: ...

    def decision(self, key: str) -> DecisionRow: ...

    def items(self, runs: tuple[str, ...], chosen: Filter, offset: int) -> ItemPage: ...

    def item(self, runs: tuple[str, ...], chosen: Filter, key: SampleKey) -> ItemView: ...


class Pages(Protocol):
    """Makes HTML text of what is shown; `base` is the address under which everything stands, with its last slash."""

    def overview_page(self, overview: Overview, base: str) -> str: ...

    def decision_page(self, decision: DecisionRow, base: str) -> str: ...

    def items_page(self, page: ItemPage, base: str, *, fragment: bool = False) -> str: ...

    def item_page(self, view: ItemView, base: str) -> str: ...

    def problem_page(self, title: str, message: str, base: str) -> str: ...


def view_app(shown: Shown, pages: Pages, base: str) -> Starlette:
    """The pages by their addresses below `base`, which `security.Guard` has taken off."""

    def page(make: Callable[[Request], str]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                return _html(make(request))
            except Unknown as error:
                return _html(pages.problem_page("Not found", str(error), base), 404)
            except QuantgateError as error:
                return _html(pages.problem_page("It cannot be read", unbroken(str(error)), base), 409)

        return answer

    def overview(request: Request) -> str:
        return pages.overview_page(shown.overview(), base)

    def decision(request: Request) -> str:
        return pages.decision_page(shown.decision(request.path_params["key"]), base)

    def items(request: Request) -> str:
        query = dict(request.query_params)
        found = shown.items(_runs(request), parse_filter(query), parse_offset(query))
        return pages.items_page(found, base, fragment="hx-request" in request.headers)

    def item(request: Request) -> str:
        query = dict(request.query_params)
        if (key := parse_item(query)) is None:
            raise Unknown("the address names no item")
        return pages.item_page(shown.item(_runs(request), parse_filter(query), key), base)

    def static(request: Request) -> Response:
        found = asset(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found[0], media_type=found[1])

    def not_found(request: Request, error: Exception) -> Response:
        return _html(pages.problem_page("Not found", "There is no page at this address.", base), 404)

    routes = [Route("/", page(overview)), Route("/decision/{key}", page(decision))]
    for place in ("/run/{run}", "/diff/{left}/{right}"):
        routes += [Route(place, page(items)), Route(f"{place}/item", page(item))]
    routes.append(Route("/static/{name}", static))
    return Starlette(routes=routes, exception_handlers={HTTPException: not_found})


def _runs(request: Request) -> tuple[str, ...]:
    """The keys of the runs that an address names: one, or the two of a pair."""
    return tuple(request.path_params.values())


def _html(text: str, status: int = 200) -> Response:
    # Half of a surrogate pair, from a model or a file, is what no page can hold.
    content = text.encode("utf-8", "replace")
    if len(content) > _MOST_BYTES:
        return Response("quantgate: this page would be too large\n", 413, media_type="text/plain")
    return Response(content, status, media_type="text/html")
