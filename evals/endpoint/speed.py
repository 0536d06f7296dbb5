"""How much a server answers in a second, from what single answers took."""

from __future__ import annotations

import math

_FEWEST = 3
_FEWEST_FOR_SHARE = 12


class Speed:
    """Answers at one number in flight, as sums: how many were in flight, how long each was and what it took.

    By Little's law (1961), what is answered in a second is the number in flight over the time that an answer takes.
    That time is taken at the mean length of all answers of a run, along the line of time by length, so that it does not
    matter whether long or short answers have come: only what a token costs.
    """

    def __init__(self) -> None:
        self.count = 0.0
        self._ahead = self._size = self._seconds = 0.0
        self._size2 = self._both = self._seconds2 = 0.0

    def add(self, in_flight: int, size: float, seconds: float) -> None:
        """An answer of `size` tokens that took so many seconds, asked as one of so many in flight."""
        self.count += 1
        self._ahead += in_flight
        self._size += size
        self._seconds += seconds
        self._size2 += size * size
        self._both += size * seconds
        self._seconds2 += seconds * seconds

    def fade(self) -> None:
        """Let what has come count half."""
        for name in ("count", "_ahead", "_size", "_seconds", "_size2", "_both", "_seconds2"):
            setattr(self, name, getattr(self, name) / 2)

    def share(self) -> float:
        """What part of an answer's time goes with its own length, at least: the slope, less its standard error."""
        n, sizes = self.count, self._size2 - self._size**2 / max(self.count, 1)
        if n < _FEWEST_FOR_SHARE or sizes <= 1e-6 * self._size2:
            return 0.0
        slope = (self._both - self._size * self._seconds / n) / sizes
        rest = self._seconds2 - self._seconds**2 / n - slope**2 * sizes
        error = math.sqrt(max(rest, 0.0) / (n - 2) / sizes)
        return min(1.0, max(0.0, (slope - error) * self._size / self._seconds))

    def log_rate(self, size: float, share: float) -> tuple[float, float]:
        """The logarithm of answers of mean length `size` in a second, and its standard error. Needs an answer.

        `share` is what part of the time goes with the length, where that is known: in a server's queue it is the length
        of the others.
        """
        n = self.count
        mean_size, mean_seconds = self._size / n, self._seconds / n
        sizes = self._size2 - n * mean_size**2
        both = self._both - n * mean_size * mean_seconds
        own = max(0.0, both / sizes) if n > _FEWEST and sizes > 1e-6 * self._size2 else 0.0
        slope = max(own, share * mean_seconds / mean_size)
        at_size = mean_seconds + slope * (size - mean_size)
        if at_size < mean_seconds / 4:
            at_size = mean_seconds * min(1.0, size / mean_size)
        rest = self._seconds2 - n * mean_seconds**2 - own * both
        error = math.sqrt(max(rest, 0.0) / (n * max(n - 1, 1)))
        at_size = max(at_size, 1e-6)
        return math.log(self._ahead / n / at_size), error / at_size
