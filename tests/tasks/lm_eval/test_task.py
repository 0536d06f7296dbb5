"""GSM8K and any generate_until task: prompts, hashes and scores are lm-eval's own, to the digit."""

import json
import random
from pathlib import Path

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, UsageError
from quantgate.tasks.gsm8k import gsm8k
from quantgate.tasks.lm_eval.index import find_task_file
from quantgate.tasks.lm_eval.task import LmEvalTask
from quantgate.tasks.registry import load_task

SHAPES = [
    "Let me see.\n#### {right}",
    "#### {wrong}",
    "The total is ${right}.",
    "The total is {right}, and that is it.",
    "She pays $ {right}.00 in all",
    "It is {wrong}. No: {right}",
    "#### {right} which is more than {wrong}",
    "I do not know.",
    "",
    "\\boxed{{{right}}}",
    "#### {right},",
    "<script>alert({wrong})</script>",
]


@pytest.fixture(scope="module")
def task(gsm8k_files) -> LmEvalTask:
    return gsm8k(test=gsm8k_files[0])


@pytest.fixture(scope="module")
def answers(task, gsm8k_files) -> dict[str, str]:
    """An answer in one of many shapes for every item."""
    draw = random.Random(1)
    rows = [json.loads(line) for line in gsm8k_files[0].read_text().splitlines()]
    return {
        str(number): draw.choice(SHAPES).format(right=row["answer"].split("#### ")[1], wrong=draw.randrange(99))
        for number, row in enumerate(rows)
    }


@pytest.fixture(scope="module")
def lm_evals_own(gsm8k_files, answers, tmp_path_factory) -> dict:
    """What lm-eval's own `simple_evaluate` gives for the same answers: results and logged samples."""
    from lm_eval.api.model import LM
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.api_models import JsonChatStr
    from lm_eval.tasks import TaskManager

    class Canned(LM):
        """Hands out the prepared answers; its chat template is that of lm-eval's chat-completions client."""

        def generate_until(self, requests, **_):
            return [answers[str(request.doc_id)] for request in requests]

        def loglikelihood(self, requests, **_):
            raise AssertionError

        def loglikelihood_rolling(self, requests, **_):
            raise AssertionError

        def apply_chat_template(self, history, add_generation_prompt=True):
            return JsonChatStr(json.dumps(history, ensure_ascii=False))

        tokenizer_name = "none"

        def chat_template(self, _=None):
            return ""

    folder = tmp_path_factory.mktemp("lm-eval")
    test, train = gsm8k_files
    (folder / "gsm8k_local.yaml").write_text(
        f"include: {find_task_file('gsm8k')}\ntask: gsm8k_local\ndataset_path: json\ndataset_name: null\n"
        f"dataset_kwargs: {{data_files: {{train: {train}, test: {test}}}}}\n"
    )
    return simple_evaluate(
        model=Canned(),
        tasks=["gsm8k_local"],
        task_manager=TaskManager(include_defaults=False, include_path=str(folder)),
        apply_chat_template=True,
        fewshot_as_multiturn=True,
        bootstrap_iters=0,
    )


def test_prompt_hashes_are_lm_evals(task, lm_evals_own):
    theirs = {str(sample["doc_id"]): sample["prompt_hash"] for sample in lm_evals_own["samples"]["gsm8k_local"]}
    assert {item.item_id: task.prompt(item, 0).prompt_hash for item in task.items()} == theirs


def test_prompts_are_lm_evals_conversations(task, lm_evals_own):
    sample = lm_evals_own["samples"]["gsm8k_local"][7]
    ours = task.prompt(task.items()[7], 0).messages
    assert list(ours) == json.loads(sample["arguments"][0][0].prompt)
    assert [message["role"] for message in ours] == ["user", "assistant"] * 5 + ["user"]


@pytest.mark.parametrize("name", ["strict-match", "flexible-extract"])
def test_every_score_is_lm_evals(task, answers, lm_evals_own, name):
    theirs = {
        str(sample["doc_id"]): sample["exact_match"]
        for sample in lm_evals_own["samples"]["gsm8k_local"]
        if sample["filter"] == name
    }
    ours = {item.item_id: task.grade(item, 0, answers[item.item_id]) for item in task.items()}
    assert {key: grade.metrics[f"exact_match,{name}"] for key, grade in ours.items()} == theirs
    mean = sum(grade.metrics[f"exact_match,{name}"] for grade in ours.values()) / len(ours)
    assert mean == lm_evals_own["results"]["gsm8k_local"][f"exact_match,{name}"]
    assert 0 < mean < 1


def test_flexible_extract_is_the_score_unless_another_is_chosen(gsm8k_files):
    item, text = gsm8k(limit=1, test=gsm8k_files[0]).items()[0], "It is $2,000"
    flexible = gsm8k(limit=1, test=gsm8k_files[0])
    strict = gsm8k(limit=1, test=gsm8k_files[0], metric="strict-match")
    assert (flexible.grade(item, 0, text).score, strict.grade(item, 0, text).score) == (1.0, 0.0)
    assert strict.identity.metric == "exact_match,strict-match"


def test_an_unknown_metric_is_refused_with_those_that_there_are(gsm8k_files):
    with pytest.raises(UsageError, match=r"exact_match,strict-match; exact_match,flexible-extract"):
        gsm8k(test=gsm8k_files[0], metric="f1")


def test_an_answer_without_a_number_is_unparsed(task):
    assert task.grade(task.items()[0], 0, "I do not know.").extracted is None


