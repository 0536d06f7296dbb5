"""Lengths of time as people write them."""

import pytest

from quantgate.evals.settings.durations import read_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("4h", 14400),
        ("90m", 5400),
        ("30s", 30),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("1d", 86400),
        ("1.5h", 5400),
        ("2H", 7200),
        (" 5m ", 300),
        (90, 90),
        (0.5, 0.5),
    ],
)
def test_a_length_of_time_is_read(written, seconds):
    assert read_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "h", "4", "4 hours", "-1h", "0h", 0, -5, True, None, [], "30m1h", "1h1h", "4:00", "inf", float("inf"),
     float("nan"), "1e3", "9" * 400 + "h", "4h\n3m; x"],
)  # fmt: skip
def test_what_is_none_is_refused_with_what_to_write(written):
    with pytest.raises(ValueError, match="write a length of time as 4h, 90m or 1h30m"):
        read_duration(written)
