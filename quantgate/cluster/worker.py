"""A worker's process: does what it is told over its standard input, with the code that a run on one machine has.

It knows nothing of what has started it. When its input ends, it ends, and with it all that it has started.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from quantgate import __version__
from quantgate.cluster.at_work import AtWork
from quantgate.cluster.frames import Frames, framed
from quantgate.cluster.messages import Files, Orders, Ready, Unfit
from quantgate.cluster.shipping import config_in, identity_told, own_in, unpack
from quantgate.evals.contract.task import Task
from quantgate.evals.errors import DataError, QuantgateError
from quantgate.evals.processors import use_only
from quantgate.evals.runs.garbage import rare_collections
from quantgate.evals.runs.grader_processes import GraderProcesses
from quantgate.tasks.loading import configured_task
from quantgate.tasks.needs import check_needs
from quantgate.tasks.registry import find_task

_PIECE = 1 << 20


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers itself
    # What libraries print must not come between what is said.
    said = os.dup(1)
    os.dup2(2, 1)
    _write(said, framed([{"quantgate": __version__, "python": platform.python_version()}]))
    with tempfile.TemporaryDirectory(prefix="quantgate-") as folder:
        frames = Frames()
        told = _told(frames)
        files, orders = next(told, None), next(told, None)
        if not (isinstance(files, Files) and isinstance(orders, Orders)):
            return
        os.environ.update(orders.keys)
        use_only(orders.processors)
        try:
            unpack(files, Path(folder))
            del files
            configs = {name: config_in(Path(folder), config) for name, config in orders.configs.items()}
            tasks = _loaded(orders, Path(folder))
        except (QuantgateError, OSError) as error:
            _write(said, framed([Unfit(type(error).__name__, str(error))]))
            return
        with GraderProcesses(list(tasks.values())) as graders, rare_collections():
            out = Path(folder, "out")
            configs = {name: config.model_copy(update={"out": out}) for name, config in configs.items()}
            asyncio.run(_serve(AtWork(tasks, configs, orders, graders, out), frames, said))


def _told(frames: Frames) -> Iterator[Any]:
    while piece := os.read(0, _PIECE):
        yield from frames.feed(piece)


def _loaded(orders: Orders, folder: Path) -> dict[str, Task]:
    check_needs(find_task(name) for name in orders.configs)
    tasks = {}
    for name, config in orders.configs.items():
        config = config_in(folder, config)
        tasks[name] = configured_task(name, config, own_in(folder, orders.own[name]))
        if (unlike := _unlike(identity_told(tasks[name].identity), orders.identities[name])) is not None:
            raise DataError(f"{name} is another task here: {unlike}")
    return tasks


def _unlike(here: Mapping[str, Any], there: Mapping[str, Any]) -> str | None:
    for name, value in there.items():
        if here[name] != value:
            return f"its {name} is {here[name]!r:.80}, and {value!r:.80} where the run is"
    return None


async def _serve(work: AtWork, frames: Frames, said: int) -> None:
    """Do what is told until the input ends; what is to be said is written by a task of its own."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_PIECE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", buffering=0))
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(said, "wb", buffering=0)
    )
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    async with AsyncExitStack() as stack:
        try:
            await work.open(stack)
        except QuantgateError as error:
            writer.write(framed([Unfit(type(error).__name__, str(error))]))
            await writer.drain()
            return
        work.say(Ready())
        speaking = asyncio.create_task(work.speak(writer))
        try:
            while piece := await reader.read(_PIECE):
                for message in frames.feed(piece):
                    work.obey(message)
        finally:
            speaking.cancel()
            await work.stop()
            with suppress(asyncio.CancelledError, ConnectionError):
                await speaking


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