def test_a_limit_takes_the_first_items_with_the_prompts_of_the_full_run(task, gsm8k_files):
    few = gsm8k(limit=6, test=gsm8k_files[0])
    assert [few.prompt(item, 0) for item in few.items()] == [task.prompt(item, 0) for item in task.items()[:6]]


def test_building_the_task_twice_gives_the_same_prompts(task, gsm8k_files):
    random.seed(99)
    again = gsm8k(test=gsm8k_files[0])
    assert [again.prompt(item, 0) for item in again.items()] == [task.prompt(item, 0) for item in task.items()]


def test_gsm8k_sends_no_stop_strings_and_the_parity_task_sends_lm_evals(task, gsm8k_files):
    parity = load_task("lm-eval:gsm8k", TaskOptions(data={"": gsm8k_files[0], "train": gsm8k_files[1]}))
    assert task.sampling.stop == ()
    assert parity.sampling.stop == ("Question:", "</s>", "<|im_end|>")
    assert (parity.sampling.temperature, parity.identity.metric) == (0.0, "exact_match,strict-match")


def test_another_task_of_lm_eval_is_served_by_its_name(gsm8k_files):
    other = load_task(
        "lm-eval:gsm8k_cot_llama", TaskOptions(limit=2, data={"": gsm8k_files[0], "train": gsm8k_files[1]})
    )
    assert len(other.items()) == 2
    assert "Given the following problem" in other.prompt(other.items()[0], 0).messages[-1]["content"]


def test_the_hash_of_the_data_follows_their_content_and_not_their_place(task, gsm8k_files, tmp_path):
    for file in gsm8k_files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert gsm8k(test=tmp_path / "test.jsonl").identity.data_hash == task.identity.data_hash
    rows = gsm8k_files[0].read_text().splitlines()
    (tmp_path / "test.jsonl").write_text("\n".join(rows[:-1]) + "\n")
    assert gsm8k(test=tmp_path / "test.jsonl").identity.data_hash != task.identity.data_hash


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"question": "q", "answer": "#### 1"}\n{"question": \n', "line 2 is not JSON"),
        ('{"question": "q", "answer": "#### 1"}\n[1]\n', "line 2 is not a JSON object"),
        ('{"question": "q", "answer": "#### 1"}\n{"question": "q"}\n', "line 2 has the fields question, the first"),
        ("\n", "holds no documents"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_broken_data_file_is_named_with_its_line(gsm8k_files, tmp_path, content, said):
    file = tmp_path / "mine.jsonl"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=said) as failure:
        gsm8k(test=file, train=gsm8k_files[1])
    assert str(file) in str(failure.value)


def test_a_file_of_another_kind_says_what_is_missing(gsm8k_files, tmp_path):
    (tmp_path / "mine.jsonl").write_text('{"prompt": "q"}\n')
    with pytest.raises(DataError, match="question"):
        gsm8k(test=tmp_path / "mine.jsonl", train=gsm8k_files[1])


def test_missing_files_are_named(gsm8k_files, tmp_path):
    with pytest.raises(DataError, match=r"no-such\.jsonl: there is no such file"):
        gsm8k(test=tmp_path / "no-such.jsonl", train=gsm8k_files[1])
    (tmp_path / "test.jsonl").write_bytes(gsm8k_files[0].read_bytes())
    with pytest.raises(DataError, match=r"train\.jsonl does not exist.*--data gsm8k\.train=FILE"):
        gsm8k(test=tmp_path / "test.jsonl")


def test_without_the_hub_the_way_out_is_named(monkeypatch, tmp_path):
    import datasets

    monkeypatch.setattr("quantgate.tasks.lm_eval.loading.why_out_of_reach", lambda _: None)
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: (_ for _ in ()).throw(ConnectionError("no route")))
    with pytest.raises(DataError, match=r"no route.*--data gsm8k=FILE\.jsonl"):
        gsm8k()


def test_the_hub_is_asked_for_the_pinned_revision(monkeypatch, gsm8k_files, task):
    import datasets

    from quantgate.tasks.data.rows import load_splits
    from quantgate.tasks.gsm8k import REVISION

    asked = {}

    def load_dataset(path, name=None, **options):
        asked.update(path=path, name=name, **options)
        return load_splits({"test": str(gsm8k_files[0]), "train": str(gsm8k_files[1])})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    hub = gsm8k()
    assert asked == {"path": "openai/gsm8k", "name": "main", "revision": REVISION}
    assert hub.identity.data_hash == task.identity.data_hash
    assert hub.identity.provenance["revision"] == REVISION


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lm-eval:no_such_task_anywhere", "has no task 'no_such_task_anywhere'"),
        ("lm-eval:../x", "is no name"),
        ("gsm8", "did you mean gsm8k"),
        ("chess", "there are .*gsm8k, .*, and any lm-eval task as lm-eval:NAME, and any reasoning_gym task"),
    ],
)
def test_a_task_that_cannot_be_asked_is_refused_with_the_reason(name, said):
    with pytest.raises(UsageError, match=said):
        load_task(name, TaskOptions())


def test_a_task_file_is_found_where_its_name_does_not_say(tmp_path):
    assert find_task_file("gsm8k").name == "gsm8k.yaml"
    assert find_task_file("gsm8k_cot").parent == find_task_file("gsm8k").parent
    assert isinstance(find_task_file("minerva_math_algebra"), Path)
