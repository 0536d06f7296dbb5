"""How many requests in flight bring the most answers: tried out, level by level. Pure: the caller tells the time."""

from __future__ import annotations

import math

from quantgate.evals.endpoint.speed import Speed

_START = 4
_WORTH = 0.12
"""So many percent more in flight must bring at least a hundredth of them more in answers, or they only wait."""

_TOLERATED = 0.05
"""So large a part of a round may be turned away without a step back: single refusals say nothing of the load."""

_ROUND = 32
"""So many answers tell a level's speed, where it has as many in flight."""

_LONGEST_PAUSE = 16
_FORGOTTEN_AFTER = 8
_SLOWER = 0.35


class Knee:
    """The number of requests in flight, `limit`, that follows what the server can take.

    It opens from 4 by doubling as long as that brings more answers, then holds, and now and then tries a few more or
    fewer: a level is better than a lower one where it brings at least `(higher / lower) ** 0.12` times as much. What a
    level brings is told from the time of single answers at their length (`Speed`). Where the server turns requests away,
    it goes back to the last level that went well, at most once per round trip, and halves the distance from there.

    References
    ----------
    Brakmo and Peterson 1995 (TCP Vegas: a queue shows in the time of a round trip); Cardwell et al. 2017 (BBR: phases
    that look for more or less); Kleinrock 1979 (power: throughput weighed against delay); RFC 5681 (slow start).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._hold(min(_START, most), 0.0)
        self._reduced_at = -math.inf
        self._too_many: int | None = None
        self._known = 0
        self._factor = 2.0
        self._pause = 0
        self._skipped = 0
        self._upwards = True
        self._answers = 0.0
        self._tokens = 0.0

    @property
    def is_trying(self) -> bool:
        return self.limit != self.level

    def answered(self, sent: float, now: float, in_flight: int, size: float) -> None:
        """An answer of `size` tokens has come, to a request that was sent as one of so many in flight."""
        self._answers += 1
        self._tokens += size
        if sent < self._since:
            return
        if self._first_answer is None:
            self._first_answer = now
        seconds = max(now - sent, 1e-6)
        (self._filling if sent <= self._first_answer else self._steady).add(in_flight, size, seconds)
        self._refused *= 1 - 1 / self.limit
        if self.is_trying:
            self._judge(now)
        else:
            self._base.add(in_flight, size, seconds)
            self._look(now)

    def overloaded(self, sent: float, now: float) -> None:
        """The server has turned a request away, or finishes nothing."""
        if sent < self._reduced_at:
            return
        self._refused += 1
        if self._refused <= _TOLERATED * self.limit:
            return
        self._too_many = self.limit
        self._reduced_at = now
        self._known = 0
        level = self.level if self.level < self.limit else max(1, self.limit // 2)
        self._pause = 1
        self._skipped = 0
        self._hold(level, now)

    def reopen(self, now: float) -> None:
        """The server is back: open from one, quickly up to where it stood before."""
        self._known = max(self._known, self.level)
        self._too_many = None
        self._factor, self._pause, self._upwards = 2.0, 0, True
        self._hold(1, now)

    def set(self, level: int, now: float) -> None:
        """Go on from another level."""
        self._known, self._too_many, self._factor, self._pause, self._upwards = 0, None, 2.0, 0, True
        self._hold(max(1, min(level, self._most)), now)

    def _hold(self, level: int, now: float, base: Speed | None = None) -> None:
        self.level = level
        self._base = Speed() if base is None else base
        self._begin(level, now)

    def _begin(self, limit: int, now: float) -> None:
        self.limit = limit
        self._since = now
        self._first_answer: float | None = None
        self._filling, self._steady = Speed(), Speed()
        self._refused = 0.0

    def _look(self, now: float) -> None:
        """At the level that holds: try another, once enough is known of this one."""
        round_ = max(2, min(self.level, _ROUND))
        if self.level < self._known:
            if self._base.count >= round_:
                self._hold(min(2 * self.level, self._known), now)
            return
        latest, size = self._steady, self._tokens / self._answers
        if latest.count >= max(round_, 8) and self._pause:
            (before, error), (after, other) = self._base.log_rate(size), latest.log_rate(size)
            if after - before < -_SLOWER - 2 * math.hypot(error, other) and self.level > 1:
                self._upwards, self._pause = False, 0
                self._hold(self.level, now, latest)
                self._try(max(1, self.level // 2), now)
                return
            self._steady = Speed()
        if self._base.count < max(4, round_) * max(1, self._pause):
            return
        for _ in range(2):
            target = self._more() if self._upwards else self._fewer()
            if target != self.level:
                self._try(target, now)
                return
            self._upwards = not self._upwards
            self._factor = 1.25
        self._base.fade()

    def _try(self, target: int, now: float) -> None:
        self._begin(target, now)

    def _more(self) -> int:
        most = self._most
        if self._too_many is not None:
            self._skipped += 1
            if self._too_many - self.level <= max(1, self.level // 16):
                if self._skipped < _FORGOTTEN_AFTER:
                    return self.level
                self._too_many = None
            else:
                return (self.level + self._too_many) // 2
        return min(most, max(self.level + 1, round(self.level * self._factor)))

    def _fewer(self) -> int:
        return max(1, min(self.level - 1, round(self.level * 0.8)))

    def _judge(self, now: float) -> None:
        """Whether what is tried is better than the level that holds."""
        size = self._tokens / self._answers
        base, base_error = self._base.log_rate(size)
        more = math.log(self.limit / self.level)
        if more > 0 and self._filling.count >= max(2, min(self.limit - self.level, _ROUND)):
            rate, _ = self._filling.log_rate(size)
            if rate - base >= math.log(1 + 0.5 * (self.limit / self.level - 1)):
                self._accept(now, self._filling)
                return
        steady = self._steady
        if steady.count < max(4, min(self.limit, 2 * _ROUND)):
            return
        rate, error = steady.log_rate(size)
        gain, error = rate - base - _WORTH * more, math.hypot(base_error, error)
        if abs(gain) < error and steady.count < 4 * max(self.limit, 8):
            return
        if gain >= 0:
            self._accept(now, steady)
        else:
            self._reject(now)

    def _accept(self, now: float, speed: Speed) -> None:
        if self.limit > self.level:
            self._factor = min(2.0, self._factor * 1.25)
        self._pause = 0
        self._hold(self.limit, now, speed)
        self._look(now)

    def _reject(self, now: float) -> None:
        self._pause = max(1, min(_LONGEST_PAUSE, 2 * self._pause))
        self._factor = 1.25
        self._upwards = not self._upwards
        self._hold(self.level, now)
