"""How many requests in flight bring the most answers: tried out, level by level. Pure: the caller tells the time."""

from __future__ import annotations

import math

from quantgate.evals.endpoint.speed import Speed

_START = 4
_WORTH = 0.12
"""So many percent more in flight must bring at least a hundredth of them more in answers, or they only wait."""

_MANY = 32
_WORTH_TO_DOUBLE_MANY = 0.2
"""Doubling many must bring more: by chance, a machine that is busy with something else shows a tenth more or less."""

_SURE = 0.45
"""How large a comparison's standard error may be, as a part of the logarithm of what was added."""

_BASE_SURE = 0.3

_TOLERATED = 0.05
"""So large a part of a round may be turned away without a step back: single refusals say nothing of the load."""

_REDUCED_TO = 0.7
"""As CUBIC does it (RFC 9438): what the server took a moment ago is most of what it takes now."""

_ROUND = 64
"""So many answers tell a level's speed, where it has as many in flight."""

_FIRST_ROUND = 16
_SMALL_STEP = 1.25
_LONGEST_PAUSE = 16
_FORGOTTEN_AFTER = 8
_LONGEST_FORGOTTEN = 128
_SLOWER = 0.35
_REOPENED_FROM = 8
_SERIES = 16.0
"""Steps back within so many round trips are of one and the same trouble."""


