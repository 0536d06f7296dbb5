"""Ports that nobody listens at: each given once, so that no two builds of a fleet are taken for one another."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from quantgate.evals.errors import QuantgateError
from quantgate.evals.runs.directory import RunDirectory


class Ports:
    """Gives free ports of this machine; `used` are those at which builds of the fleet were asked before."""

    def __init__(self, used: Iterable[int] = ()) -> None:
        self._given = set(used)

    def free(self) -> int:
        """A port that is free now. Whoever is to listen there is told soon: it is not held."""
        held: list[socket.socket] = []
        try:
            while True:
                held.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                held[-1].bind(("127.0.0.1", 0))
                port: int = held[-1].getsockname()[1]
                if port not in self._given:
                    self._given.add(port)
                    return port
        finally:
            for each in held:
                each.close()


def used_ports(folders: Iterable[Path]) -> list[int]:
    """The ports at which runs were asked; of one that cannot be read none is known."""
    ports = []
    for directory in map(RunDirectory, folders):
        try:
            if directory.exists():
                ports.append(urlsplit(str(directory.record().endpoint.get("base_url"))).port)
        except (QuantgateError, ValueError):
            continue
    return [port for port in ports if port is not None]
