"""Whether the served context has room for a task's long prompts, and what to do where it has not."""

import pytest

from quantgate.evals.runs.room import Room

ROOM = Room("needles", {"000.5k": 480, "004k": 3700, "016k": 15_000}, "/tokenize")


@pytest.mark.parametrize(("window", "budget"), [(15_000 + 512, 512), (None, 512), (15_001, None)])
def test_where_all_fits_nothing_is_said(window, budget):
    assert ROOM.lack(window, budget) is None


def test_the_lengths_that_fit_are_named_and_a_budget_that_would():
    told = ROOM.lack(15_100, 4096)
    assert "needles at 16k has prompts of 15,000 tokens and a budget of 4,096" in told
    assert "--option lengths=.5k,4k fits" not in told
    assert "--option lengths=512,4k fits; --max-tokens 100 fits all; or serve a longer context" in told


def test_where_none_fits_that_is_said():
    assert "none of the lengths fits" in ROOM.lack(400, 512)


def test_the_counts_are_told_with_how_they_came_about():
    assert ROOM.told().endswith("480 at 512, 3,700 at 4k, 15,000 at 16k (by the server's /tokenize)")


def test_where_the_server_does_not_tell_its_context_the_user_is_to_look():
    assert "does not tell its context" in ROOM.told(has_window=False)
    assert "context" not in ROOM.told()


def test_where_the_server_counts_nothing_the_user_is_to_look():
    uncounted = Room("needles", {}, "nothing")
    assert uncounted.told().startswith("needles: the server counts no tokens")
    assert uncounted.lack(100, 512) is None
