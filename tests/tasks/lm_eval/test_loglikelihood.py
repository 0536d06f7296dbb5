"""Log-likelihood tasks: requests, scores and margins are those of lm-eval's `local-completions` on the same server."""

import json

import pytest

from quantgate.cli.run import evaluate
from quantgate.evals.errors import DataError, RequestRefused, UsageError
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.lm_eval.opening import open_task
from quantgate.tasks.lm_eval.source import LmEvalSource
from tests.server.language import encode, write_tokenizer
from tests.server.served import FAULTS, Reply, echoing, error_body, faults_that_heal, served_model
from tests.tasks.lm_eval import side_by_side

pytestmark = pytest.mark.slow

TASKS = {
    "mmlu_abstract_algebra": (
        {"test": side_by_side.mmlu_documents(12), "dev": side_by_side.mmlu_documents(5, start=50)},
        "acc",
    ),
    "hellaswag": (
        {"validation": side_by_side.hellaswag_documents(12), "train": side_by_side.hellaswag_documents(3)},
        "acc_norm",
    ),
    "winogrande": (
        {"validation": side_by_side.winogrande_documents(12), "train": side_by_side.winogrande_documents(3)},
        "acc",
    ),
    "arc_easy": ({split: side_by_side.arc_documents(12) for split in ("test", "train", "validation")}, "acc_norm"),
    "truthfulqa_mc1": ({"validation": side_by_side.truthfulqa_documents(8)}, "acc"),
    "truthfulqa_mc2": ({"validation": side_by_side.truthfulqa_documents(8)}, "acc"),
    "lambada_openai": ({"test": side_by_side.lambada_documents(12)}, "acc"),
}
"""Documents by split, and the metric that becomes the score."""


def no_chat(_):
    raise AssertionError("a log-likelihood task chats")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    return {
        name: {
            split: side_by_side.write_documents(folder / name / f"{split}.jsonl", documents)
            for split, documents in splits.items()
        }
        for name, (splits, _) in TASKS.items()
    }


def run(out, url, files, *, metric=None, **options):
    """A run of log-likelihood tasks; the samples by task and item."""
    config = RunConfig(
        task=tuple(f"lm-eval:{name}" for name in files),
        data={f"lm-eval:{name}.{split}": file for name, splits in files.items() for split, file in splits.items()},
        metric={f"lm-eval:{name}": value for name, value in (metric or {}).items()},
        base_url=url,
        model="test-model",
        out=out,
        **options,
    )
    code = evaluate(config, [])
    return code, {
        (task.removeprefix("lm-eval:"), item): sample for (task, item, _), sample in Run.load(out).samples.items()
    }


def told(sample):
    """The pairs of a stored response."""
    return json.loads(sample.response)["loglikelihoods"]


def theirs_by_item(results, name):
    return {str(sample["doc_id"]): sample for sample in results["samples"][name]}


@pytest.fixture(scope="module")
def side(files, tmp_path_factory):
    """lm-eval's results and ours, of the same server and documents."""
    folder = tmp_path_factory.mktemp("side")
    with served_model(no_chat, scores=echoing()) as server:
        theirs = side_by_side.lm_evals_own(folder / "yaml", files, server.base_url, list(files))
        asked = list(server.log.bodies)
        server.log.bodies.clear()
        code, ours = run(folder / "run", server.base_url, files, metric={name: TASKS[name][1] for name in TASKS})
        ours_asked = list(server.log.bodies)
    assert code == 0
    return theirs, ours, asked, ours_asked


@pytest.mark.parametrize("name", TASKS)
def test_every_metric_of_every_item_is_lm_evals(side, name):
    theirs, ours, _, _ = side
    for item, sample in theirs_by_item(theirs, name).items():
        mine = ours[name, item]
        expected = {f"{metric},none": float(sample[metric]) for metric in sample["metrics"] if metric != "perplexity"}
        assert {key: mine.metrics[key] for key in expected} == expected
        assert told(mine) == [list(pair[0]) for pair in sample["resps"]]
        assert mine.prompt_hash == sample["prompt_hash"]


@pytest.mark.parametrize("name", TASKS)
def test_the_score_is_lm_evals_to_the_digit(side, name):
    theirs, ours, _, _ = side
    metric = TASKS[name][1]
    scores = [sample.score for (task, _), sample in ours.items() if task == name]
    assert sum(scores) / len(scores) == theirs["results"][name][f"{metric},none"]