class Knee:
    """The number of requests in flight, `limit`, that follows what the server can take.

    It opens from 4 by doubling as long as that brings more answers, then holds, and now and then tries a few more or
    fewer: a level is better than a lower one where it brings at least `(higher / lower) ** 0.12` times as much. What a
    level brings is told from the time of single answers at their length (`Speed`). Where the server turns requests
    away, it goes back to the last level that went well, at most once per round trip, and halves the distance then.

    References
    ----------
    Brakmo and Peterson 1995 (TCP Vegas: a queue shows in the time of a round trip); Cardwell et al. 2017 (BBR: phases
    that look for more or less); Kleinrock 1979 (power: throughput weighed against delay); RFC 5681 (slow start).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._reduced_at = self._stepped_back_at = -math.inf
        self._answers = self._tokens = self._share = self._round_trip = 0.0
        self._too_many: int | None = None
        self._first_answer: float | None = None
        self._known = self._pause = self._skipped = 0
        self.level = self.limit = self._stood = _START
        self.set(_START, 0.0)

    @property
    def is_trying(self) -> bool:
        return self.limit != self.level

    def doing(self) -> str:
        """What it is about, as the end of a sentence; nothing while it holds."""
        if self.limit > self.level or self.level < self._known:
            return ", opening" if self._is_opening else ", trying more"
        return ", trying fewer" if self.limit < self.level else ""

    def answered(self, sent: float, now: float, in_flight: int, size: float) -> None:
        """An answer of `size` tokens has come, to a request that was sent as one of so many in flight."""
        self._answers += 1
        self._tokens += size
        self._round_trip += (now - sent - self._round_trip) / min(self._answers, _ROUND)
        if sent < self._since:
            return
        if self._first_answer is None:
            self._first_answer = now
        seconds = max(now - sent, 1e-6)
        self._refused *= 1 - 1 / self.limit
        if self.is_trying:
            filling = sent <= self._first_answer and self.limit > self.level
            (self._filling if filling else self._steady).add(in_flight, size, seconds)
            self._judge(now)
        else:
            self._steady.add(in_flight, size, seconds)
            self._base.add(in_flight, size, seconds)
            self._look(now)

    def overloaded(self, sent: float, now: float) -> None:
        """The server has turned a request away, or finishes nothing."""
        is_trying_more = self.limit > self.level
        may_reduce = is_trying_more or now >= self._reduced_at + self._round_trip
        if sent <= self._stepped_back_at or not may_reduce:
            return
        self._refused += 1
        if self._refused <= _TOLERATED * self.limit:
            return
        self._stepped_back_at = now
        self._skipped = 0
        self._pause = max(1, self._pause)
        if is_trying_more:
            self._too_many = self.limit
            self._hold(self.level, now, self._base)
            return
        if now > self._reduced_at + _SERIES * self._round_trip:
            self._stood = self.level
        self._reduced_at = now
        was, self._too_many = self.level, (self.limit if self._known else None)
        self._known = 0 if self._known else was
        self._hold(max(1, int(was * _REDUCED_TO)), now)

    def reopen(self, now: float) -> None:
        """The server is back: open from an eighth of where it stood before, quickly up to there."""
        known = max(self._known, self.level)
        if now <= self._reduced_at + _SERIES * self._round_trip:
            known = max(known, self._stood)
        self.set(known // _REOPENED_FROM, now)
        self._known = known

    def set(self, level: int, now: float) -> None:
        """Go on from another level."""
        self._known = self._pause = self._skipped = 0
        self._too_many = None
        self._factor = 2.0
        self._upwards = self._is_opening = True
        self._forgotten_after = _FORGOTTEN_AFTER
        self._hold(max(1, min(level, self._most)), now)

    def _hold(self, level: int, now: float, base: Speed | None = None) -> None:
        self.level = level
        self._base = Speed() if base is None else base
        self._begin(level, now)

    def _begin(self, limit: int, now: float) -> None:
        self.limit = limit
        self._since = now
        self._first_answer = None
        self._filling, self._steady = Speed(), Speed()
        self._refused = 0.0

    def _look(self, now: float) -> None:
        """At the level that holds: try another, once enough is known of this one."""
        base, round_ = self._base, max(4, min(self.level, _ROUND))
        self._share = max(self._share, base.share())
        if self.level < self._known:
            if base.count >= min(round_, self.level):
                self._hold(min(2 * self.level, self._known), now)
            return
        size = self._tokens / self._answers
        latest = self._steady
        if self._pause and latest.count >= max(round_, 8):
            (before, error), (after, other) = base.log_rate(size, self._share), latest.log_rate(size, self._share)
            if after - before < -_SLOWER - 2 * math.hypot(error, other) and self.level > 1:
                self._upwards, self._pause = False, 1
                self._hold(self.level, now, latest)
                self._begin(max(1, self.level // 2), now)
                return
            self._steady = Speed()
        if base.count < self._enough(self.level) or base.count < max(self.level, 4) * self._pause:
            return
        if base.log_rate(size, self._share)[1] > _BASE_SURE and base.count < 8 * round_:
            return
        for _ in range(2):
            target = self._more() if self._upwards else self._fewer()
            if target != self.level:
                self._begin(target, now)
                return
            self._upwards = not self._upwards
        base.fade()

    def _enough(self, level: int) -> int:
        """So many answers at a level, at least: few as long as it opens, for what is too many then is soon given up."""
        return max(4, min(level // 2, _FIRST_ROUND)) if self._is_opening else 2 * _FIRST_ROUND

    def _more(self) -> int:
        if self._too_many is not None:
            if self._too_many - self.level > max(1, self.level // 16):
                return (self.level + self._too_many) // 2
            self._skipped += 1
            if self._skipped < self._forgotten_after:
                return self.level
            self._too_many, self._skipped, self._factor = None, 0, _SMALL_STEP
            self._forgotten_after = min(_LONGEST_FORGOTTEN, 2 * self._forgotten_after)
        return min(self._most, max(self.level + 1, round(self.level * self._factor)))

    def _fewer(self) -> int:
        if self._too_many is not None:
            return self.level
        factor = self._factor if self.level > _ROUND else _SMALL_STEP
        return max(1, min(self.level - 1, round(self.level / factor)))

    def _judge(self, now: float) -> None:
        """Whether what is tried is better than the level that holds."""
        size = self._tokens / self._answers
        self._share = max(self._share, self._steady.share())
        base, base_error = self._base.log_rate(size, self._share)
        more = math.log(self.limit / self.level)
        if more > 0 and self._filling.count >= max(2, min(self.limit - self.level, _FIRST_ROUND)):
            rate, error = self._filling.log_rate(size, self._share)
            doubt = min(math.hypot(base_error, error) / 2, more / 4)
            if rate - base - doubt >= math.log((1 + self.limit / self.level) / 2):
                self._accept(now, self._filling)
                return
        steady = self._steady
        if steady.count < _FIRST_ROUND and steady.count < self._enough(self.limit):
            return
        rate, error = steady.log_rate(size, self._share)
        error = math.hypot(base_error, error)
        if more > 0 and steady.count >= _FIRST_ROUND and rate - base < -2 * error:
            self._reject(now)
            return
        if steady.count < max(self._enough(self.limit), min(self.limit, _ROUND)):
            return
        if error > _SURE * abs(more) and steady.count < 8 * max(self.limit, 8):
            return
        if self._is_opening:
            worth, doubt = (_WORTH, 0.0) if self.level < _MANY else (_WORTH_TO_DOUBLE_MANY, error / 2)
        else:
            worth, doubt = _WORTH, min(error, abs(more)) / 2
        if rate - base - doubt >= worth * more:
            self._accept(now, steady)
        else:
            self._reject(now)

    def _accept(self, now: float, speed: Speed) -> None:
        self._factor = min(2.0, self._factor * _SMALL_STEP)
        self._pause = 0
        self._hold(self.limit, now, speed)
        self._look(now)

    def _reject(self, now: float) -> None:
        self._pause = max(1, min(_LONGEST_PAUSE, 2 * self._pause))
        self._factor = _SMALL_STEP
        self._upwards = not self._upwards
        self._is_opening = False
        self._hold(self.level, now)
