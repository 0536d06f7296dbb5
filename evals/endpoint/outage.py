"""Whether a server that gives nothing but faults may still be at work, is down, or has just come back. Pure."""

from __future__ import annotations

import math

_FEWEST = 3
_FIRST_SECOND_S = 1.0


class Outage:
    """What faults in a row mean.

    While an attempt is under way that was sent before the first of them, the server may only be full. Once every such
    attempt has failed too, and three at least, it is `down`: then one attempt at a time looks whether it is back, and
    `vain` counts those. When it answers again, only so many attempts as it is told are sent in the first second.
    """

    def __init__(self) -> None:
        self.vain = 0
        self._faults = 0
        self._under_way = 0
        self._before = 0
        self._began = -math.inf
        self._looked = -math.inf
        self._down_since = -math.inf
        self._until = -math.inf
        self._left = 0

    @property
    def is_down(self) -> bool:
        return self.vain > 0

    @property
    def is_silent(self) -> bool:
        """Whether no attempt is left that could tell faults in a row from a server that is down."""
        return self._faults > 0 and self._before <= 0

    def down_s(self, now: float) -> float:
        """How long the server is known to be down; 0 when it is not."""
        return now - self._down_since if self.is_down else 0.0

    def opens(self, now: float) -> float:
        """When the next attempt may be sent, after an outage."""
        return self._until if now < self._until and self._left <= 0 else now

    def looks_again(self, at: float) -> None:
        """Nothing is sent before that moment: what fails and was sent earlier has not looked."""
        self._looked = max(self._looked, at)

    def sent(self) -> None:
        self._under_way += 1
        self._left -= 1

    def answered(self, sent: float, most: int) -> bool:
        """The server has answered; whether an outage has ended so, and `most` may be sent in its first second."""
        was_down = self.is_down
        self._under_way -= 1
        self._faults = self._before = self.vain = 0
        if was_down:
            self._until = sent + _FIRST_SECOND_S
            self._left = max(1, most) - 1
        return was_down

    def failed(self, sent: float, now: float) -> bool:
        """An attempt has failed; whether it was one that looked if the server is back."""
        self._under_way -= 1
        if self._faults == 0:
            self._began, self._before = now, self._under_way
        elif sent <= self._began:
            self._before -= 1
        self._faults += 1
        if self._before > 0 or self._faults < _FEWEST or sent <= self._looked:
            return False
        self._looked = now
        self._down_since = now if not self.vain else self._down_since
        self.vain += 1
        return True
