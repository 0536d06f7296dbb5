"""Workers ask and grade for a run: the answers are those of one process, whatever befalls the workers."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest

from quantgate.evals.errors import DataError, RequestRefused, Unfinished, UsageError
from tests.cluster.conftest import Here, samples, sums
from tests.server.served import FAULTS, Reply, error_body, faults_that_heal, served_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_samples_are_those_of_one_process(run_here, workers):
    with served_model(sums) as server:
        alone, _ = run_here(server.base_url, out="alone")
        here, _ = run_here(server.base_url, Here(workers))
        assert len(server.log.bodies) == 200
    assert samples(here) == samples(alone)
    prompts = [sorted((out / "prompts.jsonl").read_text().splitlines()) for out in (alone, here)]
    assert prompts[0] == prompts[1]


def test_no_more_requests_are_in_flight_than_were_asked_for_of_all_workers_together(run_here):
    with served_model(lambda body: Reply(sums(body).content, delay_s=0.02)) as server:
        run_here(server.base_url, Here(2), concurrency=3, limit=40)
        assert server.log.most_in_flight == 3


def test_what_a_killed_worker_had_in_hand_is_all_that_is_asked_again(run_here):
    place = Here(2)
    killed = threading.Lock()

    def rule(body):
        if len(server.log.bodies) >= 30 and killed.acquire(blocking=False):
            place.kill_one()
        return Reply(sums(body).content, delay_s=0.01)

    with served_model(rule) as server:
        out, progress = run_here(server.base_url, place, concurrency=4)
        asked = len(server.log.bodies)
        alone, _ = run_here(server.base_url, out="alone")
    assert killed.locked()
    assert 100 < asked <= 104
    assert any("a worker was lost (here: killed by signal 9)" in fault for fault in progress.faults)
    assert len(place.hired) == 3
    unlike = {key for key, sample in samples(out).items() if sample != samples(alone)[key]}
    assert len(unlike) <= 4, "attempts are counted where a request was asked again, and nothing else differs"


def test_faults_that_heal_change_no_answer(run_here, monkeypatch):
    with served_model(faults_that_heal(sums, 0.2, FAULTS)) as server:
        out, progress = run_here(server.base_url, Here(2), limit=30)
    assert len(progress.faults) > 0
    assert len(samples(out)) == 30


def test_an_endpoint_that_refuses_every_request_ends_the_run_with_its_reason(run_here):
    with (
        served_model(lambda body: Reply(status=401, body=error_body("no key"))) as server,
        pytest.raises(RequestRefused, match="refuses with HTTP 401"),
    ):
        run_here(server.base_url, Here(2))


def test_another_version_of_quantgate_is_refused_with_the_node_that_has_it(run_here):
    says = (
        "-c",
        "import pickle, sys; body = pickle.dumps([{'quantgate': '0.0.9', 'python': '3'}]);"
        "sys.stdout.buffer.write(len(body).to_bytes(8, 'big') + body); sys.stdout.flush(); sys.stdin.read()",
    )
    with (
        served_model(sums) as server,
        pytest.raises(UsageError, match=r"node here has quantgate 0\.0\.9, and the run is quantgate"),
    ):
        run_here(server.base_url, Here(2, says))


def test_workers_that_cannot_start_end_the_run_with_what_they_said(run_here):
    place = Here(2, ("-c", "import sys; sys.exit('No module named quantgate')"))
    with served_model(sums) as server, pytest.raises(Unfinished, match="it said last: No module named quantgate"):
        run_here(server.base_url, place)
    assert len(place.hired) < 12


def test_no_worker_outlives_a_run(run_here):
    place = Here(2)
    with served_model(sums) as server:
        run_here(server.base_url, place, limit=10)
    assert all(link.relay._process.returncode is not None for link in place.hired)


def test_there_are_no_more_workers_than_requests_or_than_may_be_in_flight(run_here):
    for options, most in (({"limit": 1}, 1), ({"concurrency": 2}, 2)):
        place = Here(8)
        with served_model(sums) as server:
            run_here(server.base_url, place, out=f"run{most}", **options)
        assert len(place.hired) == most


def test_a_machine_that_comes_later_is_used(run_here, monkeypatch):
    monkeypatch.setattr("quantgate.cluster.crew._LOOK_EVERY_S", 0.05)
    place = Here(0)

    async def places():
        place.room += 1
        return min(place.room - 1, 2)

    place.places = places
    with served_model(lambda body: Reply(sums(body).content, delay_s=0.05)) as server:
        out, _ = run_here(server.base_url, place, concurrency=4)
    assert len(place.hired) == 2
    assert len(samples(out)) == 100


def test_a_worker_that_says_nothing_is_given_up(run_here, monkeypatch):
    monkeypatch.setattr("quantgate.cluster.hands._PING_EVERY_S", 0.2)
    monkeypatch.setattr("quantgate.cluster.hands._SILENT_S", 1.0)
    place = Here(2)
    stopped = threading.Lock()

    def rule(body):
        if len(server.log.bodies) >= 20 and stopped.acquire(blocking=False):
            os.kill(place.hired[0].relay._process.pid, signal.SIGSTOP)
        return Reply(sums(body).content, delay_s=0.02)

    with served_model(rule) as server:
        out, progress = run_here(server.base_url, place, concurrency=4)
    assert any("it has said nothing for" in fault for fault in progress.faults)
    assert len(samples(out)) == 100


def test_answers_that_a_grader_takes_long_over_are_graded_by_the_workers(run_here, gsm8k_files, rule):
    """No text of gsm8k is graded at once: lm-eval does it, in a process beside the worker."""
    options = {"task": ["gsm8k"], "data": {"gsm8k": gsm8k_files[0]}}
    with served_model(rule) as server:
        alone, _ = run_here(server.base_url, out="alone", **options)
        here, _ = run_here(server.base_url, Here(2), **options)
    assert samples(here) == samples(alone)


def test_answers_that_wait_for_a_grade_get_it_from_the_workers_and_are_not_asked_again(run_here, gsm8k_files, rule):
    options = {"task": ["gsm8k"], "data": {"gsm8k": gsm8k_files[0]}}
    with served_model(rule) as server:
        alone, _ = run_here(server.base_url, out="alone", **options)
        here, _ = run_here(server.base_url, Here(1), **options)
        lines = [json.loads(line) for line in (here / "samples.jsonl").read_text().splitlines()]
        for sample in lines[:5]:
            sample |= {"status": "ungraded", "ended": sample["status"], "score": None, "extracted": None, "metrics": {}}
        (here / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in lines))
        server.log.bodies.clear()
        run_here(server.base_url, Here(1), **options)
        assert not server.log.bodies
    last = {}
    for line in (here / "samples.jsonl").read_text().splitlines():
        sample = json.loads(line)
        last[sample["item_id"]] = (sample["status"], sample["score"])
    assert last == {
        json.loads(line)["item_id"]: ("ok", json.loads(line)["score"])
        for line in (alone / "samples.jsonl").read_text().splitlines()
    }


def test_another_release_of_a_task_on_a_node_is_refused(run_here, monkeypatch):
    monkeypatch.setattr("quantgate.cluster.executing.identity_told", lambda identity: {"version": "2"})
    with served_model(sums) as server, pytest.raises(DataError, match="arithmetic is another task here: its version"):
        run_here(server.base_url, Here(1))
