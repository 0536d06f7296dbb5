"""`quantgate merge`: the shards of a run make the run that one machine would have written, or none."""

import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, error_body, served_model


def bare(record: dict) -> dict:
    """A record without what names the session."""
    replies = [{**each, "first": "", "last": ""} for each in record["replies"]]
    return {**record, "label": "", "created": "", "replies": replies}


def lines(folder) -> list[dict]:
    """The samples of a run in the order of their lines, without what tells when and how fast."""
    told = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    times = ("time", "latency_s", "first_token_s", "tokens_per_s")
    return [{name: value for name, value in line.items() if name not in times} for line in told]


@pytest.mark.slow
def test_gate_decides_on_merged_shards_as_on_the_whole(quantgate, arguments, rule, tmp_path):
    def worse(body):
        found = rule(body)
        return Reply(f"Well. {found.content}" if "Test 7:" not in body["messages"][-1]["content"] else "Who knows?")

    for build, answers in (("base", rule), ("cand", worse)):
        with served_model(answers) as server:
            quantgate(arguments(server.base_url, out=tmp_path / f"whole-{build}"))
            for number in range(1, 9):
                out = tmp_path / build / str(number)
                quantgate(arguments(server.base_url, "--shard", f"{number}/8", out=out))
        folders = map(str, (tmp_path / build).iterdir())
        code, out, _ = quantgate(["merge", *folders, "--out", str(tmp_path / f"merged-{build}")])
        assert code == 0
        assert "gsm8k: 40 of 40 answered" in out
        # The whole run's stand as they were graded; here the order of the plan is that of the items' numbers.
        in_order = sorted(lines(tmp_path / f"whole-{build}"), key=lambda line: int(line["item_id"]))
        assert lines(tmp_path / f"merged-{build}") == in_order
    decided = []
    for way in ("whole", "merged"):
        builds = [str(tmp_path / f"{way}-{build}") for build in ("base", "cand")]
        quantgate(["gate", *builds, "--json", str(tmp_path / f"{way}.json")])
        decided.append(json.loads((tmp_path / f"{way}.json").read_text()))
    whole, merged = decided
    assert whole["tasks"][0]["losses"] == 1
    assert merged["tasks"] == whole["tasks"]
    unlike = {name for name in whole if whole[name] != merged[name]}
    assert unlike <= {"baseline", "candidate", "created", "command", "folders"}
    for build in ("baseline", "candidate"):
        assert bare(merged[build]) == bare(whole[build])


def test_merge_tells_what_is_missing_and_run_goes_on_with_what_was_merged(quantgate, arguments, rule, tmp_path):
    def unlucky(body):
        return Reply(status=400, body=error_body("unlucky")) if "Test 37:" in str(body["messages"]) else rule(body)

    def merge(*shards: int, more: tuple[str, ...] = ()) -> tuple[int, str, str]:
        return quantgate(["merge", *(str(tmp_path / f"{n}") for n in shards), "--out", str(tmp_path / "run"), *more])

    with served_model(unlucky) as server:
        for number in (1, 2):
            quantgate(arguments(server.base_url, "--shard", f"{number}/2", out=tmp_path / f"{number}"))
        code, _, err = merge(1)
        assert code == 5
        assert "1 of 2 shards missing: 2/2. The command that made shard 1/2" in err
        code, _, err = merge(1, 2)
        assert code == 5
        assert f"shard 2/2 ({tmp_path / '2'}) lacks 1 of 20 answers" in err
        assert not (tmp_path / "run").exists()
        code, out, _ = merge(1, 2, more=("--incomplete",))
        assert code == 5
        assert "39 of 40 answered" in out
        server.rule = rule
        assert quantgate(arguments(server.base_url))[0] == 0
    assert len(RunDirectory(tmp_path / "run").samples()) == 40
