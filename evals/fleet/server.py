"""Starts a build's server, waits until it is up, and stops it: as long as a block lasts and no longer."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import aiohttp

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import QuantgateError, Unfinished
from quantgate.evals.files import write_atomically
from quantgate.evals.fleet.keeper import MOST_LOG
from quantgate.evals.fleet.types import Failure
from quantgate.evals.secrets import learn, without_keys
from quantgate.evals.settings.durations import told_duration
from quantgate.evals.settings.fleet.serve import Address, Serve
from quantgate.evals.text import one_line, printable

GRACE_S = 20.0
"""Seconds that a server has to end by itself when it is told to."""

_FIRST_LOOK_S, _LOOK_EVERY_S = 0.1, 2.0
"""Seconds between looks: soon at first, for small servers are up at once, and large ones take minutes."""

_CONFIRMED_S = 0.3
_ONE_LOOK_S = 5.0
_LAST_LINES = 12
_LINE = 400
_HOLDS_KEY = re.compile(r"(?:TOKEN|KEY|SECRET|PASSWORD)S?$", re.IGNORECASE)
_KEEPER = Path(__file__).with_name("keeper.py")
_UP = frozenset({401, 403})
"""Who asks for a key is up; whether ours is taken is seen when the endpoint is looked at."""


class ServerTrouble(Unfinished):
    """A server that does not come up, or has ended while it was asked; with the last lines of its log."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(slots=True)
class Server:
    """A server that is up. `ended` is done as soon as it is not any more."""

    base_url: str
    ended: asyncio.Future[int]
    log: _Log = field(repr=False)

    def beside(self, error: QuantgateError) -> ServerTrouble:
        """What kept it from being asked, with the last lines of its log."""
        return ServerTrouble(Failure(str(error), self.log.last_lines()))

    def trouble(self) -> ServerTrouble:
        """What is to be said of a server that has ended while it was asked."""
        said = f"its server {_how(self.ended.result())} while it was asked"
        return ServerTrouble(Failure(said, self.log.last_lines()))


@asynccontextmanager
async def serving(
    serve: Serve, address: Address, log_file: Path, tell: Callable[[str], None], grace_s: float = GRACE_S
) -> AsyncIterator[Server]:
    """Serve a build until the block is left, however it is left.

    Parameters
    ----------
    serve, address
        The command and how long it may take; where it serves.
    log_file
        Where the end of what it has printed is kept afterwards, without keys.
    tell
        Called with the last line of its log while it comes up.
    grace_s
        Seconds that it has to end by itself.

    Raises
    ------
    ServerTrouble
        When something answers at its address before it is started, it ends before it answers, or is not up in time.
    """
    with tempfile.TemporaryDirectory(prefix="quantgate-") as folder:
        log = _Log(Path(folder) / "log")
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=False, force_close=True), timeout=aiohttp.ClientTimeout(_ONE_LOOK_S)
        ) as session:
            health = _Health(session, urljoin(address.base_url, serve.health))
            if address.command is None:
                await _wait(health, serve, None, log, tell)
                yield Server(address.base_url, asyncio.get_running_loop().create_future(), log)
                return
            if await health.answers():
                raise ServerTrouble(
                    Failure(
                        f"something answers at {health.shown} before its server is started, and would be asked in its "
                        "place: stop that, or let {port} choose a free port"
                    )
                )
            process = await _started(address.command, log, grace_s)
            ended = asyncio.create_task(_outcome(process))
            try:
                await _wait(health, serve, ended, log, tell)
                yield Server(address.base_url, ended, log)
            finally:
                await _stop(process, ended, log, log_file)


async def _started(command: str, log: _Log, grace_s: float) -> asyncio.subprocess.Process:
    for name, value in os.environ.items():
        # It is given the environment, and prints what it likes.
        if _HOLDS_KEY.search(name):
            learn(value, name)
    settings = json.dumps({"command": command, "log": str(log.file), "grace_s": grace_s})
    # In a session of its own: Ctrl-C in the terminal is for the sweep, which then stops its servers in order.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_KEEPER), settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def _outcome(process: asyncio.subprocess.Process) -> int:
    """The exit code of the command, once nothing of it runs any more."""
    assert process.stdout is not None
    said = await process.stdout.read()
    await process.wait()
    with suppress(ValueError):
        return int(json.loads(said)["code"])
    return process.returncode or 0


async def _stop(process: asyncio.subprocess.Process, ended: asyncio.Task[int], log: _Log, log_file: Path) -> None:
    """Tell the keeper to end, and wait for it; it ends all even where nobody waits."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.shield(ended)
    finally:
        with suppress(OSError):
            log_file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(log_file, log.text())


async def _wait(
    health: _Health, serve: Serve, ended: asyncio.Task[int] | None, log: _Log, tell: Callable[[str], None]
) -> None:
    """Wait until it is up. Raises ServerTrouble when it ends before, or is not up in time."""
    try:
        async with asyncio.timeout(serve.timeout_s):
            pause = _FIRST_LOOK_S
            while not await health.is_good():
                if ended is not None and ended.done():
                    break
                tell(log.last_line() or health.said)
                await _pause(ended, pause)
                pause = min(1.5 * pause, _LOOK_EVERY_S)
            # A port may have become another's, whose server answers: ours has to be there when it does.
            await _pause(ended, _CONFIRMED_S)
    except TimeoutError:
        within = told_duration(serve.timeout_s)
        said = f"it is not up after {within}: {health.shown} {health.said}"
        if ended is not None:
            said += "; a server that takes longer is given more by serve: {timeout: 1h}"
        raise ServerTrouble(Failure(said, log.last_lines())) from None
    if ended is not None and ended.done():
        told = f"its server {_how(ended.result())} before it was up"
        if ended.result() == 0:
            told += ": a command that goes to the background ends it; let it stay in the foreground"
        raise ServerTrouble(Failure(told, log.last_lines()))


async def _pause(ended: asyncio.Task[int] | None, seconds: float) -> None:
    if ended is None:
        await asyncio.sleep(seconds)
    else:
        await asyncio.wait([ended], timeout=seconds)


class _Health:
    """What a server says at the path that tells whether it is up."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.shown = redact_url(url)
        self.said = "does not answer"

    async def is_good(self) -> bool:
        status = await self._status()
        return status is not None and (200 <= status < 300 or status in _UP)

    async def answers(self) -> bool:
        return await self._status() is not None

    async def _status(self) -> int | None:
        try:
            async with self._session.get(self._url, allow_redirects=False) as reply:
                self.said = f"says HTTP {reply.status}"
                return reply.status
        except TimeoutError:
            self.said = "takes the request and does not answer"
            return None
        except (aiohttp.ClientError, OSError):
            self.said = "does not answer"
            return None


class _Log:
    """The end of what a server has printed, as it may be shown and kept: no key, nothing that a terminal obeys."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def text(self) -> str:
        try:
            held = self.file.read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""
        if len(held) >= MOST_LOG // 4 and (begun := re.search(r"[\r\n]", held)):
            # Of the first line only an end may be there, and of a key in it what is not known as one.
            held = held[begun.end() :]
        # A line that is written over in place, as progress bars are, is told by its last state.
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in held.split("\n")]
        return printable(without_keys("\n".join(lines)))

    def last_lines(self) -> tuple[str, ...]:
        lines = [one_line(line, _LINE) for line in self.text().splitlines()[-10 * _LAST_LINES :]]
        return tuple(line for line in lines if line)[-_LAST_LINES:]

    def last_line(self) -> str:
        return next(reversed(self.last_lines()), "")


def _how(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended (exit code {code})"
