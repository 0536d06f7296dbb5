"""Nothing outside the installed packages is imported or taken for a dataset, by whatever code of lm-eval's tasks."""

import json
import sys

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.tasks.lm_eval import needs as read
from quantgate.tasks.lm_eval.family import info
from quantgate.tasks.lm_eval.index import Entry, Kind
from quantgate.tasks.lm_eval.opening import open_task
from quantgate.tasks.lm_eval.outside import shut_out
from quantgate.tasks.lm_eval.source import LmEvalSource

TRAP = "raise SystemExit('code of the working directory ran')\n"


@pytest.fixture
def trapped(tmp_path, monkeypatch):
    """A working directory with code and data under the names that tasks ask for."""
    for name in ("code_eval", "rouge", "bleu", "bertscore"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text(TRAP)
    for name in ("evaluate", "lm_eval", "datasets"):
        (tmp_path / f"{name}.py").write_text(TRAP)
    (tmp_path / "openai" / "gsm8k").mkdir(parents=True)
    for split in ("train", "test"):
        rows = [json.dumps({"question": f"{n}?", "answer": "#### 1"}) + "\n" for n in range(9)]
        (tmp_path / "openai" / "gsm8k" / f"{split}.jsonl").write_text("".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("humaneval", "executes what the model writes"),
        ("mbpp", "executes what the model writes"),
        ("meqsum", r"grades by evaluate.load\('bertscore'\): code from outside"),
        ("squadv2", r"evaluate.load\('squad_v2'\): code from outside"),
        ("noticia", r"evaluate.load\('rouge'\): code from outside"),
    ],
)
def test_a_task_that_would_run_code_is_refused_before_anything_of_it_is_loaded(trapped, monkeypatch, name, said):
    monkeypatch.setattr("quantgate.tasks.lm_eval.opening.load", lambda source: pytest.fail("it was loaded"))
    with pytest.raises(UsageError, match=said):
        open_task(LmEvalSource(f"lm-eval:{name}", name))
    with pytest.raises(UsageError, match=said):
        info(f"lm-eval:{name}").needs()


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        ("import evaluate\nrouge = evaluate.load('rouge')\n", True),
        ("import evaluate as hf\ndef process_results(doc, results): return hf.load('rouge')\n", True),
        ("from evaluate import load as get\ndef process_results(doc, results): return get('rouge')\n", True),
        ("def process_results(doc, results):\n    import evaluate\n    return evaluate.load('rouge')\n", True),
        ("import evaluate\ndef process_results(doc, results): ...\ndef other(): evaluate.load('rouge')\n", False),
        ("import json\ndef process_results(doc, results): return json.load(doc)\n", False),
    ],
)
def test_what_the_graders_load_is_read_from_their_source(tmp_path, monkeypatch, source, refused):
    (tmp_path / "task.yaml").write_text("task: made\nprocess_results: !function utils.process_results\n")
    (tmp_path / "utils.py").write_text(source)
    monkeypatch.setattr(read, "reached", lambda entry: [entry])
    read._text.cache_clear()
    entry = Entry("made", Kind.TASK, tmp_path / "task.yaml", {})
    if refused:
        with pytest.raises(UsageError, match="made grades by"):
            read.check_code("made", entry)
    else:
        read.check_code("made", entry)
        assert not read.needs_of(entry)


def test_code_that_no_reader_of_source_has_seen_is_shut_out_when_it_runs(trapped, monkeypatch):
    monkeypatch.setitem(sys.modules, "evaluate", None)
    shut_out()
    source = "import importlib\nload = importlib.import_module('evaluate').load\nload('code_eval')\n"
    with pytest.raises(UsageError, match=r"evaluate.load\('code_eval'\): code from outside"):
        exec(source, {})


def test_a_folder_of_the_working_directory_does_not_pass_for_a_dataset(trapped):
    from datasets import load_dataset

    shut_out()
    with pytest.raises(DataError, match="openai/gsm8k in the working directory would be taken for the dataset"):
        load_dataset("openai/gsm8k", "main")
    with pytest.raises(DataError, match=r"openai/gsm8k/test\.jsonl in the working directory would be taken for data"):
        load_dataset("json", data_files={"test": ["openai/gsm8k/test.jsonl"]})
    with pytest.raises(DataError, match="openai/gsm8k in the working directory"):
        open_task(LmEvalSource("lm-eval:gsm8k", "gsm8k"))


def test_files_that_the_user_names_are_data_wherever_they_lie(trapped):
    files = {split: trapped / "openai" / "gsm8k" / f"{split}.jsonl" for split in ("test", "train")}
    assert len(open_task(LmEvalSource("lm-eval:gsm8k", "gsm8k", files=files)).items()) == 9
