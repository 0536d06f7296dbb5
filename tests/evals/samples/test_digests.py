import random

import numpy as np
import pytest

from quantgate.evals.samples import digests as module
from quantgate.evals.samples.digests import Digests


@pytest.mark.parametrize("few", [1, 100, 5000])
def test_each_number_is_there_from_when_it_is_added_on(monkeypatch, few):
    monkeypatch.setattr(module, "_FEW", few)
    draw = random.Random(1)
    known, added = ([draw.getrandbits(64) for _ in range(count)] for count in (1000, 350))
    digests = Digests(np.array(known, dtype=np.uint64))
    for digest in added:
        assert digest not in digests
        digests.add(digest)
    assert all(digest in digests for digest in (*known, *added))
    assert not any(draw.getrandbits(64) in digests for _ in range(1000))
    assert len(digests) == 1350


def test_the_least_and_the_greatest_number_are_told_apart():
    digests = Digests(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert [number in digests for number in (0, 1, 2**64 - 2, 2**64 - 1)] == [True, False, False, True]


def test_of_many_but_the_last_ones_are_in_an_array_of_eight_bytes_each(monkeypatch):
    monkeypatch.setattr(module, "_FEW", 1000)
    digests = Digests(np.arange(100_000, dtype=np.uint64))
    for number in range(200_000, 203_500):
        digests.add(number)
    assert (digests._sorted.nbytes, len(digests._few)) == (8 * 103_000, 500)
