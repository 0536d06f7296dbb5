"""Messages come out of bytes as they went in, in whatever pieces the bytes arrive."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quantgate.cluster.frames import Frames, framed
from quantgate.cluster.messages import Drop, Go


@given(st.lists(st.lists(st.builds(Go, st.integers()) | st.builds(Drop, st.integers()))), st.lists(st.integers(0, 400)))
def test_whatever_the_pieces_the_messages_are_those_that_were_sent(batches, cuts):
    sent = b"".join(framed(batch) for batch in batches)
    places = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
    frames = Frames()
    heard = [message for at, to in pairwise(places) for message in frames.feed(sent[at:to])]
    assert heard == [message for batch in batches for message in batch]


def test_half_a_frame_says_nothing_yet():
    frames = Frames()
    whole = framed([Go(1)])
    assert list(frames.feed(whole[:-1])) == []
    assert list(frames.feed(whole[-1:])) == [Go(1)]
