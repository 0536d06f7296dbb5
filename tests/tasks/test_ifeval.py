"""IFEval: lm-eval's checkers on what stands after the thoughts, and the same verdict for the same text."""

import random

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.ifeval import INFO, ifeval
from quantgate.tasks.needs import needs_of
from quantgate.tasks.registry import load_task
from tests.tasks.instructed import FOLLOWED, IGNORED, checkers_without_nltks_data, ifeval_documents
from tests.tasks.lm_eval.side_by_side import write_documents


@pytest.fixture(autouse=True)
def _checkers(tmp_path, monkeypatch):
    checkers_without_nltks_data(tmp_path / "nltk", monkeypatch)


@pytest.fixture
def file(tmp_path):
    return write_documents(tmp_path / "ifeval.jsonl", ifeval_documents())


@pytest.fixture
def task(file):
    return ifeval(file)


def test_every_kind_of_instruction_is_judged_and_as_lm_eval_judges_it(task):
    from lm_eval.tasks.ifeval.utils import process_results

    for item, document, follows, ignores in zip(task.items(), ifeval_documents(), FOLLOWED, IGNORED, strict=True):
        for answer in (follows, ignores):
            grade, theirs = task.grade(item, 0, answer), process_results(document, [answer])
            for kind in ("strict", "loose"):
                assert grade.metrics[f"prompt_level_{kind}_acc,none"] == theirs[f"prompt_level_{kind}_acc"]
                verdicts = theirs[f"inst_level_{kind}_acc"]
                assert grade.metrics[f"inst_level_{kind}_share,none"] == sum(verdicts) / len(verdicts)
            assert grade.score == grade.metrics["prompt_level_strict_acc,none"]
        if len(document["kwargs"]) == 1:
            assert [task.grade(item, 0, answer).score for answer in (follows, ignores)] == [1.0, 0.0], document


def test_how_many_instructions_were_followed_is_told(task):
    item = task.items()[-1]
    grade = task.grade(item, 0, "It turns.")
    assert (grade.score, grade.extracted) == (0.0, "1 of 2 instructions")
    assert grade.metrics["inst_level_strict_share,none"] == 0.5


def test_loose_accuracy_forgives_an_introduction_and_can_be_the_score(file):
    loose = ifeval(file, metric="prompt_level_loose_acc,none")
    item, answer = loose.items()[-1], 'Sure, here it is:\n"It turns."'
    assert (loose.grade(item, 0, answer).score, ifeval(file).grade(item, 0, answer).score) == (1.0, 0.0)
    assert loose.grade(item, 0, answer).extracted == "2 of 2 instructions"


@pytest.mark.parametrize("thoughts", ["<think>Well, now, mills…</think>\n", "No commas, then.\n</think>\n\n"])
def test_thoughts_are_not_judged(task, thoughts):
    item = task.items()[0]
    assert task.grade(item, 0, f"{thoughts}A b c.").score == 1.0
    assert task.grade(item, 0, f"{thoughts}A, b.").score == 0.0


def test_thoughts_alone_follow_nothing(task):
    grade = task.grade(task.items()[0], 0, "<think>A b c.")
    assert (grade.score, grade.extracted) == (0.0, None)


def test_a_text_gets_the_same_verdict_every_time(tmp_path):
    """lm-eval draws another letter at each grading where the one that is asked for is none, as in two of the 541."""
    hash_signs = {"letter": "#", "let_frequency": 2, "let_relation": "at least"}
    document = {"key": 1, "prompt": "p", "instruction_id_list": ["keywords:letter_frequency"], "kwargs": [hash_signs]}
    task = ifeval(write_documents(tmp_path / "a.jsonl", [document]))
    scores = set()
    for seed in range(40):
        random.seed(seed)
        scores.add(task.grade(task.items()[0], 0, "aabbccddeeffgghhiijjkkllmm").score)
        assert random.random() == random.Random(seed).random(), "grading disturbs what others draw"
    assert len(scores) == 1


def test_a_language_is_guessed_alike_every_time(tmp_path):
    wanted = {"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "es"}]}
    task = ifeval(write_documents(tmp_path / "a.jsonl", [{"key": 1, "prompt": "p", **wanted}]))
    assert len({task.grade(task.items()[0], 0, "no me la de").score for _ in range(40)}) == 1


def test_what_is_to_be_followed_is_told_with_its_arguments(task):
    assert task.reference(task.items()[9], 0) == "length_constraints:number_words (relation='at least', num_words=4)"


def test_the_prompt_is_asked_as_it_stands_greedily_with_lm_evals_budget(task):
    assert task.prompt(task.items()[3], 0).messages == ({"role": "user", "content": "Describe mill 3."},)
    sampling = task.sampling
    assert (sampling.temperature, sampling.max_tokens, sampling.stop) == (0.0, 1280, ())
    assert (sampling, tuple(task.metrics)) == (INFO.sampling, INFO.metrics)


def test_the_packages_and_nltks_data_are_what_it_needs():
    needed = {need.what.partition(">")[0]: need for need in needs_of(INFO)}
    assert {"langdetect", "immutabledict", "nltk", "NLTK's data punkt_tab"} <= needed.keys()
    assert needed["langdetect"].command == 'pip install "lm-eval[ifeval]"'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instruction_id_list": ["keywords:rhyme"]}, "document 1 has the instruction 'keywords:rhyme'"),
        ({"kwargs": [{}, {}]}, "document 1 has 1 instructions and kwargs of 2"),
        ({"kwargs": [{"mills": 3}]}, "document 1 has kwargs that"),
        ({"prompt": " "}, "document 1 has no prompt"),
        ({"instruction_id_list": []}, "document 1 has no instruction_id_list"),
    ],
)
def test_documents_that_lm_eval_could_not_grade_are_refused_before_anything_is_asked(tmp_path, change, said):
    rows = ifeval_documents()[:2]
    rows[1] |= change
    with pytest.raises(DataError, match=said):
        ifeval(write_documents(tmp_path / "a.jsonl", rows))


def test_a_keyword_that_is_no_pattern_is_said_and_no_crash(tmp_path):
    words = {"keyword": "(", "frequency": 1, "relation": "at least"}
    rows = [ifeval_documents()[0] | {"instruction_id_list": ["keywords:frequency"], "kwargs": [words]}]
    task = ifeval(write_documents(tmp_path / "a.jsonl", rows))
    with pytest.raises(DataError, match="cannot grade the answer to item 0"):
        task.grade(task.items()[0], 0, "A mill (old).")


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"--data ifeval=.*: there is no such file"):
        load_task("ifeval", TaskOptions(data={"": tmp_path / "none.jsonl"}))
