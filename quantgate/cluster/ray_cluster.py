"""Workers on a Ray cluster: each an actor with its declared processors. The only module that imports Ray."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from quantgate.cluster import relay
from quantgate.cluster.links import LinkLost
from quantgate.evals.errors import UsageError
from quantgate.evals.text import excerpt

PROCESSORS = 1
"""Processors that a worker declares: one asks, and one grader or two simulations share it."""


@contextmanager
def connected(address: str | None) -> Iterator[RayCluster]:
    """A Ray cluster, for the length of the context; from the main thread, before any event loop runs.

    Without an `address` it is the one that RAY_ADDRESS names, or that runs on this machine.

    Raises
    ------
    UsageError
        When Ray is not installed, no cluster answers there, or it is of another version.
    """
    try:
        import ray
    except ImportError:
        raise UsageError('--executor ray: Ray is not installed: pip install "quantgate[ray]"') from None
    where = address or os.environ.get("RAY_ADDRESS") or "auto"
    if where.startswith("ray://"):
        raise UsageError(
            f"--ray-address {where}: a client's address will not do; run the command on a node of the cluster with "
            "--ray-address auto, or send it there with `ray job submit`"
        )
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ray.init(address=where, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise UsageError(
            f"--ray-address {where}: no Ray cluster can be used there ({excerpt(str(error))}); `ray start --head` "
            "starts one on this machine"
        ) from None
    finally:
        # Ray's own would end this process where the run stores first what has arrived.
        for number, handler in handlers.items():
            signal.signal(number, handler)
    try:
        yield RayCluster(ray)
    finally:
        ray.shutdown()


class RayCluster:
    """The `Workplace` that a connected cluster is."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        # Sent as it is, and not by its name: whether a node has quantgate is for the node to tell.
        ray.cloudpickle.register_pickle_by_value(relay)
        self._actor = ray.remote(relay.Relay)

    async def places(self) -> int:
        try:
            resources = await asyncio.to_thread(self._ray.cluster_resources)
        except self._ray.exceptions.RayError as error:
            raise LinkLost(excerpt(str(error))) from None
        return int(resources.get("CPU", 0)) // PROCESSORS

    def shared(self, data: bytes) -> object:
        return self._ray.put(data)

    async def hire(self) -> _Link:
        options = {"num_cpus": PROCESSORS, "max_restarts": 0, "max_task_retries": 0, "scheduling_strategy": "SPREAD"}
        link = _Link(self._ray, self._actor.options(**options).remote(PROCESSORS))
        try:
            await link.start()
        except BaseException:
            await link.close()
            raise
        return link


class _Link:
    """A worker as an actor."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray = ray
        self._actor = actor
        self.where = "a node"

    async def start(self) -> None:
        self.where = await self._told(self._actor.start.remote())

    async def send(self, data: object) -> None:
        await self._told(self._actor.send.remote(data))

    async def pieces(self) -> AsyncIterator[bytes]:
        said = self._actor.listen.options(num_returns="streaming").remote()
        while True:
            try:
                piece: bytes = await (await anext(said))
            except StopAsyncIteration:
                break
            except self._ray.exceptions.RayError as error:
                raise LinkLost(_why(error)) from None
            yield piece
        raise LinkLost(await self._told(self._actor.ended.remote()))

    async def close(self) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._actor)

    async def _told(self, called: Any) -> Any:
        try:
            return await called
        except self._ray.exceptions.RayError as error:
            raise LinkLost(_why(error)) from None


def _why(error: Exception) -> str:
    """What Ray says of a lost actor, without its table of names."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return excerpt(" ".join(lines[-1:]) or type(error).__name__)
