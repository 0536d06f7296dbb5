"""Files of Inspect: folders, several models, what is no log, and logs that Inspect itself has written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign import inspect_logs
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.types import ForeignRun
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from tests.evals.foreign.inspect_made import INSPECT, log, sample, write_eval, write_json

pytestmark = INSPECT


def imported(path: Path) -> tuple[Run, ForeignRun]:
    source = read_source("auto", path)
    out = path.parent / f"run of {path.name}"
    shutil.rmtree(out, ignore_errors=True)
    write_run(source, out)
    return Run.load(out), source


def test_a_folder_is_all_tasks_of_a_model_and_of_a_task_the_newest_log(tmp_path):
    folder = tmp_path / "logs"
    write_eval(folder / "a.eval", log([sample(1, "I")], created="2026-11-26T10:00:00+00:00"))
    write_json(folder / "b.json", log([sample(1, "C")], created="2026-11-26T11:00:00+00:00"))
    write_eval(folder / "deeper" / "c.eval", log([sample(1)], task="math"))
    (folder / "logs.json").write_text("{}")
    run, source = imported(folder)
    assert {task: each.score for (task, _, _), each in run.samples.items()} == {"gsm8k": 1.0, "math": 1.0}
    assert source.notes == ("a.eval is an older log of gsm8k and is not read",)


def test_a_log_that_ended_without_samples_has_totals_alone(tmp_path):
    write_eval(tmp_path / "a.eval", log([], task="math"))
    with pytest.raises(DataError, match=r"no sample of math .*`quantgate claim --task math"):
        read_source("inspect", tmp_path / "a.eval")
    write_eval(tmp_path / "b.eval", log([sample(1)]))
    run, source = imported(tmp_path)
    assert [task.name for task in run.record.tasks] == ["gsm8k"]
    assert any(note.startswith("left out: ") for note in source.notes)


def test_of_several_models_one_has_to_be_named(tmp_path):
    write_eval(tmp_path / "a.eval", log([sample(1)], model="x/a"))
    write_eval(tmp_path / "b.eval", log([sample(1, "I")], model="x/b"))
    with pytest.raises(DataError, match="2 models, x/a, x/b: name the files of one of them"):
        read_source("inspect", tmp_path)
    assert read_chosen("auto", tmp_path, "x/b", []).model == "x/b"
    with pytest.raises(UsageError, match="no such model; it holds x/a, x/b"):
        read_chosen("inspect", tmp_path, "x/c", [])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 3}, "a log of version 3, and the inspect-ai that is installed reads up to 2"),
        ({"version": "2"}, "no Inspect log, which tells its version"),
        ({"eval": {}}, "no Inspect log that inspect-ai can read"),
        ({"eval": []}, "no Inspect log that inspect-ai can read"),
        ({"status": "fine"}, "no Inspect log that inspect-ai can read: status"),
    ],
)
@pytest.mark.parametrize("write", [write_json, write_eval])
def test_a_log_of_another_kind_is_refused_in_a_line(tmp_path, write, change, why):
    file = write(tmp_path / ("x.json" if write is write_json else "x.eval"), log([sample(1)]) | change)
    with pytest.raises(DataError, match=why) as told:
        read_source("inspect", file)
    assert "\n" not in str(told.value)


def test_a_log_in_json_that_is_cut_in_half_is_refused_in_a_line(tmp_path):
    file = write_json(tmp_path / "x.json", log([sample(1)]))
    file.write_text(file.read_text()[:-20])
    with pytest.raises(DataError, match="not JSON"):
        read_source("auto", file)


def test_a_zip_of_something_else_is_refused_in_a_line(tmp_path):
    file = write_eval(tmp_path / "x.eval", log([sample(1)]), header="other.json")
    with pytest.raises(DataError, match=r"no Inspect log: there is no header\.json in it"):
        read_source("auto", file)


def test_a_log_in_json_that_is_too_large_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(inspect_logs, "MOST_JSON", 100)
    with pytest.raises(DataError, match="inspect log convert --to eval"):
        read_source("auto", write_json(tmp_path / "x.json", log([sample(1)])))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ('{"id": 2, "id": 3}', "given twice"),
        ('{"id": 2}', "no sample that inspect-ai can read: epoch"),
        ("[]", "no JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id": 2', "not JSON"),
    ],
)
def test_a_sample_that_is_none_is_counted_and_the_others_are_read(tmp_path, document, why):
    import zipfile

    file = write_eval(tmp_path / "x.eval", log([sample(1)]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("samples/2_epoch_1.json", document)
    run, _ = imported(file)
    (task,) = run.record.tasks
    assert (task.imported.unread, len(run.samples)) == (1, 1)
    assert why in task.imported.unread_first


def test_what_is_no_log_is_not_taken_for_one(tmp_path):
    (tmp_path / "x.eval").write_text("no zip")
    write_json(tmp_path / "results.json", {"results": {}, "versions": {}})
    (tmp_path / "pipe.json").symlink_to("/dev/zero")
    names = ("x.eval", "results.json", "pipe.json", ".")
    assert not any(inspect_logs.INSPECT.recognises(tmp_path / name) for name in names)


def test_without_inspect_the_way_to_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "inspect_ai.log", None)
    with pytest.raises(UsageError, match=r"pip install 'quantgate\[inspect\]'"):
        read_source("inspect", write_json(tmp_path / "x.json", log([sample(1)])))


def test_a_log_that_inspect_itself_has_written_reads_as_inspect_has_scored_it(tmp_path, monkeypatch):
    from inspect_ai import Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate, system_message

    monkeypatch.chdir(tmp_path)
    prompts = []
    for name, seed in (("fp8", 1), ("mxfp4", 7)):
        dataset = MemoryDataset([Sample(input=f"{number} + 1?", target=str(number + 1)) for number in range(6)])
        dataset.shuffle(seed)
        said = [ModelOutput.from_content("mockllm/model", f"it is {number}") for number in range(12)]
        for each in said:
            # Without usage, what is said is tokenised with a file from the network.
            each.usage = ModelUsage(input_tokens=7, output_tokens=3, total_tokens=10)
        model = get_model("mockllm/model", custom_outputs=said)
        task = Task(dataset, solver=[system_message("Be brief."), generate()], scorer=includes(), name="sums", epochs=2)
        (made,) = eval(task, model=model, log_dir=name, display="none", max_samples=1, max_connections=1)
        run, source = imported(tmp_path / name)
        (told,) = run.record.tasks
        scores = [each.score for each in run.samples.values()]
        assert sum(scores) / 12 == made.results.scores[0].metrics["accuracy"].value
        assert (told.items, told.repeats, len(scores), source.notes) == (6, 2, 12, ())
        prompts.append({key: each.prompt_hash for key, each in run.samples.items()})
    assert prompts[0] == prompts[1]
