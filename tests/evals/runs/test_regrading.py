"""Stored answers graded again: all or none, with everything else kept."""

import json
import shutil
from dataclasses import replace

import pytest

from quantgate.evals.contract.records import Answer, Grade, Status
from quantgate.evals.errors import ResumeMismatch, StorageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.runs.asking import to_sample
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import RunRecord
from quantgate.evals.runs.regrading import regrade
from quantgate.evals.runs.task_plan import TaskPlan
from tests.conftest import Sums, info_of


class Mended(Sums):
    """Grades by another rule, and says so."""

    @property
    def identity(self):
        return replace(super().identity, grader="sums 2", metric="any")

    def grade(self, item, repeat, response):
        return Grade(1.0, "read", {"any": 1.0})


class Broken(Sums):
    def grade(self, item, repeat, response):
        raise LookupError("no data")


def silent(done, total):
    pass


def made(path, task=None):
    """A run of three right answers, three wrong ones, and a fault."""
    task = task or Sums(count=7)
    plan = TaskPlan(task, task.sampling, 1, info_of(task), "m")
    record = RunRecord("l", "m", {}, (plan.record(),), {}, "then")
    answers = [Answer(Status.OK, f"It is {n + 3}." if n < 3 else "It is six.", reasoning="hm") for n in range(6)]
    with RunDirectory(path).writing(record) as writer:
        for request, answer in zip(plan.requests(), [*answers, Answer(Status.ERROR, error="HTTP 500")], strict=True):
            writer.append(to_sample(request, answer, task))
    return path


def test_a_regrade_changes_grades_and_keeps_everything_else(tmp_path):
    before = RunDirectory(made(tmp_path)).samples()
    result = regrade(tmp_path, {"sums": Mended(count=7)}, silent)
    (change,) = result.tasks
    assert (change.graded, dict(change.scores), change.unlike, change.ungraded) == (6, {("0", "1"): 3}, 3, 0)
    after = Run.load(tmp_path)
    for key, sample in after.samples.items():
        old = before[key]
        if old.status is Status.ERROR:
            assert sample == old
        else:
            assert sample == replace(old, score=1.0, extracted="read", metrics={"any": 1.0})
    (task,) = after.record.tasks
    assert (task.grader, task.metric) == ("sums 2", "any")
    (entry,) = after.record.regraded
    assert entry.before == {"sums": {"grader": "sums 1", "metric": "exact"}}
    assert "quantgate" in entry.software


def test_answers_that_could_not_be_graded_are_once_the_grader_can(tmp_path):
    made(tmp_path, Broken(count=7))
    assert regrade(tmp_path, {"sums": Broken(count=7)}, silent).ungraded == 6
    result = regrade(tmp_path, {"sums": Sums(count=7)}, silent)
    assert (result.ungraded, dict(result.tasks[0].scores)) == (0, {("ungraded", "1"): 3, ("ungraded", "0"): 3})
    samples = RunDirectory(tmp_path).samples().values()
    assert {sample.status for sample in samples} == {Status.OK, Status.ERROR}
    assert {sample.error for sample in samples if sample.status is Status.OK} == {None}


def test_a_regrade_that_is_killed_before_its_end_has_never_been(tmp_path):
    made(tmp_path / "run")
    before, record = RunDirectory(tmp_path / "run").samples(), (tmp_path / "run" / "run.json").read_text()
    regrade(tmp_path / "run", {"sums": Mended(count=7)}, silent)
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    (tmp_path / "killed" / "run.json").write_text(record)
    assert RunDirectory(tmp_path / "killed").samples() == before
    regrade(tmp_path / "killed", {"sums": Sums(count=7)}, silent)
    assert RunDirectory(tmp_path / "killed").samples() == before
    regrade(tmp_path / "killed", {"sums": Mended(count=7)}, silent)
    assert RunDirectory(tmp_path / "killed").samples() == RunDirectory(tmp_path / "run").samples()


def test_lines_are_only_appended(tmp_path):
    lines = (made(tmp_path) / "samples.jsonl").read_bytes()
    regrade(tmp_path, {"sums": Mended(count=7)}, silent)
    assert (tmp_path / "samples.jsonl").read_bytes().startswith(lines)
    assert all(json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines())


def test_other_data_and_other_prompts_are_refused(tmp_path):
    class OtherData(Sums):
        @property
        def identity(self):
            return replace(super().identity, data_hash="e" * 64)

    class OtherPrompt(Sums):
        def prompt(self, item, repeat):
            return replace(super().prompt(item, repeat), prompt_hash="other")

    made(tmp_path)
    for task, said in (
        (OtherData(count=7), "other data"),
        (OtherPrompt(count=7), "another prompt"),
        (Sums(2), "no item"),
    ):
        with pytest.raises(ResumeMismatch, match=said):
            regrade(tmp_path, {"sums": task}, silent)


def test_a_run_that_is_being_written_is_left_alone(tmp_path):
    record = RunDirectory(made(tmp_path)).record()
    with RunDirectory(tmp_path).writing(record, record), pytest.raises(StorageError, match="another quantgate"):
        regrade(tmp_path, {"sums": Mended(count=7)}, silent)


def test_runs_that_were_graded_unlike_are_comparable_once_both_are_graded_alike(tmp_path):
    made(tmp_path / "a"), made(tmp_path / "b")
    regrade(tmp_path / "a", {"sums": Mended(count=7)}, silent)
    (pair,) = pair_runs(Run.load(tmp_path / "a"), Run.load(tmp_path / "b")).tasks
    assert any("grader" in problem and "quantgate regrade" in "".join(pair.problems) for problem in pair.problems)
    regrade(tmp_path / "b", {"sums": Mended(count=7)}, silent)
    (pair,) = pair_runs(Run.load(tmp_path / "a"), Run.load(tmp_path / "b")).tasks
    assert not any("grader" in problem for problem in pair.problems)
