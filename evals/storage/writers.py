"""Who writes to an address: each session claims the next number under `writers/`, so that of two only one can.

While it goes on it shows there that it lives. Clocks of machines are not compared: who comes later watches for as long
as a sign must come in.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from quantgate.evals.errors import StorageError
from quantgate.evals.storage.errors import Displaced
from quantgate.evals.storage.layout import WRITERS
from quantgate.evals.storage.objects import Objects
from quantgate.evals.text import one_line

BEAT_S = 10.0
LEASE_S = 45.0
"""A writer without a sign for so long is taken for dead. One that only was cut off finds that out by the numbers."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of one session: its number, and the name that tells it from every other."""

    number: int
    id: str

    @property
    def name(self) -> str:
        return _name(self.number)

    def content(self, beats: int, *, ended: bool = False) -> bytes:
        """What stands in its object: a sign of life, or that it has ended in order."""
        return json.dumps({"id": self.id, "host": socket.gethostname(), "beats": beats, "ended": ended}).encode()


def claim(
    objects: Objects,
    numbers: Sequence[int],
    own: str | None,
    tell: Callable[[str], None],
    lease_s: float = LEASE_S,
) -> Claim:
    """Take the next number, after whoever had the last one is done or shows no sign.

    Parameters
    ----------
    numbers
        Those that are taken.
    own
        The id of this machine's last session, which is over: its lock is held by whoever calls.

    Raises
    ------
    StorageError
        When another machine is writing there.
    """
    last = max(numbers, default=0)
    if last:
        _wait_for_end(objects, last, own, tell, lease_s)
    made = Claim(last + 1, secrets.token_hex(8))
    if not objects.put_new(made.name, made.content(0)):
        raise _is_written_to(objects, _read(objects, last + 1))
    return made


def last_id(objects: Objects, numbers: Sequence[int]) -> str | None:
    """The id of whoever wrote last; `None` where nobody has."""
    return str(_read(objects, max(numbers)).get("id")) if numbers else None


def check_claim(objects: Objects, held: Claim) -> None:
    """Raise Displaced where somebody has taken the number after."""
    if (content := objects.read(_name(held.number + 1))) is not None:
        raise Displaced(
            f"{objects.address} is written to from {_host(_parsed(content))} by now, which had no sign of this one for "
            "long: what arrived since is kept here, and the same command sees what there is to go on with"
        )


def _wait_for_end(objects: Objects, number: int, own: str | None, tell: Callable[[str], None], lease_s: float) -> None:
    seen = _read(objects, number)
    if seen.get("ended") or (own is not None and seen.get("id") == own):
        return
    tell(
        f"{objects.address} was last written to from {_host(seen)}, which has not said that it is done: "
        f"watching for {lease_s:.0f} s whether it goes on"
    )
    looks = 6
    for _ in range(looks):
        Event().wait(lease_s / looks)
        now = _read(objects, number)
        if now.get("ended"):
            return
        if now != seen:
            raise _is_written_to(objects, now)


def _is_written_to(objects: Objects, who: dict[str, object]) -> StorageError:
    return StorageError(
        f"another quantgate, on {_host(who)}, is writing to {objects.address}: wait for it, or give another --out"
    )


def _host(who: dict[str, object]) -> str:
    return one_line(str(who.get("host") or "another machine"), 80)


def _name(number: int) -> str:
    return f"{WRITERS}/{number:06d}.json"


def _read(objects: Objects, number: int) -> dict[str, object]:
    return _parsed(objects.read(_name(number)) or b"")


def _parsed(content: bytes) -> dict[str, object]:
    """What a writer said of itself; nothing of one that is broken, which is then watched as any other."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
