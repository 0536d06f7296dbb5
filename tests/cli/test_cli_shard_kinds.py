"""Shards of tasks of every kind make the run: log-likelihoods, fresh questions, several tasks, repeats, a subset."""

import json

import pytest

from tests.server.served import Reply, echoing, served_model
from tests.tasks.lm_eval import side_by_side

pytestmark = pytest.mark.slow

WINOGRANDE = "lm-eval:winogrande"
TIMES = ("time", "latency_s", "first_token_s", "tokens_per_s")


@pytest.fixture
def asked(quantgate, tmp_path):
    """Asks a run whole and in shards of one server, merges these, and returns the lines of both, but for times."""

    def make(of: int, *more: str) -> tuple[list[dict], list[dict]]:
        def lines(name: str) -> list[dict]:
            told = (tmp_path / name / "samples.jsonl").read_text().splitlines()
            bare = [{key: value for key, value in json.loads(line).items() if key not in TIMES} for line in told]
            return sorted(bare, key=lambda line: (line["task"], line["repeat"], line["item_id"]))

        with served_model(lambda _: Reply("It is 12."), scores=echoing()) as server:
            told = ["run", "--base-url", server.base_url, "--model", "m", "--concurrency", "1", *more, "--out"]
            assert quantgate([*told, str(tmp_path / "whole")])[0] == 0
            count = len(server.log.bodies)
            folders = [str(tmp_path / f"{number}") for number in range(1, of + 1)]
            for number, folder in enumerate(folders, 1):
                assert quantgate([*told, folder, "--shard", f"{number}/{of}"])[0] == 0
        assert count > 0
        code, _, err = quantgate(["merge", *folders, "--out", str(tmp_path / "merged")])
        assert code == 0, err
        # What a whole run stores first hangs on what is graded sooner.
        prompts = [sorted((tmp_path / name / "prompts.jsonl").open()) for name in ("merged", "whole")]
        assert prompts[0] == prompts[1]
        records = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("merged", "whole")]
        assert records[0]["tasks"] == records[1]["tasks"]
        assert records[0]["asked"] == records[1]["asked"]
        return lines("merged"), lines("whole")

    return make


def test_log_likelihoods(asked, tmp_path):
    file = side_by_side.write_documents(tmp_path / "winogrande.jsonl", side_by_side.winogrande_documents(9))
    merged, whole = asked(2, "--task", WINOGRANDE, "--data", f"{WINOGRANDE}={file}")
    assert merged == whole
    assert len(merged) == 9


def test_fresh_questions_and_several_tasks_in_one_run(asked):
    pytest.importorskip("reasoning_gym")
    merged, whole = asked(3, "--task", "gsm_symbolic", "--task", "arithmetic", "--limit", "7")
    assert merged == whole
    assert {line["task"] for line in merged} == {"gsm_symbolic", "arithmetic"}
    assert len(merged) == 14


def test_sampled_repeats_of_a_random_subset(asked):
    merged, whole = asked(4, "--task", "arithmetic", "--limit", "5", "--repeats", "3", "--temperature", "1")
    assert merged == whole
    assert len(merged) == 15
