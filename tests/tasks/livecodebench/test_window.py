"""Problems are chosen by a release and days of contests; where scores are published for a window, it has a name."""

from datetime import date

import pytest

from quantgate.evals.errors import UsageError
from quantgate.tasks.livecodebench.window import PUBLISHED, Window, first_day, last_day, release, window_of


def test_unless_asked_otherwise_it_is_what_nvidia_and_artificial_analysis_publish():
    assert (str(window_of({})), window_of({}).count) == ("2024-08-01 to 2025-05-31", 454)
    assert (str(window_of({"release": 5})), window_of({"release": 5}).count) == ("2024-07-01 to 2024-12-31", 315)
    assert [window_of({"release": number}).count for number in (1, 2, 3, 4)] == [400, 511, 612, 713]
    assert all(window.first < window.last for window in PUBLISHED)


def test_days_that_are_given_win():
    window = window_of({"release": 5, "from": date(2024, 10, 1), "to": date(2025, 2, 28)})
    assert window.count == 166
    assert window_of({"from": date(2025, 2, 1)}) == Window(6, date(2025, 2, 1), date(2025, 5, 31))
    with pytest.raises(UsageError, match="ends before it begins"):
        window_of({"from": date(2026, 1, 1)})


def test_only_files_are_read_that_can_hold_problems_of_the_window():
    assert window_of({}).files == ("test3", "test4", "test5", "test6")
    assert window_of({"release": 5}).files == ("test3", "test4", "test5")
    assert window_of({"release": 1}).files == ("test",)
    assert window_of({"from": date(2025, 4, 1)}).files == ("test6",)


@pytest.mark.parametrize("given", ["v6", "6", 6, "release_v6"])
def test_a_release_is_named_as_its_authors_name_it(given):
    assert release(given) == 6


@pytest.mark.parametrize("given", ["v7", "v0", "latest", True, "", 6.5, "v1_v3"])
def test_another_release_is_refused_with_those_that_there_are(given):
    with pytest.raises(ValueError, match="v1 to v6"):
        release(given)


def test_a_month_is_its_first_or_its_last_day():
    assert (first_day("2024-02"), last_day("2024-02")) == (date(2024, 2, 1), date(2024, 2, 29))
    assert first_day("2024-08-05") == last_day(date(2024, 8, 5)) == date(2024, 8, 5)
    for wrong in ("2024", "2024-13", "2024-8", "soon", 2024, "2024-02-30", "2024-W05", None):
        with pytest.raises(ValueError, match="must be a day or a month"):
            first_day(wrong)
