"""Writes differences as points of a hundred."""

from __future__ import annotations


def points(fraction: float) -> str:
    """A difference in points, without its sign: 0.0123 is `1.23 points`, 0.01 is `1 point`."""
    text = hundredths(fraction)
    return f"{text} point" if text == "1" else f"{text} points"


def hundredths(fraction: float) -> str:
    """The number of points alone, without its sign and trailing zeros: 0.0120 is `1.2`."""
    return f"{abs(fraction) * 100:.2f}".rstrip("0").rstrip(".")


def signed_hundredths(fraction: float) -> str:
    """The number of points with its sign: -0.0123 is `−1.23`."""
    return f"{'+' if fraction > 0 else '−' if fraction < 0 else ''}{hundredths(fraction)}"


def nats(value: float) -> str:
    """A divergence with as many digits as tell it: 0.0031, 0.051, 1.2.

    Examples
    --------
    >>> nats(0.003149), nats(0.0512), nats(1.234), nats(0.0), nats(0.00002)
    ('0.0031', '0.051', '1.23', '0', '0.00002')
    """
    if value == 0:
        return "0"
    text = f"{value:.2f}" if abs(value) >= 1 else f"{value:.2g}"
    return f"{float(text):.6f}".rstrip("0").rstrip(".") if abs(value) < 1 else text
