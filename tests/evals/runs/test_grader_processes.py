"""Graders in processes of their own: limits, crashes, noise, and that nothing else waits for them."""

import asyncio
import os
import re
import time

import pytest

from quantgate.evals.contract.records import Grade, Item
from quantgate.evals.runs.grader_processes import GraderProcesses
from tests.conftest import Sums


class Hostile(Sums):
    """Does with a text what the text says."""

    def grade(self, item, repeat, response):
        if response == "hang":
            re.match("(a+)+b", "a" * 60)
        if response == "die":
            os._exit(7)
        if response == "leave":
            raise SystemExit(3)
        if response == "stop":
            raise KeyboardInterrupt
        if response == "deep":
            return self.grade(item, repeat, response)
        if response == "noise":
            print("raw \x1b[31m bytes")
            os.write(2, b"\nand more\n")
        return Grade(1.0, response, {"exact": 1.0, "odd": float("nan")})


def judged(texts, *, limit_s=30.0):
    """What came of each text, graded side by side."""
    task = Hostile()

    async def all_of_them(graders):
        try:
            return await asyncio.gather(*(graders.judge(task, Item("1"), 0, text) for text in texts))
        finally:
            graders.release()

    with GraderProcesses([task], limit_s) as graders:
        return asyncio.run(all_of_them(graders))


def test_a_grade_comes_back_as_it_was_given_but_for_metrics_that_are_no_numbers():
    text = "lone \ud800 and\u2028 lines\n" * 1000
    (result,) = judged([text])
    assert result.grade == Grade(1.0, text, {"exact": 1.0})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("die", "the grader's process exited with code 7"),
        ("leave", "the grader failed: SystemExit: 3"),
        ("stop", "the grader failed: KeyboardInterrupt"),
        ("deep", "the grader failed: RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_whatever_a_grader_does_is_a_reason_and_the_next_text_is_graded(text, reason):
    failed, fine = judged([text, "fine"])
    assert (failed.grade, failed.reason[: len(reason)]) == (None, reason)
    assert fine.grade is not None


def test_a_grader_that_holds_the_interpreter_is_ended_and_the_event_loop_goes_on():
    task, ticks = Hostile(), 0

    async def grade(graders):
        nonlocal ticks
        hanging = asyncio.create_task(graders.judge(task, Item("1"), 0, "hang"))
        while not hanging.done():
            await asyncio.sleep(0.01)
            ticks += 1
        graders.release()
        return hanging.result()

    with GraderProcesses([task], 0.3) as graders:
        result = asyncio.run(grade(graders))
    assert (result.grade, result.reason) == (None, "the grader took longer than 0.3 s")
    assert ticks >= 10


class Later(Sums):
    """Grades with what `load` has made."""

    loaded_by = 0

    def load(self):
        self.loaded_by = os.getpid()

    def grade(self, item, repeat, response):
        return Grade(1.0, str(self.loaded_by))


def test_what_a_task_grades_with_is_loaded_by_the_graders_and_not_here():
    task = Later()

    async def graded_by(graders):
        try:
            return [await graders.judge(task, Item("1"), 0, "text") for _ in range(2)]
        finally:
            graders.release()

    with GraderProcesses([task]) as graders:
        loaded_by = {int(judged.grade.extracted) for judged in asyncio.run(graded_by(graders))}
    assert len(loaded_by) == 1
    assert loaded_by.isdisjoint({0, os.getpid()})
    assert task.loaded_by == 0


def test_what_is_printed_is_counted_and_kept_off_the_terminal(capfd):
    loud, quiet = judged(["noise", "fine"])
    assert (loud.heard, loud.first, quiet.heard) == (2, "raw [31m bytes", 0)
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left_behind_while_a_grader_hangs():
    task = Hostile()
    pids = []

    async def grade(graders):
        hanging = asyncio.create_task(graders.judge(task, Item("1"), 0, "hang"))
        await graders.judge(task, Item("1"), 0, "fine")
        pids.extend(grader.pid for grader in graders._idle)
        hanging.cancel()
        graders.release()

    began = time.monotonic()
    with GraderProcesses([task]) as graders:
        pids.append(graders._nursery)
        asyncio.run(grade(graders))
    assert time.monotonic() - began < 20
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


class Slow(Hostile):
    """Grades slowly and says so."""

    grading_limit_s = 0.2


def test_a_task_that_grades_slowly_has_a_limit_of_its_own():
    task = Slow()

    async def grade(graders):
        result = await graders.judge(task, Item("1"), 0, "hang")
        graders.release()
        return result

    with GraderProcesses([task]) as graders:
        assert asyncio.run(grade(graders)).reason == "the grader took longer than 0.2 s"
