"""Losses and gains on their way from look to look, of builds that have not passed yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.special import gammaln, xlogy

from quantgate.evals.stats.checks import BoolArray, FloatArray, IntArray
from quantgate.evals.stats.exact.trinomial import likely_gains

NEGLECTED = 1e-10
"""Numbers of losses, of gains and of flips that are left out have at most this probability on either side, each."""
_ZERO = 1e-300


class Walk:
    """The probability of every (losses, gains) at a look together with not having passed before.

    An item is a loss, a gain or a tie; so counts grow by trinomial steps, and the probabilities at a look are those at
    the look before, less what passed there, convolved with the step. That is a product of Fourier transforms, of which
    the step's is known in closed form.

    What happened before is, given the counts at a look, independent of the rates. So probabilities at other rates are
    these times a likelihood ratio: the walk is taken at one pair of rates, and serves all `rates` close by.

    Parameters
    ----------
    at
        P(loss) and P(gain) that the walk is taken at; neither may be 0 where one of the rates is not.
    rates
        P(loss) and P(gain), shape (k, 2): those that are asked for.
    """

    def __init__(self, at: tuple[float, float], rates: FloatArray) -> None:
        ties = np.maximum(1 - rates.sum(axis=1), 0.0)
        chances = np.array([*at, max(1 - sum(at), 0.0)])
        # Counted are gains and the rarer of losses and ties; the other is what is left of the items.
        self._losses_counted = bool(chances[0] <= chances[2])
        order = [0, 1, 2] if self._losses_counted else [2, 1, 0]
        self._at = chances[order]
        self._rates = np.stack([rates[:, 0], rates[:, 1], ties])[order]
        self._flip_rates = (float(1 - ties.max()), float(1 - ties.min()))
        self._items = 0
        self.passed = np.zeros(len(rates))
        """The probability of having passed so far, at each of the rates."""

    def advance(self, items: int) -> None:
        """Go on to a look at so many items, more than before."""
        spans = [likely_gains(items, float(rates.min()), float(rates.max()), NEGLECTED) for rates in self._rates[:2]]
        fewest, most = likely_gains(items, *self._flip_rates, NEGLECTED)
        first, gains = (np.arange(low, high + 1) for low, high in spans)
        left = items - first[:, None] - gains
        density = self._convolved(first, gains, items) if self._items else self._multinomial(first, gains, left)
        flips = first[:, None] + gains if self._losses_counted else (items - first)[:, None]
        # Rounding leaves about 1e-17 where nothing can be; a likelihood ratio would make it large.
        met = (left >= 0) & (flips >= fewest) & (flips <= most)
        self._density = np.where(met, np.maximum(density, 0.0), 0.0)
        self._first, self._gains, self._items = first, gains, items
        self._weigh()

    def passing(self, most_losses: IntArray) -> FloatArray:
        """The probability, at each of the rates, of passing now and not before.

        Parameters
        ----------
        most_losses
            The most losses that pass, by number of flips; shape (items + 1,).
        """
        return self._mass(self._inside(most_losses))

    def pass_over(self, most_losses: IntArray) -> FloatArray:
        """Take what passes now out of the walk; the same probabilities."""
        inside = self._inside(most_losses)
        passing = self._mass(inside)
        self.passed = self.passed + passing
        self._density = np.where(inside, 0.0, self._density)
        return passing

    def _inside(self, most_losses: IntArray) -> BoolArray:
        if not self._losses_counted:
            flips = self._items - self._first
            return np.asarray(self._gains >= (flips - most_losses[flips])[:, None])
        fewest, diagonals = self._first[0] + self._gains[0], len(self._first) + len(self._gains) - 1
        most = np.append(most_losses, np.full(diagonals, -1))[fewest : fewest + diagonals]
        return np.asarray(self._first[:, None] <= np.lib.stride_tricks.sliding_window_view(most, len(self._gains)))

    def _multinomial(self, first: IntArray, gains: IntArray, left: IntArray) -> FloatArray:
        rest = np.maximum(left, 0)
        log_chance = gammaln(first[0] + gains[0] + left[0, 0] + 1.0) - gammaln(rest + 1.0) + xlogy(rest, self._at[2])
        log_chance += (xlogy(first, self._at[0]) - gammaln(first + 1.0))[:, None]
        log_chance += xlogy(gains, self._at[1]) - gammaln(gains + 1.0)
        return np.asarray(np.exp(log_chance))

    def _convolved(self, first: IntArray, gains: IntArray, items: int) -> FloatArray:
        shape = (
            fft.next_fast_len(max(len(first), len(self._first))),
            fft.next_fast_len(max(len(gains), len(self._gains)), real=True),
        )
        first_wave = np.exp(-2j * np.pi * fft.fftfreq(shape[0]))[:, None]
        gain_wave = np.exp(-2j * np.pi * fft.rfftfreq(shape[1]))
        step = _power(self._at[2] + self._at[0] * first_wave + self._at[1] * gain_wave, items - self._items)
        # The windows begin at other counts.
        step *= first_wave ** (self._first[0] - first[0]) * gain_wave ** (self._gains[0] - gains[0])
        convolved = fft.irfft2(fft.rfft2(self._density, shape) * step, shape)
        return np.asarray(convolved[: len(first), : len(gains)])

    def _mass(self, inside: BoolArray) -> FloatArray:
        of_gains = np.where(inside, self._density, 0.0) @ self._gain_ratio
        return np.asarray(self._ratio * (self._first_ratio * of_gains).sum(axis=0))

    def _weigh(self) -> None:
        """Likelihood ratios of the rates to those of the walk."""
        ratios = np.maximum(self._rates, _ZERO) / np.maximum(self._at, _ZERO)[:, None]
        log_first, log_gain, log_left = np.log(ratios)
        of_first = self._first[:, None] * (log_first - log_left)
        of_gains = self._gains[:, None] * (log_gain - log_left)
        # The largest of each is set to 1, so that none overflows.
        peaks = of_first.max(axis=0), of_gains.max(axis=0)
        self._first_ratio, self._gain_ratio = np.exp(of_first - peaks[0]), np.exp(of_gains - peaks[1])
        self._ratio = np.exp(self._items * log_left + peaks[0] + peaks[1])


def _power(base: npt.NDArray[np.complex128], exponent: int) -> npt.NDArray[np.complex128]:
    """By squaring, which is many times faster than numpy's power of complex numbers."""
    result = np.ones_like(base)
    while exponent:
        if exponent & 1:
            result *= base
        base, exponent = base * base, exponent >> 1
    return result
