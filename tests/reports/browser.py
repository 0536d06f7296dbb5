"""Opens a page in headless Chromium over the DevTools protocol and tells what a person and a network guard see."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_PATIENCE = 60
_TRIES = 400


@dataclass
class Visit:
    """What happened while a page was open."""

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    scroll_width: int = 0
    client_width: int = 0
    height: int = 0
    screenshot: bytes = b""
    pdf_pages: int = 0
    answers: list[Any] = field(default_factory=list)


@contextmanager
def browser(folder: Path) -> Iterator[str]:
    """A running browser with a profile in `folder`; yields the address of its DevTools."""
    assert CHROMIUM is not None
    quiet = ("--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio", *quiet]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
                yield f"http://{found.group(1)}"
                return
        raise AssertionError("Chromium ended before it listened")
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def visit(
    devtools: str,
    url: str,
    *,
    width: int = 1280,
    dark: bool = False,
    ask: tuple[str, ...] = (),
    pdf: bool = False,
    shot: bool = False,
) -> Visit:
    """Open `url` at `width` CSS pixels; `ask` are expressions evaluated from outside the page (it allows no script)."""
    return asyncio.run(asyncio.wait_for(_visit(devtools, url, width, dark, ask, pdf, shot), _PATIENCE))


def drive(
    devtools: str, url: str, does: Callable[[Page], Awaitable[None]], *, width: int = 1280, dark: bool = False
) -> Visit:
    """Open `url` and do with it what a person does, in `does`."""

    async def opened() -> Visit:
        async with _opened(devtools, url, width, dark) as page:
            await does(page)
            return page.seen

    return asyncio.run(asyncio.wait_for(opened(), _PATIENCE))


async def _visit(devtools: str, url: str, width: int, dark: bool, ask: tuple[str, ...], pdf: bool, shot: bool) -> Visit:
    async with _opened(devtools, url, width, dark) as page:
        seen = page.seen
        await asyncio.sleep(0.3)
        for expression in ("scrollWidth", "clientWidth", "scrollHeight"):
            seen.answers.append(await page.evaluate(f"document.documentElement.{expression}"))
        seen.scroll_width, seen.client_width, seen.height = seen.answers
        seen.answers = [await page.evaluate(expression) for expression in ask]
        if shot:
            clip = {"x": 0, "y": 0, "width": width, "height": min(seen.height, 8_000), "scale": 1}
            taken = await page.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
            seen.screenshot = base64.b64decode(taken["data"])
        if pdf:
            printed = await page.call("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69)
            seen.pdf_pages = len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"])))
            seen.answers.append(base64.b64decode(printed["data"]))
    return seen


@asynccontextmanager
async def _opened(devtools: str, url: str, width: int, dark: bool) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession() as session:
        async with session.put(f"{devtools}/json/new?about:blank") as answer:
            target = await answer.json()
        async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            page = Page(socket)
            for domain in ("Page", "Network", "Log", "Runtime"):
                await page.call(f"{domain}.enable")
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
            await page.call("Emulation.setEmulatedMedia", features=scheme)
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            await page.call("Emulation.setDeviceMetricsOverride", **size)
            await page.call("Page.navigate", url=url)
            await page.until("Page.loadEventFired")
            yield page
        await session.put(f"{devtools}/json/close/{target['id']}")


class Page:
    """One open page; `seen` is what has happened in it so far."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self.seen, self._last = socket, Visit(), 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        while True:
            message = await self._next()
            if message.get("id") == self._last:
                assert "error" not in message, message
                return message["result"]

    async def evaluate(self, expression: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def press(self, key: str) -> None:
        """One key as a person presses it: a sign, or a name as `KeyboardEvent.key` has it."""
        code = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}.get(key)
        told = {"key": key, "windowsVirtualKeyCode": code} if code else {"key": key}
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        await self.call("Input.dispatchKeyEvent", type="keyDown", **told, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    async def click(self, selector: str) -> None:
        """A click of the mouse in the middle of an element, which is scrolled into sight."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.evaluate(f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = await self.evaluate(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({found}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    async def becomes(self, expression: str, wanted: Any = True) -> None:
        """Wait until an expression has a value in a page that is loaded, through others that are opened meanwhile."""
        found = None
        for _ in range(_TRIES):
            with suppress(AssertionError):  # the page it was asked of has gone
                found = await self.evaluate(expression)
                if found == wanted and await self.evaluate("document.readyState === 'complete'"):
                    return
            await asyncio.sleep(_PATIENCE / 3 / _TRIES)
        raise AssertionError(f"{expression} is {found!r}, not {wanted!r}")

    async def picture(self) -> bytes:
        """What is in sight, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def until(self, method: str) -> None:
        while (await self._next()).get("method") != method:
            pass

    async def _next(self) -> dict[str, Any]:
        message = json.loads(await self._socket.receive_str())
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.seen.requests.append(params["request"]["url"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.seen.messages.append(json.dumps(params)[:500])
            case "Page.javascriptDialogOpening":
                self.seen.messages.append(f"dialog: {params['message']}")
            case "Log.entryAdded":
                self.seen.messages.append(params["entry"]["text"])
        return message
