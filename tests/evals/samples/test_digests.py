import random
import sys

import numpy as np

from quantgate.evals.samples.digests import Digests


def test_each_number_is_there_from_when_it_is_added_on():
    draw = random.Random(1)
    known, added = ([draw.getrandbits(64) for _ in range(count)] for count in (1000, 70_000))
    digests = Digests(np.array(known, dtype=np.uint64))
    for digest in added:
        assert digest not in digests
        digests.add(digest)
    assert all(digest in digests for digest in (*known, *added, known[0]))
    assert not any(draw.getrandbits(64) in digests for _ in range(1000))
    assert len(digests) == 71_000


def test_the_least_and_the_greatest_number_are_told_apart():
    digests = Digests(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert [number in digests for number in (0, 1, 2**64 - 2, 2**64 - 1)] == [True, False, False, True]


def test_a_million_take_eight_bytes_each_and_little_more():
    digests = Digests(np.arange(1 << 20, dtype=np.uint64))
    for number in range(2 << 20, (2 << 20) + 60_000):
        digests.add(number)
    held = digests._sorted.nbytes + sys.getsizeof(digests._few) + sum(map(sys.getsizeof, digests._few))
    assert held < 16 << 20
