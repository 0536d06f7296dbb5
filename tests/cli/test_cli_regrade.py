"""`quantgate regrade`, and what `tasks` says of the endpoint and of needs."""

import json

import pytest

from tests.server.served import served_model


def test_a_run_is_graded_by_another_metric_without_asking(quantgate, arguments, rule, tmp_path):
    with served_model(rule) as server:
        assert quantgate(arguments(server.base_url))[0] == 0
    before = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    code, out, _ = quantgate(["regrade", str(tmp_path / "run"), "--metric", "gsm8k=strict-match"])
    assert code == 0
    assert "metric exact_match,flexible-extract before, exact_match,strict-match now" in out
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["tasks"][0]["metric"] == "exact_match,strict-match"
    assert len(record["regraded"]) == 1
    after = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    assert after[: len(before)] == before
    graded_again = {line["item_id"]: line for line in after[len(before) :]}
    # An answer that came before the graders were loaded has a line that is not graded yet, too: the last one counts.
    for line in {line["item_id"]: line for line in before}.values():
        score = graded_again.get(line["item_id"], line)["score"]
        assert score == line["metrics"]["exact_match,strict-match"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--task", "gpqa_diamond"], "holds no such task; it holds gsm8k"),
        (["--metric", "gsm8k=nothing"], "has no metric 'nothing'"),
    ],
)
def test_what_the_run_does_not_hold_is_refused(quantgate, arguments, rule, tmp_path, more, said):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--limit", "2"))
    code, _, err = quantgate(["regrade", str(tmp_path / "run"), *more])
    assert (code, said in err) == (2, True)


@pytest.mark.slow
def test_a_task_of_log_likelihoods_names_its_endpoint(quantgate):
    code, out, _ = quantgate(["tasks", "lm-eval:arc_easy"])
    assert code == 0
    assert "/v1/completions" in out
    assert "logprobs" in out
    assert "chat completions" not in out
