"""A finished run as a build: taken as it is, or refused with the reason before anything is asked."""

import json

import pytest

from quantgate.evals.decision.sequential.state import Stage
from quantgate.evals.errors import RunDirectoryError, UsageError
from quantgate.evals.release.types import Reason, Stored
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.session import prepare
from quantgate.evals.runs.side_by_side import ask_side_by_side
from quantgate.evals.settings.run import RunConfig
from tests.conftest import Sums, info_of
from tests.evals.release.builds import Model, asked, design_of, prepared, served
from tests.server.served import served_model

DESIGNS = {"sums": design_of(40)}


class Quiet:
    def follow(self, window) -> None: ...

    def asked(self, request) -> None: ...

    def fault(self, request, fault) -> None: ...

    def finished(self, sample) -> None: ...


def finished_run(server, out, task=None, **options) -> Stored:
    """A run by `quantgate run`'s own way."""
    task = task or Sums(count=40)
    config = RunConfig(task=("sums",), base_url=server.base_url, model="test-model", out=out / "old", **options)
    ask_side_by_side([(prepare(config, {"sums": task}, {"sums": info_of(task)}), Quiet())])
    return Stored("fp8", out / "old")


def check(server, out, baseline, task=None, **options):
    builds = [baseline, served("mx", server.base_url, out, **options)]
    return prepared(builds, {"sums": task or Sums(count=40)}, DESIGNS, passes_at=2)


def test_a_finished_baseline_is_not_asked_again_nor_written_to(tmp_path):
    with served_model(Model()) as server:
        baseline = finished_run(server, tmp_path)
        before = {file.name: file.read_bytes() for file in (tmp_path / "old").iterdir()}
        candidate = Model()
        with served_model(candidate) as other:
            session = check(other, tmp_path, baseline)
            assert (session.to_ask, dict(session.total)) == (("mx",), {"mx": 40})
            ended, seen = asked(session)
    assert (ended.reason, ended.states["mx"]["sums"].stage) == (Reason.DECIDED, Stage.PASSED)
    assert seen.done["fp8"] == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "old").iterdir()} == before


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        ({"temperature": 0.5}, {}, "sums: the builds were not asked alike: temperature 0.5 for the baseline, 0.0 for"),
        ({"limit": 20}, {}, "sums: the baseline has 20 items, the candidate 40"),
        ({"repeats": 1}, {"repeats": 3}, "sums: each item was asked once there, 3 times here"),
    ],
)
def test_a_run_that_was_asked_otherwise_is_refused_before_anything_is_asked(tmp_path, there, here, said):
    with served_model(Model()) as server:
        baseline = finished_run(server, tmp_path, **there)
        asked_before = server.log.answered.total()
        with pytest.raises(RunDirectoryError, match="cannot be taken for fp8") as refusal:
            prepared([baseline, served("mx", server.base_url, tmp_path, **here)], {"sums": Sums(count=40)})
        assert server.log.answered.total() == asked_before
    assert said in str(refusal.value)
    assert not (tmp_path / "mx").exists()


def test_a_run_with_other_prompts_is_refused(tmp_path):
    class Other(Sums):
        def prompt(self, item, repeat):
            text = f"How much is {item.item_id} + 3?"
            return type(super().prompt(item, repeat))(({"role": "user", "content": text},), f"hash of {text}")

    with served_model(Model()) as server:
        baseline = finished_run(server, tmp_path)
        with pytest.raises(RunDirectoryError, match=r"sums: item \d+ \(repeat 0\) was asked with another prompt"):
            check(server, tmp_path, baseline, Other(count=40))


def test_a_run_that_lacks_answers_is_refused_with_how_many(tmp_path):
    with served_model(Model()) as server:
        baseline = finished_run(server, tmp_path)
        file = tmp_path / "old" / "samples.jsonl"
        lines = file.read_text().splitlines(keepends=True)
        failed = {**json.loads(lines[0]), "status": "error", "score": None}
        file.write_text("".join([json.dumps(failed) + "\n", *lines[1:-4]]))
        with pytest.raises(
            RunDirectoryError, match=r"sums: 5 of 40 answers are missing\. Give the base_url"
        ) as refusal:
            check(server, tmp_path, baseline)
    assert str(tmp_path / "old") in str(refusal.value)


def test_what_is_no_run_directory_is_said_to_be_none(tmp_path):
    with served_model(Model()) as server, pytest.raises(RunDirectoryError, match="is no run directory"):
        check(server, tmp_path, Stored("fp8", tmp_path / "nowhere"))


def test_builds_that_do_not_fit_together_are_refused(tmp_path):
    with served_model(Model()) as server:
        one, stored = served("mx", server.base_url, tmp_path), finished_run(server, tmp_path)
        tasks = {"sums": Sums(count=40)}
        with pytest.raises(UsageError, match="two builds have the label mx"):
            prepared([one, one], tasks)
        with pytest.raises(UsageError, match="two builds have the run directory"):
            prepared([stored, Stored("fp4", stored.out), one], tasks)
        with pytest.raises(UsageError, match="quantgate gate decides"):
            prepared([stored, Stored("fp4", tmp_path / "other")], tasks)
        tasks["more"] = Sums(count=40, name="more")
        two_models = served("m", server.base_url, tmp_path, tasks=tasks, model={"sums": "a", "more": "b"})
        one = served("mx", server.base_url, tmp_path, tasks=tasks)
        with pytest.raises(UsageError, match=r"m has several values of model \(a, b\)"):
            prepared([one, two_models], tasks)


def test_a_run_that_was_stopped_early_by_a_check_is_no_finished_run(tmp_path):
    with served_model(Model()) as server:
        first = [served("fp8", server.base_url, tmp_path), served("mx", server.base_url, tmp_path)]
        asked(prepared(first, {"sums": Sums(count=40)}, DESIGNS, passes_at=1))
        assert len(RunDirectory(tmp_path / "fp8").samples()) < 40
        with pytest.raises(RunDirectoryError, match="answers are missing"):
            check(server, tmp_path / "again", Stored("fp8", tmp_path / "fp8"))
