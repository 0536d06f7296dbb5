"""The addresses of pages: what they choose is read back as it was written, whatever ids and texts say."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.view.addresses import PART, item_address, list_address, parse_filter, parse_item, parse_offset, without
from quantgate.view.types import Filter, Flipped

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SOME = st.one_of(st.none(), TEXT.filter(bool))
COUNT = st.one_of(st.none(), st.integers(0, 10**9))
FILTERS = st.builds(
    Filter,
    SOME,
    SOME,
    st.booleans(),
    st.booleans(),
    st.one_of(st.none(), st.sampled_from(Flipped)),
    SOME,
    COUNT,
    COUNT,
    TEXT,
)


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


@given(FILTERS, TEXT, TEXT, st.integers(0, 10**6))
def test_an_item_and_its_filter_are_read_back(chosen, task, item, repeat):
    told = query(item_address("/t/", ["fp8"], (task, item, repeat), chosen))
    assert parse_item(told) == (task, item, repeat)
    assert parse_filter(told) == chosen


@given(FILTERS, st.integers(0, 10**6))
def test_a_list_begins_at_the_part_that_has_the_row(chosen, number):
    told = query(list_address("/t/", ["fp8", "mxfp4"], chosen, number=number))
    assert parse_filter(told) == chosen
    assert parse_offset(told) <= number < parse_offset(told) + PART


def test_an_address_says_only_what_is_chosen():
    assert list_address("/t/", ["a"], Filter()) == "/t/run/a"
    assert (
        list_address("/t/", ["a", "b"], Filter(flipped=Flipped.LOSSES, wrong=True))
        == "/t/diff/a/b?wrong=1&flipped=losses"
    )


def test_a_key_stays_one_step_of_the_path():
    assert list_address("/t/", ["a/../b?c#d"], Filter()) == "/t/run/a%2F..%2Fb%3Fc%23d"


@pytest.mark.parametrize("bad", ["x", "-1", "1e9", "²", "9" * 30, ""])
def test_what_cannot_be_read_chooses_nothing(bad):
    given_query = {"shortest": bad, "flipped": bad, "wrong": bad, "offset": bad}
    assert parse_filter(given_query) == Filter()
    assert parse_offset(given_query) == 0
    assert parse_item({"item_task": "t", "item": "1", "repeat": bad}) is None


def test_a_part_of_a_filter_is_taken_away():
    assert without(Filter(task="gsm8k", wrong=True), "wrong") == Filter(task="gsm8k")


@pytest.mark.parametrize("item", ["x" * 1_000_000, "half of a pair \ud83d"])
def test_an_id_that_no_address_can_have_leads_to_the_list(item):
    assert item_address("/t/", ["a"], ("gsm8k", item, 0), Filter(wrong=True)) == "/t/run/a?wrong=1"