def test_the_scores_are_not_all_alike(side):
    _, ours, _, _ = side
    scores = [sample.score for (task, _), sample in ours.items() if task in ("hellaswag", "winogrande", "arc_easy")]
    assert 0.1 < sum(scores) / len(scores) < 0.9


def test_the_token_ids_that_are_sent_are_lm_evals(side):
    _, _, asked, ours_asked = side
    after_the_check = ours_asked[1:]
    assert sorted(body["prompt"] for body in asked) == sorted(body["prompt"] for body in after_the_check)
    assert all({**body, "prompt": []} == {**asked[0], "prompt": []} for body in after_the_check)


def test_a_sample_names_the_choice_and_its_lead_over_the_second(side):
    _, ours, _, _ = side
    sample = ours["hellaswag", "3"]
    totals = [total for total, _ in told(sample)]
    best, second = sorted(totals, reverse=True)[:2]
    endings = side_by_side.hellaswag_documents(4)[3]["endings"]
    assert sample.margin == best - second
    assert sample.extracted.split()[0] == endings[totals.index(best)].split()[0]
    assert (sample.status, sample.usage["requests"], sample.usage["cut_tokens"]) == ("ok", 4, 0)
    assert ours["lambada_openai", "0"].margin is None
    assert {ours["lambada_openai", str(item)].extracted for item in range(12)} <= {"greedy", "not greedy"}


def test_a_tokenizer_file_gives_lm_evals_numbers_of_its_transformers_tokenizer(files, tmp_path):
    pytest.importorskip("transformers")
    few = {name: files[name] for name in ("mmlu_abstract_algebra", "winogrande")}
    tokenizer = write_tokenizer(tmp_path)
    with served_model(no_chat, scores=echoing(), tokenizes=False) as server:
        options = {"tokenizer": str(tokenizer), "tokenizer_backend": "huggingface"}
        theirs = side_by_side.lm_evals_own(tmp_path / "yaml", few, server.base_url, list(few), **options)
        _, ours = run(tmp_path / "run", server.base_url, few, tokenizer=tokenizer)
    for name in few:
        for item, sample in theirs_by_item(theirs, name).items():
            assert json.loads(ours[name, item].response)["loglikelihoods"] == [
                list(pair[0]) for pair in sample["resps"]
            ]


def test_a_prompt_beyond_the_window_loses_its_beginning_as_lm_evals_does(files, tmp_path):
    few = {"mmlu_abstract_algebra": files["mmlu_abstract_algebra"]}
    with served_model(no_chat, scores=echoing()) as server:
        theirs = side_by_side.lm_evals_own(tmp_path / "yaml", few, server.base_url, list(few), max_length=60)
        _, ours = run(tmp_path / "run", server.base_url, few, max_length=60)
        assert max(len(body["prompt"][0]) for body in server.log.bodies[1:]) == 59
    for item, sample in theirs_by_item(theirs, "mmlu_abstract_algebra").items():
        mine = ours["mmlu_abstract_algebra", item]
        assert told(mine) == [list(pair[0]) for pair in sample["resps"]]
        assert mine.usage["cut_tokens"] > 0
    record = Run.load(tmp_path / "run").record.tasks[0]
    assert record.sampling["max_length"] == 60


def test_faults_are_fought_and_never_scored(files, tmp_path):
    few = {"winogrande": files["winogrande"]}
    short = [fault for fault in FAULTS if not fault.headers]
    with served_model(no_chat, scores=echoing()) as sound:
        _, expected = run(tmp_path / "sound", sound.base_url, few)
    spared = faults_that_heal(echoing(), 0.4, short)
    first = [True]

    def rule(body):
        if first:
            first.clear()
            return echoing()(body)
        return spared(body)

    with served_model(no_chat, scores=rule) as server:
        code, ours = run(tmp_path / "run", server.base_url, few)
    assert code == 0
    assert {key: sample.response for key, sample in ours.items()} == {
        key: sample.response for key, sample in expected.items()
    }
    assert max(sample.attempts for sample in ours.values()) > 1


