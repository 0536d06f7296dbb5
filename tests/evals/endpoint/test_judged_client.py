"""llmock, a server that breaks on purpose and judges its clients, finds nothing to say against this one."""

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.client import RetryPolicy
from quantgate.evals.endpoint.connection import Connection
from tests.evals.endpoint.test_client import ask

pytest.importorskip("llmock", reason="it needs Python 3.10 to 3.14")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch):
    """By chance two waits may be of one length, which the judge takes for no back-off."""
    monkeypatch.setattr("quantgate.evals.endpoint.retrying.random.uniform", lambda low, high: (low + high) / 2)


STREAMED = Connection(stream=True)
"""Left to itself a retry may be asked for without a stream, which the judge takes for another question."""


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_a_passing_fault_is_retried_with_growing_waits(llmock, request_of, status):
    llmock.fail(status, times=2)
    answer, faults = ask(llmock.base_url(), request_of(), retry=RetryPolicy(), connection=STREAMED)
    assert (answer.status, answer.attempts, len(faults)) == (Status.OK, 3, 2)
    llmock.assert_resilient(strict=True)


def test_a_retry_waits_as_long_as_the_server_asks(llmock, request_of):
    llmock.rate_limit(times=2, retry_after=1.5)
    answer, _ = ask(llmock.base_url(), request_of(), retry=RetryPolicy(), connection=STREAMED)
    assert answer.status is Status.OK
    llmock.assert_resilient(strict=True)


@pytest.mark.parametrize("status", [400, 422])
def test_what_cannot_get_better_is_asked_once(llmock, request_of, status):
    llmock.fail(status, times=2)
    answer, _ = ask(llmock.base_url(), request_of(), retry=RetryPolicy(), connection=STREAMED)
    assert answer.refused
    llmock.assert_resilient(strict=True)
    assert len(llmock.requests) == 1


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "corrupt"])
def test_a_broken_stream_is_no_answer(llmock, request_of, fault):
    getattr(llmock, fault)(after_chunks=2)
    answer, faults = ask(llmock.base_url(), request_of(), retry=RetryPolicy(), connection=STREAMED)
    assert (answer.status, len(faults)) == (Status.OK, 1)
    # Its warnings rest on a race: where it sees an attempt end after the next has begun, it takes them for two calls.
    llmock.assert_resilient()
