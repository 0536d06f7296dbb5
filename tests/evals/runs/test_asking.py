"""Plan, ask, store; resuming is the same call again."""

import asyncio
import random
from dataclasses import replace

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.published import Benchmark, PublishedScore
from quantgate.evals.contract.records import Answer, Grade, Sample, Sampling, Status
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.window import Window
from quantgate.evals.errors import EndpointUnreachable, RequestRefused, ResumeMismatch
from quantgate.evals.runs.asking import ask_all, to_sample
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.missing import MissingRequests, UngradedAnswers
from quantgate.evals.runs.record import RunRecord, now
from quantgate.evals.runs.task_plan import TaskPlan
from quantgate.evals.versions import software_versions
from tests.conftest import Sums, info_of, right_answer
from tests.server.served import FAULTS, Reply, error_body, faults_that_heal, served_model

FAST = RetryPolicy(tries=4, total_s=20, first_wait_s=0.01, longest_wait_s=0.02)


class Seen:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.asked_keys: list[tuple] = []
        self.faults: list[str] = []
        self.samples: list[Sample] = []

    def asked(self, request) -> None:
        self.asked_keys.append(request.key)

    def fault(self, request, fault: Fault) -> None:
        self.faults.append(str(fault))

    def finished(self, sample: Sample) -> None:
        self.samples.append(sample)


def plan_of(task: Sums, repeats: int = 1) -> TaskPlan:
    return TaskPlan(task, task.sampling, repeats, info_of(task), "test-model")


def run(path, plan: TaskPlan, url: str, *, concurrency: int = 8, stop_after: int | None = None) -> Seen:
    """One run into the directory; `stop_after` cancels it after so many samples."""
    directory, seen = RunDirectory(path), Seen()
    record = RunRecord("l", "test-model", {}, (plan.record(),), software_versions(), now())
    held = directory.samples()

    async def asking() -> None:
        with directory.writing(record, directory.record() if directory.exists() else None) as writer:
            async with Endpoint(url, "test-model", retry=FAST) as endpoint:
                await ask_all(
                    MissingRequests([plan], held),
                    {plan.task.identity.name: plan.task},
                    {plan.task.identity.name: endpoint},
                    writer,
                    Window(concurrency),
                    seen,
                )

    async def stopped() -> None:
        work = asyncio.create_task(asking())
        while len(seen.samples) < (stop_after or 0):
            await asyncio.wait([work], timeout=0.005)
        work.cancel()
        await work

    if stop_after is None:
        asyncio.run(asking())
    else:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(stopped())
    return seen


def scores(path) -> dict:
    return {key: sample.score for key, sample in RunDirectory(path).samples().items()}


def test_every_item_is_asked_once_and_stored(tmp_path, sums):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        run(tmp_path, plan_of(sums), server.base_url)
    assert scores(tmp_path) == {("sums", str(n), 0): 1.0 for n in range(12)}
    assert len(server.log.bodies) == 12


def test_repeats_have_their_own_seeds_and_come_in_whole_passes(sums):
    requests = list(plan_of(sums, repeats=3).requests())
    assert [request.repeat for request in requests] == [0] * 12 + [1] * 12 + [2] * 12
    assert {request.repeat: request.seed for request in requests} == {0: 1234, 1: 1235, 2: 1236}


def test_the_same_call_again_asks_nothing(tmp_path, sums):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        run(tmp_path, plan_of(sums), server.base_url)
        again = run(tmp_path, plan_of(sums), server.base_url)
    assert again.asked_keys == []
    assert len(server.log.bodies) == 12


def test_more_repeats_later_ask_only_the_new_ones(tmp_path, sums):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        run(tmp_path, plan_of(sums, 1), server.base_url)
        later = run(tmp_path, plan_of(sums, 3), server.base_url)
    assert {repeat for _, _, repeat in later.asked_keys} == {1, 2}
    assert len(scores(tmp_path)) == 36


@pytest.mark.slow
def test_faults_that_heal_change_no_score_and_nothing_answered_is_asked_again(tmp_path):
    task = Sums(count=120)
    wrong = {f"What is {n} + 3?" for n in range(0, 120, 7)}

    def rule(body):
        return Reply("It is 999." if body["messages"][-1]["content"] in wrong else right_answer(body))

    with served_model(rule) as healthy:
        run(tmp_path / "calm", plan_of(task), healthy.base_url)
    with served_model(faults_that_heal(rule, 0.3, FAULTS)) as server:
        seen = run(tmp_path / "storm", plan_of(task), server.base_url, concurrency=32)
    assert len(seen.faults) > 20
    assert scores(tmp_path / "storm") == scores(tmp_path / "calm")
    assert set(server.log.answered.values()) == {1}


def test_a_fault_that_stays_is_stored_as_missing_never_as_wrong(tmp_path, sums):
    def rule(body):
        if "What is 5 " in body["messages"][-1]["content"]:
            return Reply(status=500, body=error_body("no"))
        return Reply(right_answer(body))

    with served_model(rule) as server:
        run(tmp_path, plan_of(sums), server.base_url)
        assert scores(tmp_path)["sums", "5", 0] is None
        server.rule = lambda body: Reply(right_answer(body))
        again = run(tmp_path, plan_of(sums), server.base_url)
    assert again.asked_keys == [("sums", "5", 0)]
    assert scores(tmp_path)["sums", "5", 0] == 1.0


