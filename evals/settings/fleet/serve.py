"""How a build of a fleet comes to be served: a command with places that are filled in, and when it is up."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

PORT = "{port}"
_PLACE = re.compile(r"\{(?:port|model|label)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a build is served, and by which command; none where somebody else starts it."""

    base_url: str
    command: str | None


@dataclass(frozen=True, slots=True)
class Serve:
    """How a build comes to be served.

    Parameters
    ----------
    command
        What starts its server, for `/bin/sh`; `None` where it is only waited for.
    base_url
        The root of its API.
    health
        The path that answers with a status of 2xx once it is up.
    timeout_s
        Seconds within which it has to be up.

    In `command` and `base_url` `{port}` stands for a free port of this machine, in `command` `{model}` and `{label}`
    for those of the build.
    """

    command: str | None
    base_url: str
    health: str
    timeout_s: float

    @property
    def wants_port(self) -> bool:
        return PORT in f"{self.command or ''} {self.base_url}"

    def at(self, port: int | str, *, model: str, label: str) -> Address:
        """The address with its command, everything filled in."""
        base_url = self.base_url.replace(PORT, str(port))
        if self.command is None:
            return Address(base_url, None)
        words = {PORT: str(port), "{model}": shlex.quote(model), "{label}": shlex.quote(label)}
        # In one pass: what a model's name says in braces is no place, and its quotes are closed by nothing in it.
        return Address(base_url, _PLACE.sub(lambda place: words[place[0]], self.command))
