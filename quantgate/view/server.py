"""Serves the viewer on this machine alone, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from uvicorn import Config, Server

from quantgate.evals.errors import UsageError
from quantgate.view.security import LOOPBACK, Guard, new_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_MOST_AT_ONCE = 64
_END_S = 1
"""So long a page that is being made may take when the server ends."""


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket of this machine that is listened at, 0 for any free port. Raises UsageError when it cannot be had."""
    try:
        bound = socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        said = "another program listens there" if taken else getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--port {port}: {said}; without the option any that is free is taken") from None
    with bound:
        yield bound


def serve(bound: socket.socket, app: Callable[[str], ASGIApp], tell: Callable[[str], None], *, browser: bool) -> None:
    """Answer until Ctrl-C, which ends in KeyboardInterrupt.

    Parameters
    ----------
    bound
        The socket that is listened at.
    app
        Makes what answers of the address, without scheme and host, under which it stands.
    tell
        Is told the whole address, once.
    browser
        Open it in the user's browser, where there is a screen for one.
    """
    port, token, once = bound.getsockname()[1], new_token(), new_token()
    browser = browser and _has_screen()
    server = server_of(Guard(app(f"/{token}/"), port, token, once if browser else None))
    tell(f"http://{LOOPBACK}:{port}/{token}/")
    if browser:
        # Some browsers keep the caller until they end.
        threading.Thread(target=webbrowser.open, args=[f"http://{LOOPBACK}:{port}/{once}/"], daemon=True).start()
    server.run(sockets=[bound])


def server_of(app: ASGIApp) -> Server:
    """A server that says nothing of itself, and holds no more connections than one reader needs."""
    return Server(
        Config(
            app,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=_END_S,
        )
    )


def _has_screen() -> bool:
    """Whether a browser would have a window; without one it may be a program that takes the terminal."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
