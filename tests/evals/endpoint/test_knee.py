"""The number in flight that brings the most answers, on servers that are simulated event by event."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantgate.evals.endpoint.knee import Knee

MOST = 1000


@dataclass
class Server:
    """Works on `slots` requests at a time; more wait in turn, or are refused. How long an answer is varies."""

    slots: int
    refuses: bool = False
    spread: float = 0.6
    tells_tokens: bool = True
    burst: tuple[float, float] = (0.0, 0.0)
    seed: int = 0
    refused: int = 0
    most_waiting: int = 0
    limits: list[tuple[float, int]] = field(default_factory=list)

    def run(self, requests: int, limit: Callable[[], int], knee: Knee | None = None) -> float:
        """Seconds until so many requests are answered, never with more in flight than `limit` says."""
        random_ = random.Random(self.seed)
        work = [math.exp(random_.gauss(0, self.spread) - self.spread**2 / 2) for _ in range(requests)]
        now, in_flight, busy, done = 0.0, 0, 0, 0
        todo, events, queue = list(range(requests)), [], []

        def start(job: int, sent: float, of: int) -> None:
            nonlocal busy
            busy += 1
            heapq.heappush(events, (now + work[job], "answer", job, sent, of))

        def fill() -> None:
            nonlocal in_flight
            while in_flight < limit() and todo:
                job = todo.pop()
                in_flight += 1
                if (self.refuses and busy >= self.slots) or self.burst[0] <= now < self.burst[1]:
                    heapq.heappush(events, (now + 0.01, "refusal", job, now, in_flight))
                elif busy < self.slots:
                    start(job, now, in_flight)
                else:
                    queue.append((job, now, in_flight))
                    self.most_waiting = max(self.most_waiting, len(queue))

        fill()
        while done < requests:
            now, what, job, sent, of = heapq.heappop(events)
            if what == "answer":
                busy, in_flight, done = busy - 1, in_flight - 1, done + 1
                if queue:
                    start(*queue.pop(0))
                if knee is not None:
                    knee.answered(sent, now, of, 50 * work[job] if self.tells_tokens else 1.0)
            elif what == "refusal":
                in_flight -= 1
                self.refused += 1
                heapq.heappush(events, (now + random_.uniform(0.25, 0.75), "again", job, 0.0, 0))
                if knee is not None:
                    knee.overloaded(sent, now)
            else:
                todo.append(job)
            self.limits.append((now, limit()))
            fill()
        return now


def ratio(server: Server, requests: int) -> float:
    """The time that the knee takes over that of as many in flight as there are slots."""
    knee = Knee(MOST)
    taken = server.run(requests, lambda: knee.limit, knee)
    best = Server(server.slots, spread=server.spread, burst=server.burst, seed=server.seed)
    return taken / best.run(requests, lambda: best.slots)


def test_it_starts_at_four_and_does_not_double_before_that_many_are_answered():
    knee = Knee(MOST)
    limits = []
    for number in range(5):
        limits.append(knee.limit)
        knee.answered(0.0, 1.0 + number / 100, number % 4 + 1, 10.0)
    assert limits == [4, 4, 4, 4, 8]


@pytest.mark.parametrize("slots", [8, 64])
@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("tells_tokens", [False, True])
def test_it_is_within_a_tenth_of_the_best_fixed_number(slots, refuses, tells_tokens):
    server = Server(slots, refuses, tells_tokens=tells_tokens)
    assert ratio(server, 100 * slots) < 1.1


@pytest.mark.slow
def test_it_is_so_with_256_slots():
    assert ratio(Server(256), 100 * 256) < 1.1


def test_where_more_in_flight_bring_no_more_answers_they_are_not_kept_in_flight():
    server = Server(4)
    knee = Knee(MOST)
    server.run(2000, lambda: knee.limit, knee)
    second_half = sorted(limit for _, limit in server.limits[len(server.limits) // 2 :])
    assert second_half[len(second_half) // 2] <= 8
    assert server.most_waiting <= 28


def test_one_request_at_a_time_is_found_where_the_server_takes_one_at_a_time():
    server = Server(1, spread=0.1)
    knee = Knee(MOST)
    server.run(400, lambda: knee.limit, knee)
    assert knee.level <= 2


def test_long_answers_are_no_congestion():
    knee = Knee(MOST)
    server = Server(64, spread=1.0)
    server.run(3000, lambda: knee.limit, knee)
    assert 56 <= knee.level <= 90


def test_a_burst_of_refusals_counts_once_and_is_soon_made_good():
    server = Server(64, burst=(15.0, 15.6))
    knee = Knee(MOST)
    server.run(4000, lambda: knee.limit, knee)
    after = [limit for at, limit in server.limits if 15.0 < at < 16.5]
    before = next(limit for at, limit in reversed(server.limits) if at < 15.0)
    assert min(after) >= before * 0.65
    assert ratio(Server(64, burst=(15.0, 15.6)), 4000) < 1.12


def test_refusals_of_what_was_sent_before_a_step_back_are_of_the_same_overload():
    knee = Knee(MOST)
    knee.set(64, 0.0)
    for _ in range(64):
        knee.overloaded(1.0, 2.0)
    assert knee.limit == 44


def test_single_refusals_now_and_then_close_nothing():
    knee = Knee(MOST)
    knee.set(64, 0.0)
    for number in range(1000):
        if number % 33:
            knee.answered(number / 100, 1 + number / 100, knee.limit, 10.0)
        else:
            knee.overloaded(number / 100, number / 100)
    assert knee.level >= 64


def test_it_falls_back_when_the_server_becomes_slower_the_more_it_has_to_do():
    knee = Knee(MOST)
    knee.set(64, 0.0)
    now = 0.0
    for _ in range(6000):
        # Answers take as long as those in flight: from eight on, more of them bring no more.
        now += 0.125
        knee.answered(now - 0.1 * max(knee.limit, 8), now, knee.limit, 10.0)
    assert knee.level < 16


def test_after_an_outage_it_opens_from_an_eighth_up_to_where_it_stood():
    knee = Knee(MOST)
    knee.set(64, 0.0)
    knee.reopen(10.0)
    limits, now = [knee.limit], 10.0
    while knee.limit < 64:
        now += 1.0
        for _ in range(knee.limit):
            knee.answered(now - 0.5, now, knee.limit, 10.0)
        limits.append(knee.limit)
    assert limits == [8, 16, 32, 64]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 50), st.floats(0, 1e7), st.integers(1, MOST)), max_size=200))
def test_whatever_comes_it_stays_between_one_and_the_most(happenings):
    knee, now = Knee(MOST), 0.0
    for is_answer, ago, size, in_flight in happenings:
        now += 0.3
        if is_answer:
            knee.answered(now - ago, now, in_flight, size)
        else:
            knee.overloaded(now - ago, now)
        assert 1 <= knee.limit <= MOST
        assert 1 <= knee.level <= MOST
