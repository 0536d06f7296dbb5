"""A whole run against llmock, which breaks on purpose and judges its clients: nothing lost, and nothing to say."""

import pytest

from quantgate.evals.contract.records import Status
from quantgate.evals.runs.directory import RunDirectory

pytest.importorskip("llmock", reason="it needs Python 3.10 to 3.14")
pytestmark = pytest.mark.slow


@pytest.fixture
def run(llmock, quantgate, tmp_path):
    """Runs so many sums against it; returns the exit code and the samples."""

    def ask(limit, *more):
        server = ["--base-url", llmock.base_url(), "--model", "gpt-4o-mini", "--stream"]
        out = ["--out", str(tmp_path / "run")]
        code, _, _ = quantgate(["run", "--task", "arithmetic", "--limit", str(limit), *server, *out, *more])
        return code, list(RunDirectory(tmp_path / "run").samples().values())

    return ask


def test_faults_of_many_kinds_lose_no_sample_and_are_fought_politely(llmock, run):
    llmock.rate_limit(times=4, retry_after=0.6)
    for status in (500, 503, 529, 408):
        llmock.fail(status, times=5)
    llmock.disconnect(times=3).truncate(times=3).corrupt(times=3)
    code, samples = run(40, "--concurrency", "8")
    assert (code, len(samples)) == (0, 40)
    assert {sample.status for sample in samples} == {Status.OK}
    met = [request for request in llmock.requests if request.fault and request.path.endswith("/chat/completions")]
    assert sum(sample.attempts - 1 for sample in samples) == len(met) > 20
    # Every fault was answered by another attempt; the judge's warnings rest on which attempts it takes for one call.
    llmock.assert_resilient()


def test_a_quota_is_kept_by_waiting(llmock, run):
    llmock.limits(rpm=95)
    code, samples = run(100)
    assert (code, len(samples)) == (0, 100)
    llmock.assert_resilient()
