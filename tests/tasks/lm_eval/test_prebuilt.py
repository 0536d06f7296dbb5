"""Prompts from the cache: what lm-eval would build, and none that it would not."""

import hashlib
import json
import subprocess
import sys

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError
from quantgate.tasks.gsm8k import gsm8k
from quantgate.tasks.lm_eval.prebuilt import PrebuiltTask
from quantgate.tasks.lm_eval.task import LmEvalTask
from quantgate.tasks.registry import load_task


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "quantgate" / "prompts"


@pytest.fixture
def load(gsm8k_files, tmp_path, cache):
    """Loads GSM8K as `quantgate run` does, from copies of the files that a test may change."""
    test, train = (tmp_path / file.name for file in gsm8k_files)
    for file, copy in zip(gsm8k_files, (test, train), strict=True):
        copy.write_bytes(file.read_bytes())
    return lambda **more: load_task("gsm8k", TaskOptions(data={"test": test, "train": train}, **more))


def kept(cache):
    (file,) = cache.glob("*.json")
    return file


def test_the_second_time_all_that_asks_is_there_without_lm_eval(load):
    built, again = load(), load()
    assert isinstance(built, LmEvalTask)
    assert isinstance(again, PrebuiltTask)
    assert (again.identity, again.sampling, again.repeats) == (built.identity, built.sampling, built.repeats)
    assert list(again.items()) == list(built.items())
    assert [again.prompt(item, 0) for item in again.items()] == [built.prompt(item, 0) for item in built.items()]
    assert [again.reference(item, 0) for item in again.items()] == [built.reference(item, 0) for item in built.items()]


def test_it_grades_as_lm_eval_does(load):
    built, again = load(), load()
    item = built.items()[0]
    for text in ("#### 18", "I do not know", "$18.00."):
        assert again.grade(item, 0, text) == built.grade(item, 0, text)


def test_asking_from_the_cache_imports_neither_lm_eval_nor_datasets(load, gsm8k_files):
    load()
    program = (
        "import sys; from pathlib import Path; from quantgate.evals.contract.task import TaskOptions;"
        "from quantgate.tasks.registry import load_task;"
        f"task = load_task('gsm8k', TaskOptions(data={{'test': Path({str(gsm8k_files[0])!r}),"
        f" 'train': Path({str(gsm8k_files[1])!r})}}));"
        "[task.prompt(item, 0) for item in task.items()];"
        "print(type(task).__name__, *{'lm_eval', 'datasets', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PrebuiltTask"]


def test_other_data_are_built_anew(load, tmp_path, gsm8k_files):
    load()
    (changed := tmp_path / gsm8k_files[0].name).write_text(changed.read_text().replace("\n", " \n", 1))
    assert isinstance(load(), LmEvalTask)


def test_another_metric_is_built_anew(load):
    load()
    other = load(metric="exact_match,strict-match")
    assert isinstance(other, LmEvalTask)
    assert other.identity.metric == "exact_match,strict-match"


def test_a_cut_task_is_not_taken_for_the_whole(load):
    assert isinstance(load(limit=2), LmEvalTask)
    assert isinstance(whole := load(), LmEvalTask)
    assert len(whole.items()) > 2


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("gsm8k", "gsm8l"), lambda _: ""])
def test_a_damaged_file_is_built_anew(load, cache, damage):
    load()
    file = kept(cache)
    file.write_text(damage(file.read_text()))
    assert isinstance(load(), LmEvalTask)
    assert isinstance(load(), PrebuiltTask)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "[" * 100_000, "no JSON", '{"identity": {"notes": 3}, "sampling": {}}', '{"identity": []}']
)
def test_a_whole_file_of_another_form_is_built_anew(load, cache, text):
    load()
    kept(cache).write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    assert isinstance(load(), LmEvalTask)
    assert isinstance(load(), PrebuiltTask)


def test_no_answer_to_a_prompt_that_lm_eval_does_not_build_is_graded(load, cache):
    load()
    file = kept(cache)
    document = json.loads(file.read_text().partition("\n")[2])
    first = next(iter(document["prompts"]))
    document["prompts"][first][0] = document["prompts"][first][0].replace("Question", "Problem")
    text = json.dumps(document)
    file.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    stale = load()
    with pytest.raises(DataError, match="builds other prompts now"):
        stale.grade(stale.items()[1], 0, "#### 18")
    assert not file.exists()


def test_a_long_task_is_not_built_before_it_is_asked(load, cache, monkeypatch):
    monkeypatch.setattr("quantgate.tasks.lm_eval.prebuilt._MOST_DOCUMENTS", 39)
    assert isinstance(load(), LmEvalTask)
    assert not cache.exists()


def test_without_a_place_to_keep_it_the_task_is_built(load, cache):
    cache.parent.parent.write_text("a file where the folder would be")
    assert isinstance(load(), LmEvalTask)
    assert isinstance(load(), LmEvalTask)


def test_the_oldest_builds_make_room(load, cache):
    cache.mkdir(parents=True)
    for number in range(9):
        (cache / f"{number}.json").touch()
    load()
    assert len(list(cache.glob("*.json"))) == 8
    assert isinstance(load(), PrebuiltTask)


def test_what_is_asked_of_python_is_lm_evals_own_object(load, gsm8k_files):
    load()
    assert isinstance(gsm8k(test=gsm8k_files[0], train=gsm8k_files[1]), LmEvalTask)
