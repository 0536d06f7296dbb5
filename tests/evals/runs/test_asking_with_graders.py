"""Answers that are graded elsewhere: none is lost, none is stored twice, and no more are begun than can be stored."""

import asyncio

import pytest

from quantgate.evals.contract.records import Answer, Status
from quantgate.evals.endpoint.client import Endpoint
from quantgate.evals.endpoint.window import Window
from quantgate.evals.runs.asking import ask_all
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.grading import Judged, judge
from quantgate.evals.runs.missing import MissingRequests
from quantgate.evals.runs.record import RunRecord, now
from quantgate.evals.versions import software_versions
from tests.conftest import Sums, right_answer
from tests.evals.runs.test_asking import FAST, Seen, plan_of, scores
from tests.server.served import Reply, served_model


def test_answers_that_wait_for_their_grader_when_the_run_is_stopped_are_kept(tmp_path, sums):
    class Slow:
        """Graders that never come to an end."""

        async def judge(self, *_):
            waiting.set()
            await asyncio.Event().wait()

        def release(self):
            pass

    plan = plan_of(sums)
    record = RunRecord("l", "m", {}, (plan.record(),), {}, "then")
    waiting = asyncio.Event()

    async def stopped(url):
        with RunDirectory(tmp_path).writing(record) as writer:
            async with Endpoint(url, "test-model", retry=FAST) as endpoint:
                requests = list(plan.requests())[:1]
                asking = ask_all(
                    requests, {"sums": sums}, {"sums": endpoint}, writer, Window(1), Seen(), graders=Slow()
                )
                work = asyncio.create_task(asking)
                await waiting.wait()
                work.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await work

    with served_model(lambda body: Reply(right_answer(body))) as server:
        asyncio.run(stopped(server.base_url))
    (sample,) = RunDirectory(tmp_path).samples().values()
    assert (sample.status, sample.ended, sample.response) == (Status.UNGRADED, Status.OK, "The answer is 3.")


class Ready:
    """An endpoint that answers at once."""

    async def ask(self, request, on_fault) -> Answer:
        return Answer(Status.OK, "The answer is 5.")


class Slow:
    """Graders that wait until they may go on."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()

    async def judge(self, task, item, repeat, text) -> Judged:
        await self.may_go_on.wait()
        return judge(task, item, repeat, text)

    def release(self) -> None: ...


def while_graders_are_slow(path, task: Sums, graders: Slow, look) -> object:
    """What `look` sees once all that can be done without the graders is done; they go on after that."""
    plan, seen, directory = plan_of(task), Seen(), RunDirectory(path)
    record = RunRecord("l", "test-model", {}, (plan.record(),), software_versions(), now())

    async def scenario() -> object:
        missing = MissingRequests([plan], {})
        with directory.writing(record) as writer:
            asking = ask_all(missing, {"sums": task}, {"sums": Ready()}, writer, Window(8), seen, graders=graders)
            work = asyncio.create_task(asking)
            for _ in range(1000):
                await asyncio.sleep(0)
            found = look(seen)
            graders.may_go_on.set()
            await work
        return found

    return asyncio.run(scenario())


def test_no_more_requests_are_begun_than_can_be_stored_while_graders_are_slow(tmp_path, sums, monkeypatch):
    monkeypatch.setattr("quantgate.evals.runs.asking._MOST_OPEN", 4)
    assert while_graders_are_slow(tmp_path, sums, Slow(), lambda seen: len(seen.asked_keys)) == 4
    assert len(scores(tmp_path)) == 12


class LoadsLater(Sums):
    """A task whose graders load what they grade with while it is asked."""

    def load(self) -> None: ...


def test_while_the_graders_load_no_more_answers_are_unstored_than_may_be_in_flight(tmp_path):
    task = LoadsLater(count=12)
    assert while_graders_are_slow(tmp_path, task, Slow(), lambda seen: len(seen.asked_keys)) == 8
    assert len(scores(tmp_path)) == 12
    assert len((tmp_path / "samples.jsonl").read_text().splitlines()) == 12
