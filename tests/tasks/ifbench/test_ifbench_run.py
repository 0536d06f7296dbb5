"""IFBench asked of a served model whose right answers are known: the score is the truth, and needs are met first."""

import json
import shutil

import pytest

from tests.server.served import Reply, served_model
from tests.tasks.ifbench.instructed import CASES, ifbench_documents, made_nltk_data, with_nltk_data

pytestmark = pytest.mark.slow


@pytest.fixture
def run(quantgate, invented, wheel, tmp_path):
    """Runs the invented prompts against a rule; gives the code, the samples, the record and what was printed."""

    def start(answer, *more):
        given = ["--data", f"ifbench.test={invented}", "--data", f"ifbench.wheel={wheel}"]
        asked = []

        def rule(body):
            asked.append(body)
            return Reply(answer(body["messages"][-1]["content"]))

        with served_model(rule) as server:
            arguments = ["run", "--task", "ifbench", *given, "--base-url", server.base_url, "--model", "m"]
            code, told, error = quantgate([*arguments, "--out", str(tmp_path / "run"), *more])
        if code != 0:
            return code, [], len(asked), told + error
        lines = (tmp_path / "run" / "samples.jsonl").read_text().splitlines()
        return code, [json.loads(line) for line in lines], len(asked), told

    return start


def test_the_score_is_the_share_of_prompts_whose_instructions_were_all_followed(run, nltk_data, quantgate, tmp_path):
    """Strictly. Loosely sub-bullets are found in any text, as it has no bullets without asterisks."""
    said, truth = {}, {}
    for at, (document, (_, _, follows, ignores)) in enumerate(zip(ifbench_documents(), CASES, strict=False)):
        right = at % 3 != 0
        said[document["prompt"]] = f"<think>Well, so.</think>{follows}" if right else ignores
        truth[document["key"]] = float(right)
    last = ifbench_documents()[-1]
    said[last["prompt"]], truth[last["key"]] = "mill", 0.0
    code, samples, asked, told = run(said.__getitem__, "--repeats", "2")
    assert (code, asked, len(samples)) == (0, 2 * len(truth), 2 * len(truth)), told
    strict = {(each["item_id"], each["metrics"]["prompt_level_strict_acc"]) for each in samples}
    assert strict == set(truth.items())
    (bullets,) = (str(at) for at, (name, *_) in enumerate(CASES) if name == "format:sub-bullets")
    truth |= {bullets: 1.0}
    assert {(each["item_id"], each["score"]) for each in samples} == set(truth.items())
    assert f"{sum(truth.values()) / len(truth):.4f}" in told
    code, told, error = quantgate(["show", str(tmp_path / "run"), f"ifbench/{last['key']}", "--repeat", "0"])
    assert "not words:palindrome (1 of 2 followed)" in told, (code, told, error)
    _, told, _ = quantgate(["show", str(tmp_path / "run"), "--search", "not format:options", "--json"])
    assert len(told.splitlines()) == 2, told


def test_what_is_missing_is_said_before_anything_is_asked(run, nltk_data, tmp_path, monkeypatch):
    made_nltk_data(tmp_path / "less")
    shutil.rmtree(tmp_path / "less" / "taggers")
    with_nltk_data(tmp_path / "less", monkeypatch)
    code, _, asked, told = run(lambda prompt: "Write.")
    assert (code, asked) == (2, 0)
    assert "python -m nltk.downloader averaged_perceptron_tagger_eng" in " ".join(told.split())
