"""Shards cut a task's pairs into ranges: none in two of them, none left out, repeats and neighbours together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.contract.shard import MOST_SHARDS, Shard


def shards(of: int) -> list[Shard]:
    return [Shard(number, of) for number in range(1, of + 1)]


@given(st.integers(0, 300), st.integers(1, 60))
def test_every_pair_is_in_one_shard_and_they_follow_one_another(pairs, of):
    asked = [ordinal for shard in shards(of) for ordinal in shard.ordinals(pairs)]
    assert asked == list(range(pairs))
    sizes = [len(shard.ordinals(pairs)) for shard in shards(of)]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 20))
def test_the_items_of_a_shard_are_those_of_its_pairs(items, repeats, of):
    for shard in shards(of):
        own = {ordinal // repeats for ordinal in shard.ordinals(items * repeats)}
        assert list(shard.places(items, repeats)) == sorted(own)


def test_repeats_of_an_item_stay_together_where_the_shards_are_no_more_than_the_items():
    split = [shard.places(10, 8) for shard in shards(5)]
    assert [list(places) for places in split] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


def test_a_shard_is_read_as_it_is_written():
    assert str(Shard.parse(" 3/8 ")) == "3/8"
    assert [n for n in range(100) if Shard(3, 8).holds(n, 100)] == list(range(25, 37))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0/8", r"counted from 1.*JOB_COMPLETION_INDEX.*--array=0-7.*\$\(\(INDEX \+ 1\)\)/8"),
        ("9/8", "the last is 8/8, so there is no 9/8"),
        ("1/0", "from 1 to 100,000 shards"),
        (f"1/{MOST_SHARDS + 1}", "from 1 to 100,000 shards"),
        *(
            (text, "as 3/8")
            for text in ("", "3", "3/", "/8", "-1/8", "3/8/2", "1.0/8", "3 of 8", "٣/٨", "3/9999999999")
        ),
    ],
)
def test_what_is_no_shard_is_refused_with_what_to_give(text, said):
    with pytest.raises(ValueError, match=said):
        Shard.parse(text)