def test_a_run_that_is_stopped_keeps_what_arrived_and_asks_only_the_rest(tmp_path):
    task = Sums(count=60)
    draw = random.Random(5)
    with served_model(lambda body: Reply(right_answer(body), delay_s=draw.random() / 50)) as server:
        first = run(tmp_path, plan_of(task), server.base_url, stop_after=20)
        held = scores(tmp_path)
        second = run(tmp_path, plan_of(task), server.base_url)
    assert len(first.samples) == len(held) >= 20
    assert set(second.asked_keys).isdisjoint(held)
    assert len(scores(tmp_path)) == 60
    lines = (tmp_path / "samples.jsonl").read_text().splitlines()
    assert len(lines) == 60


def test_an_endpoint_that_dies_stops_the_run_instead_of_exhausting_it(tmp_path):
    task = Sums(count=500)
    with (
        served_model(lambda _: Reply(reset=True)) as server,
        pytest.raises(EndpointUnreachable, match="10 requests in a row have failed"),
    ):
        run(tmp_path, plan_of(task), server.base_url)
    assert len(server.log.bodies) < 300


def test_an_endpoint_that_refuses_the_model_stops_the_run(tmp_path, sums):
    with (
        served_model(lambda _: Reply(status=404, body=error_body("the model does not exist"))) as server,
        pytest.raises(RequestRefused, match="the model does not exist"),
    ):
        run(tmp_path, plan_of(sums), server.base_url)
    assert scores(tmp_path) == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (error_body("temperature is not supported"), "temperature is not supported. Check the sampling options"),
        (error_body("maximum context length is 512 tokens"), "lower --max-tokens"),
    ],
)
def test_an_endpoint_that_takes_no_request_at_all_stops_the_run_with_what_it_says(tmp_path, body, said):
    with (
        served_model(lambda _: Reply(status=400, body=body)) as server,
        pytest.raises(RequestRefused, match="has refused the first 10 requests") as refusal,
    ):
        run(tmp_path, plan_of(Sums(count=200)), server.base_url)
    assert said in str(refusal.value)
    assert len(server.log.bodies) < 60


def test_single_requests_that_are_refused_do_not_stop_the_others(tmp_path):
    def rule(body):
        odd = int(body["messages"][-1]["content"].split()[2]) % 2
        return Reply(status=400, body=error_body("no odd numbers")) if odd else Reply(right_answer(body))

    with served_model(rule) as server:
        run(tmp_path, plan_of(Sums(count=60)), server.base_url)
    assert sum(score is None for score in scores(tmp_path).values()) == 30


def test_a_refusal_after_answers_leaves_the_run_to_go_on(tmp_path):
    seen = []

    def rule(body):
        seen.append(body)
        return Reply(right_answer(body)) if len(seen) < 10 else Reply(status=404, body=error_body("rolling out"))

    with served_model(rule) as server, pytest.raises(EndpointUnreachable, match="the same command goes on"):
        run(tmp_path, plan_of(Sums(count=60)), server.base_url, concurrency=1)
    assert len(scores(tmp_path)) == 9


@pytest.mark.slow
def test_what_has_arrived_is_stored_soon_even_when_grading_is_slower_than_the_server(tmp_path):
    stored_then_asked = []
    task = Sums(count=400)
    file = tmp_path / "samples.jsonl"

    def rule(body):
        stored = file.read_bytes().count(b"\n") if file.exists() else 0
        stored_then_asked.append(len(server.log.bodies) - stored)
        return Reply(right_answer(body))

    plain = task.grade

    def slow_grade(*arguments):
        for _ in range(200):
            grade = plain(*arguments)
        return grade

    task.grade = slow_grade
    with served_model(rule) as server:
        run(tmp_path, plan_of(task), server.base_url, concurrency=16)
    assert max(stored_then_asked) <= 16 + 16 + 16


def test_another_prompt_under_the_same_key_is_refused(tmp_path, sums):
    with served_model(lambda body: Reply(right_answer(body))) as server:
        run(tmp_path, plan_of(sums), server.base_url)
    held = RunDirectory(tmp_path).samples()
    sums.prompt = lambda item, repeat: type(Sums().prompt(item, repeat))((), "another hash")
    with pytest.raises(ResumeMismatch, match="item 0 \\(repeat 0\\)"):
        MissingRequests([plan_of(sums)], held)


def test_the_window_bounds_what_is_in_flight_and_is_used_up(tmp_path):
    with served_model(lambda body: Reply(right_answer(body), until_in_flight=16)) as server:
        run(tmp_path, plan_of(Sums(count=60)), server.base_url, concurrency=16)
    assert server.log.most_in_flight == 16


