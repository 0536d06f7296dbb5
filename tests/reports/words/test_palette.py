"""Every colour of text can be read on every ground that it may stand on (WCAG 2.2, AA), in both schemes."""

from __future__ import annotations

import pytest

from quantgate.reports.words.palette import DARK, GROUNDS, LIGHT


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_known_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", [role for role in LIGHT if role not in (*GROUNDS, "rule")])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_has_the_contrast_of_aa(scheme, role, ground):
    assert contrast(scheme[role], scheme[ground]) >= 4.5


def test_both_schemes_name_the_same_roles_and_no_two_share_a_colour():
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)
