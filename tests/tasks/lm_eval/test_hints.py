"""What is said before anything is asked: missing splits, begun answers, stop strings, scores that no gate can weigh."""

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.tasks.lm_eval import index
from quantgate.tasks.lm_eval.index import Entry, Kind, find_entry
from quantgate.tasks.lm_eval.opening import open_task
from quantgate.tasks.lm_eval.source import LmEvalSource, Splits
from tests.tasks.lm_eval import side_by_side


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A task of one's own among lm-eval's; returns a function that opens it."""

    def make(documents, yaml_text, *, files=None, metric=None):
        file = tmp_path / "own.yaml"
        file.write_text(f"task: own\noutput_type: generate_until\n{yaml_text}")
        config = {"task": "own", **index._Files().merged(str(file))}
        monkeypatch.setattr(index, "read_index", lambda _: {"own": Entry("own", Kind.TASK, file, config)})
        data = side_by_side.write_documents(tmp_path / "own.jsonl", documents)
        return open_task(LmEvalSource("lm-eval:own", "own", files=files or {"": data}, metric=metric))

    return make


SPLIT = "test_split: test\ndoc_to_text: '{{question}}'\ndoc_to_target: '{{answer}}'\n"
EXACT = "metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]\n"
DOCUMENTS = [{"question": "Two and two?", "answer": "four"}, {"question": "One and two?", "answer": "three"}]


def test_the_file_without_a_split_is_the_one_that_is_evaluated(tmp_path):
    file = side_by_side.write_documents(tmp_path / "mine.jsonl", side_by_side.winogrande_documents(3))
    task = open_task(LmEvalSource("lm-eval:winogrande", "winogrande", files={"": file}))
    assert len(task.items()) == 3
    assert task.identity.provenance["file_validation"] == "mine.jsonl"


def test_a_missing_split_is_named_with_its_option(tmp_path):
    file = side_by_side.write_documents(tmp_path / "dev.jsonl", [{"question": "q", "answer": "#### 1"}])
    with pytest.raises(DataError) as failure:
        open_task(LmEvalSource("lm-eval:gsm8k", "gsm8k", files={"": file}))
    assert "the split train is missing" in str(failure.value)
    assert "evaluates on the split test and draws its 5 worked examples from train" in str(failure.value)
    assert "Add --data lm-eval:gsm8k.train=FILE" in str(failure.value)


def test_a_mistyped_split_is_named(tmp_path):
    file = side_by_side.write_documents(tmp_path / "x.jsonl", side_by_side.winogrande_documents(3))
    with pytest.raises(DataError, match=r"split validation is missing: .*it has no split test.* Add --data .*=FILE"):
        open_task(LmEvalSource("lm-eval:winogrande", "winogrande", files={"test": file}))


def test_without_the_hub_every_option_is_named(monkeypatch):
    import datasets

    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: (_ for _ in ()).throw(ConnectionError("no route")))
    with pytest.raises(DataError) as failure:
        open_task(LmEvalSource("lm-eval:gsm8k", "gsm8k"))
    assert "give --data lm-eval:gsm8k=FILE.jsonl --data lm-eval:gsm8k.train=FILE.jsonl" in str(failure.value)


def test_a_folder_gives_every_split(tmp_path):
    for split in ("test", "train"):
        side_by_side.write_documents(tmp_path / f"{split}.jsonl", [{"question": "q", "answer": "#### 1"}] * 8)
    task = open_task(LmEvalSource("lm-eval:gsm8k", "gsm8k", files={"": tmp_path}))
    assert len(task.items()) == 8


def test_a_task_that_is_a_class_takes_no_files(tmp_path):
    with pytest.raises(UsageError, match="loads its data by code of its own"):
        open_task(LmEvalSource("lm-eval:fda", "fda", files={"": tmp_path}))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gsm8k", Splits("test", "train", 5, ("test", "train"))),
        ("hellaswag", Splits("validation", "train", 0, ("validation", "train"))),
        ("winogrande", Splits("validation", "train", 0, ("validation", "train"))),
        ("bbh_cot_fewshot_navigate", Splits("test", None, 3, ("test",))),
    ],
)
def test_the_splits_are_those_that_lm_eval_reads(name, expected):
    assert Splits.of(find_entry(name).config) == expected


def test_a_begun_answer_is_sent_as_lm_eval_sends_it_and_the_user_is_told(made):
    task = made(DOCUMENTS, SPLIT + EXACT + "gen_prefix: 'It is'\n")
    assert task.prompt(task.items()[0], 0).messages[-1] == {"role": "assistant", "content": "It is"}
    assert task.sampling.extra_body == {}
    assert "continue_final_message" in task.identity.notes[0]
    assert made(DOCUMENTS, SPLIT + EXACT).identity.notes == ()


def test_of_many_stop_strings_the_first_four_are_sent_as_lm_eval_does_and_that_is_recorded(made):
    many = "generation_kwargs: {until: [a, b, c, d, e, f], do_sample: false}\n"
    task = made(DOCUMENTS, SPLIT + EXACT + many)
    assert task.sampling.stop == ("a", "b", "c", "d")
    assert task.identity.provenance["stop"] == "the first 4 of 6, as lm-eval's chat client sends them"
    assert "stop" not in made(DOCUMENTS, SPLIT + EXACT).identity.provenance


SCORES = """
def graded(doc, results):
    right = float(results[0] == doc["answer"])
    return {"percent": 100 * right, "share": right}
"""
PERCENT = """process_results: !function scores.graded
metric_list:
  - {metric: percent, aggregation: mean, higher_is_better: true}
  - {metric: share, aggregation: mean, higher_is_better: true}
"""


def test_scores_above_one_are_refused_at_the_start_with_the_tasks_name_and_the_others(made, tmp_path):
    (tmp_path / "scores.py").write_text(SCORES)
    with pytest.raises(DataError) as failure:
        made(DOCUMENTS, SPLIT + PERCENT)
    assert "lm-eval:own: metric percent,none gives 100.0; a gate needs scores in [0, 1]" in str(failure.value)
    assert "choose another with --metric (share,none)" in str(failure.value)
    assert made(DOCUMENTS, SPLIT + PERCENT, metric="share").identity.metric == "share,none"


def test_a_metric_that_is_no_mean_cannot_be_the_score(made):
    with pytest.raises(DataError, match="has no metric that is a mean over answers"):
        made(DOCUMENTS, SPLIT + "metric_list: [{metric: bleu, aggregation: bleu, higher_is_better: true}]\n")


def test_the_probe_leaves_no_trace_in_what_is_graded_after_it(made):
    task = made(DOCUMENTS, SPLIT + EXACT)
    item = task.items()[0]
    assert task.grade(item, 0, "four").metrics == {"exact_match,none": 1.0}
    assert task.grade(item, 0, "five").score == 0.0
