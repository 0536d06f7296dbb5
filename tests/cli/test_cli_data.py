"""GPQA-Diamond and bundles as their user meets them: fetch, carry, run without network."""

import re

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, served_model
from tests.tasks.invented import invented_rows, write_csv


def solve(body) -> Reply:
    """Solves an invented item by its choices, thinking in the content as a server without a parser sends it."""
    text = body["messages"][-1]["content"]
    number = int(re.search(r"what is (\d+) times", text)[1])
    (letter,) = re.findall(rf"^([A-D])\) {number * 17}$", text, re.MULTILINE)
    return Reply(f"<think>ANSWER: {'ABCD'['BCDA'.index(letter)]}? No.</think>\nInvented is easy.\nANSWER: {letter}")


@pytest.fixture
def exam(tmp_path):
    return write_csv(tmp_path / "gpqa.csv", invented_rows(10))


@pytest.fixture
def run(quantgate, tmp_path):
    def make(url, *more, out="run", task="gpqa_diamond"):
        asked = ["--task", task, "--base-url", url, "--model", "test-model", "--out", str(tmp_path / out)]
        return quantgate(["run", *asked, *more])

    return make


def test_gpqa_is_asked_four_times_an_item_and_more_repeats_extend_the_run(run, exam, tmp_path):
    with served_model(solve) as server:
        code, out, _ = run(server.base_url, "--data", f"gpqa_diamond={exam}")
        assert (code, len(server.log.bodies)) == (0, 40)
        assert "gpqa_diamond: 40 of 40 answered; truncated 0, empty 0, unparsed 0" in out
        assert "exact_match   1.0000 (the score)" in out
        assert run(server.base_url, "--data", f"gpqa_diamond={exam}", "--repeats", "8")[0] == 0
        assert len(server.log.bodies) == 80
        asked = server.log.bodies[0]
    assert (asked["temperature"], asked["top_p"], asked["max_tokens"]) == (1.0, 0.95, 65536)
    assert len({sample.prompt_hash for sample in RunDirectory(tmp_path / "run").samples().values()}) > 60


def test_thoughts_are_stored_apart_and_never_graded(run, exam, tmp_path):
    with served_model(solve) as server:
        run(server.base_url, "--data", f"gpqa_diamond={exam}", "--repeats", "1")
    for sample in RunDirectory(tmp_path / "run").samples().values():
        assert sample.score == 1.0
        assert "<think>" not in sample.response
        assert sample.reasoning.endswith("? No.")


def test_a_greedy_preset_asks_once(run, exam):
    with served_model(solve) as server:
        assert run(server.base_url, "--data", f"gpqa_diamond={exam}", "--preset", "greedy")[0] == 0
    assert len(server.log.bodies) == 10
    assert all(body["temperature"] == 0.0 and "top_p" not in body for body in server.log.bodies)


def test_what_is_told_and_recorded_holds_no_question(quantgate, run, exam, tmp_path):
    bundle = tmp_path / "bundle"
    told = quantgate(["data", "fetch", "gpqa_diamond", "--data", f"gpqa_diamond={exam}", "--out", str(bundle)])[1:]
    with served_model(solve) as server:
        told += run(server.base_url, "--data-dir", str(bundle))[1:]
        doctor = ["doctor", "--base-url", server.base_url, "--task", "gpqa_diamond", "--data-dir", str(bundle)]
        server.rule = lambda body: solve(body) if "times" in body["messages"][-1]["content"] else Reply("5")
        told += quantgate(doctor)[1:]
    told += ((tmp_path / "run" / "run.json").read_text(), (bundle / "manifest.json").read_text())
    assert "Invented" not in "".join(told)
    assert "gpqa_diamond, first item: answered" in "".join(told)


@pytest.mark.slow
def test_a_run_from_a_bundle_pairs_with_one_from_the_files(quantgate, run, rule, gsm8k_files, exam, tmp_path):
    data = ["--data", f"gsm8k={gsm8k_files[0]}", "--data", f"gpqa_diamond={exam}"]
    bundle = str(tmp_path / "bundle")
    code, out, err = quantgate(["data", "fetch", "gsm8k", "gpqa_diamond", "arithmetic", *data, "--out", bundle])
    assert code == 0
    assert "gsm8k train: " in out
    assert "arithmetic: needs no data" in out
    assert "authors ask not to reveal its examples" in err
    both = ["--task", "gsm8k"]
    with served_model(lambda body: solve(body) if "times 17" in str(body) else rule(body)) as server:
        assert run(server.base_url, *both, *data, out="one")[0] == 0
        assert run(server.base_url, *both, "--data-dir", bundle, out="two")[0] == 0
    one, two = (RunDirectory(tmp_path / name).record() for name in ("one", "two"))
    for name in ("gsm8k", "gpqa_diamond"):
        assert one.task(name).data_hash == two.task(name).data_hash
    _, out, _ = quantgate(["gate", str(tmp_path / "one"), str(tmp_path / "two"), "--margin", "0.2"])
    assert "not comparable" not in out
    assert "invalid" not in out.lower()


def test_a_bundle_that_lacks_the_task_is_refused_before_anything_is_asked(quantgate, run, exam, tmp_path):
    bundle = str(tmp_path / "bundle")
    quantgate(["data", "fetch", "gpqa_diamond", "--data", f"gpqa_diamond={exam}", "--out", bundle])
    code, _, err = run("http://127.0.0.1:9/v1", "--data-dir", bundle, task="gsm8k")
    assert code == 2
    assert "does not hold gsm8k" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data", "fetch", "chess", "--out", "OUT"], "no task is called 'chess'"),
        (
            ["data", "fetch", "gsm8k", "--out", "OUT", "--data", "gpqa_diamond=x"],
            "the task gpqa_diamond is not fetched",
        ),
        (["data", "fetch", "gpqa_diamond", "--out", "OUT", "--data", "gpqa_diamond=no.csv"], "no.csv cannot be read"),
        (["data", "fetch", "gsm8k"], "Missing option"),
        (["data", "fetch", "gsm8k", "--out", "/proc/none", "--data", "gsm8k=no"], "cannot be written"),
    ],
)
def test_wrong_usage_is_one_message(quantgate, tmp_path, arguments, said):
    code, out, err = quantgate([argument.replace("OUT", str(tmp_path / "bundle")) for argument in arguments])
    assert code in (2, 5)
    assert said in err
    assert "Traceback" not in out + err