@pytest.mark.slow
def test_more_than_a_hundred_requests_are_in_flight_when_asked_for(tmp_path):
    with served_model(lambda body: Reply(right_answer(body), until_in_flight=250)) as server:
        run(tmp_path, plan_of(Sums(count=300)), server.base_url, concurrency=250)
    assert server.log.most_in_flight == 250


@pytest.mark.parametrize(
    ("answer", "score", "extracted"),
    [
        (Answer(Status.OK, "It is 5."), 1.0, "5"),
        (Answer(Status.OK, "It is six."), 0.0, None),
        (Answer(Status.TRUNCATED, "2 + 3 = 5, so"), 1.0, "5"),
        (Answer(Status.TRUNCATED, None, finish_reason="context_overflow"), 0.0, None),
        (Answer(Status.EMPTY, None, reasoning="it is 5"), 0.0, None),
        (Answer(Status.ERROR, None, error="HTTP 500"), None, None),
    ],
)
def test_how_each_status_is_scored(sums, request_of, answer, score, extracted):
    sample = to_sample(request_of("2"), answer, sums)
    assert (sample.score, sample.extracted) == (score, extracted)


@pytest.mark.parametrize("grade", [Grade(1.5, "5"), Grade(float("nan"), None), Grade(1.0, 5), Grade(None, "5"), None])
def test_an_answer_whose_grade_no_sample_can_hold_is_kept_ungraded(sums, request_of, grade):
    sums.grade = lambda item, repeat, response: grade
    sample = to_sample(request_of("2"), Answer(Status.OK, "It is 5."), sums)
    assert (sample.status, sample.ended, sample.score, sample.response) == ("ungraded", "ok", None, "It is 5.")
    assert sample.error.startswith("the grader gave ")


def test_a_plan_records_what_two_runs_must_share(sums):
    sampling = Sampling(temperature=0.6, stop=("#",), extra_body={"k": 1})
    record = TaskPlan(sums, sampling, 4, info_of(sums), "m").record()
    assert (record.items, record.repeats, record.version, record.metric) == (12, 4, "1", "exact")
    assert record.sampling["stop"] == ["#"]
    assert set(record.sampling) == {"temperature", "top_p", "max_tokens", "stop", "seed", "extra_body"}


def test_a_plan_records_what_the_task_declares_for_those_who_come_after(sums):
    score = PublishedScore("glm-5.2", 0.9, 0.05, "a card")
    board = Benchmark("org/sums", "sums", 12)
    info = info_of(sums, private="keep it", benchmark=board, published=(score,))
    record = TaskPlan(sums, sums.sampling, 1, info, "zai-org/GLM-5.2-FP8").record()
    assert (record.private, record.benchmark, record.published) == ("keep it", board, score)
    assert TaskPlan(sums, sums.sampling, 1, info, "another").record().published is None


class Parts(Sums):
    """Sums in two strata, those of one in clusters."""

    def items(self):
        return [
            replace(item, stratum="easy" if place < 5 else "hard", cluster=f"pair {place // 2}" if place < 4 else None)
            for place, item in enumerate(super().items())
        ]


def test_the_record_counts_the_items_of_each_stratum_and_samples_name_their_cluster():
    plan = plan_of(Parts())
    assert plan.record().strata == {"easy": 5, "hard": 7}
    assert plan_of(Sums()).record().strata == {}
    samples = [to_sample(request, Answer(Status.OK, "The answer is 5."), plan.task) for request in plan.requests()]
    assert [sample.cluster for sample in samples[:5]] == ["pair 0", "pair 0", "pair 1", "pair 1", None]


def test_conversations_that_outgrew_their_context_are_asked_again(sums):
    plan = plan_of(sums)
    first, *_ = plan.requests()
    outgrown = Answer(Status.OK, "file", finish_reason="agent_context_exceeded", grade=Grade(0.0, "0"))
    assert next(iter(MissingRequests([plan], {first.key: to_sample(first, outgrown, sums)}))) == first


def test_ungraded_answers_are_graded_again_and_not_asked(tmp_path, sums):
    good = sums.grade
    sums.grade = lambda item, repeat, response: good(item, repeat, response) if item.item_id != "3" else None
    with served_model(lambda body: Reply(right_answer(body))) as server:
        run(tmp_path, plan_of(sums), server.base_url)
        asked = len(server.log.bodies)
        held = RunDirectory(tmp_path).samples()
        assert [sample.item_id for sample in held.values() if sample.status is Status.UNGRADED] == ["3"]
        run(tmp_path, plan_of(sums), server.base_url)
        assert len(server.log.bodies) == asked
    plan = plan_of(sums)
    ((request, sample),) = UngradedAnswers([plan], held)
    sums.grade = good
    seen = Seen()

    async def again():
        directory = RunDirectory(tmp_path)
        with directory.writing(directory.record(), directory.record()) as writer:
            await ask_all((), {"sums": sums}, {}, writer, Window(1), seen, again=[(request, sample)])

    asyncio.run(again())
    assert RunDirectory(tmp_path).samples()[request.key].score == 1.0
    assert list(MissingRequests([plan], RunDirectory(tmp_path).samples())) == []