def test_an_item_that_the_server_refuses_is_missing_and_not_wrong(files, tmp_path):
    few = {"winogrande": files["winogrande"]}

    def rule(body):
        too_long = encode(" 7")[0] in body["prompt"][0]
        return Reply(status=400, body=error_body("maximum context length is 20")) if too_long else echoing()(body)

    with served_model(no_chat, scores=rule) as server:
        code, ours = run(tmp_path / "run", server.base_url, few)
    refused = {item: sample for (_, item), sample in ours.items() if sample.status == "error"}
    assert (code, list(refused)) == (5, ["7"])
    assert refused["7"].score is None
    assert "maximum context length" in refused["7"].error


CANNOT = {
    "it only chats": (None, True, "HTTP 404"),
    "it leaves the prompt out": (
        lambda body: Reply(body=json.dumps({"choices": [{"text": ".", "logprobs": {"content": []}}]})),
        True,
        "no log-probabilities",
    ),
    "it puts a token of its own before the prompt": (
        lambda body: echoing()({**body, "prompt": [[0, *body["prompt"][0]]]}),
        True,
        "does not echo the prompt as it was sent",
    ),
    "it refuses echo": (
        lambda _: Reply(status=400, body=error_body("echo is not supported")),
        True,
        "echo is not supported",
    ),
    "it does not tokenise": (echoing(), False, "--tokenizer FILE"),
    "it tells numbers that are none": (
        lambda body: Reply(body=echoing()(body).body.replace("-", "")),
        True,
        "log-probability that is none",
    ),
}


@pytest.mark.parametrize("case", CANNOT)
def test_a_server_that_cannot_is_told_before_anything_is_asked(files, tmp_path, case):
    scores, tokenizes, said = CANNOT[case]
    with served_model(no_chat, scores=scores, tokenizes=tokenizes) as server:
        with pytest.raises(RequestRefused) as failure:
            run(tmp_path / "run", server.base_url, {"winogrande": files["winogrande"]})
        assert len(server.log.bodies) <= 1
    assert said in str(failure.value)


def test_sampling_options_leave_log_likelihoods_as_they_are(files, tmp_path):
    few = {"winogrande": files["winogrande"]}
    with served_model(no_chat, scores=echoing()) as server:
        run(tmp_path / "run", server.base_url, few, preset="reasoning", max_tokens=500, repeats=3, top_p=0.5)
    record = Run.load(tmp_path / "run").record.tasks[0]
    assert (record.repeats, record.sampling["temperature"], record.sampling["max_tokens"]) == (1, 0.0, 1)
    assert record.sampling["top_p"] is None


def test_perplexities_are_refused_with_the_reason():
    with pytest.raises(UsageError, match=r"loglikelihood_rolling task: it gives perplexities"):
        open_task(LmEvalSource("lm-eval:wikitext", "wikitext"))


def test_the_other_metrics_can_be_the_score_and_perplexity_cannot(files):
    source = LmEvalSource("lm-eval:hellaswag", "hellaswag", files=files["hellaswag"], metric="acc_norm")
    assert open_task(source).identity.metric == "acc_norm,none"
    lambada = {"name": "lm-eval:lambada_openai", "lm_eval_name": "lambada_openai", "files": files["lambada_openai"]}
    assert open_task(LmEvalSource(**lambada)).identity.metric == "acc,none"
    with pytest.raises(UsageError, match=r"no metric 'perplexity'; it has acc,none"):
        open_task(LmEvalSource(**lambada, metric="perplexity"))


def test_a_stored_response_of_another_question_is_not_graded(files):
    task = open_task(LmEvalSource("lm-eval:hellaswag", "hellaswag", files=files["hellaswag"]))
    item = task.items()[0]
    with pytest.raises(DataError, match="4 continuations, and 2 log-likelihoods"):
        task.grade(item, 0, '{"loglikelihoods": [[-1.0, false], [-2.0, false]]}')
    with pytest.raises(DataError, match="no log-likelihoods"):
        task.grade(item, 0, "B")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("mmlu_abstract_algebra", "A"),
        ("hellaswag", "eats."),
        ("winogrande", "Ana lent Bea 1 books because Bea"),
        ("truthfulqa_mc1", "It depends."),
        ("lambada_openai", "an"),
    ],
)
def test_the_right_answer_is_told_as_the_text_of_its_choice(files, name, right):
    task = open_task(LmEvalSource(f"lm-eval:{name}", name, files=files[name]))
    assert task.reference(task.items()[1], 0) == right
