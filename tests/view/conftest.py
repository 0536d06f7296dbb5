"""What the tests of the viewer share: a browser where there is one, and a server of what they show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from uvicorn import Config, Server

from quantgate.view import pages
from quantgate.view.app import view_app
from quantgate.view.security import LOOPBACK, Guard
from quantgate.view.server import listening
from tests.reports.browser import CHROMIUM, browser
from tests.view.made import InMemory

TOKEN = "token"


@pytest.fixture(scope="session")
def devtools(tmp_path_factory):
    """The address of a headless Chromium's DevTools."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with browser(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
def served():
    """Serves what is given, as `quantgate view` does; yields the address of its overview."""

    @contextmanager
    def serve(shown: InMemory) -> Iterator[str]:
        with listening(0) as bound:
            port = bound.getsockname()[1]
            guard = Guard(view_app(shown, pages, f"/{TOKEN}/"), port, TOKEN)
            server = Server(Config(guard, lifespan="off", log_config=None, access_log=False))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
            thread.start()
            try:
                yield f"http://{LOOPBACK}:{port}/{TOKEN}/"
            finally:
                server.should_exit = True
                thread.join()

    return serve
