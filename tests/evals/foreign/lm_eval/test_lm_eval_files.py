"""lm-eval's files: several dates, models and layouts, and what is none of them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import read_source
from tests.evals.foreign.lm_eval.made import STRICT, only, scores


def test_the_newest_of_several_dates_is_read_and_that_is_said(folder, imported):
    made = folder()
    for file in list(made.iterdir()):
        old = file.read_text().replace('"exact_match": 1.0', '"exact_match": 0.0')
        (made / file.name.replace("2026-11", "2025-11")).write_text(old)
    assert any("g_two is there 2 times: the newest is read" in note for note in read_source("auto", made).notes)
    assert sum(scores(imported(made), "g_two").values()) == 3


def two_models(folder: Path) -> Path:
    both = folder.parent / "both"
    for model in ("fp8", "mxfp4"):
        shutil.copytree(folder, both / model)
        (results,) = (both / model).glob("results_*")
        results.write_text(json.dumps(json.loads(results.read_text()) | {"model_name": model}))
    return both


def test_several_models_are_refused_with_their_names_and_one_of_them_can_be_named(folder, imported):
    both = two_models(folder())
    with pytest.raises(DataError, match=r"2 models, fp8, mxfp4: name the files of one of them"):
        read_source("auto", both)
    assert imported(both, model="mxfp4").record.model == "mxfp4"
    with pytest.raises(UsageError, match="no such model; it holds fp8, mxfp4"):
        read_chosen("lm-eval", both, "int4", [])


def test_one_model_name_in_two_folders_may_be_two_builds_and_is_refused(folder):
    made = folder()
    for name in ("a", "b"):
        shutil.copytree(made, made.parent / "both" / name)
    with pytest.raises(DataError, match="in 2 folders"):
        read_source("auto", made.parent / "both")


def test_totals_alone_are_named_with_the_verb_that_judges_them(folder):
    made = folder()
    next(made.glob("samples_*")).unlink()
    with pytest.raises(DataError, match=r"only totals are there.*quantgate claim --task g_one --n 6 --baseline 1.0000"):
        read_source("auto", made)


def test_a_file_of_samples_or_of_results_stands_for_the_pair(folder, imported):
    made = folder()
    whole = imported(made, "whole")
    for number, pattern in enumerate(("samples_*", "results_*")):
        run = imported(next(made.glob(pattern)), f"single-{number}")
        assert run.record.task("g_two").version == "3.0"
        assert dict(run.samples.items()) == dict(whole.samples.items())


def test_samples_without_results_are_read_for_what_they_tell(folder, imported):
    made = folder()
    next(made.glob("results_*")).unlink()
    run = imported(made)
    task = run.record.task("g_two")
    assert (run.record.model, task.metric) == ("fp8", STRICT)
    assert {"version", "grader", "seed"} <= set(task.imported.unknown)
    assert sum(scores(run, "g_two").values()) == 3


def test_the_hubs_layout_has_totals_and_answers_in_folders_of_their_own(folder, imported):
    made = folder()
    hub = made.parent / "hub"
    (hub / "org" / "fp8").mkdir(parents=True)
    (hub / "org__fp8").mkdir()
    shutil.move(next(made.glob("results_*")), hub / "org" / "fp8")
    shutil.move(next(made.glob("samples_*")), hub / "org__fp8")
    run = imported(hub)
    assert run.record.model == "org/fp8"
    assert run.record.task("g_two").version == "3.0"


def as_parquet(file: Path) -> None:
    import pyarrow.json
    import pyarrow.parquet as pq

    pq.write_table(pyarrow.json.read_json(file), file.with_suffix(".parquet"))
    file.unlink()


def as_array(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.with_suffix(".json").write_text(json.dumps(rows, indent=2))
    file.unlink()


def as_part_of_results(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for row in rows:
        row["arguments"] = [list(each.values()) for each in row["arguments"].values()]
    (results,) = file.parent.glob("results_*")
    results.write_text(
        json.dumps(json.loads(results.read_text()) | {"samples": {file.name.split("_2026")[0][8:]: rows}})
    )
    file.unlink()


def as_early_versions(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for row in rows:
        row["arguments"] = [list(each.values()) for each in row["arguments"].values()]
        for name in ("filter", "metrics", "doc_hash", "prompt_hash", "target_hash"):
            del row[name]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("task", ["g_two", "mc_local"])
@pytest.mark.parametrize("form", [as_parquet, as_array, as_part_of_results, as_early_versions])
def test_every_form_of_the_rows_gives_the_same_answers(folder, imported, form, task):
    made = folder(task)
    before = imported(made, "before")
    form(next(made.glob("samples_*")))
    after = imported(made, "after")
    assert dict(after.samples.items()) == dict(before.samples.items())
    for (name, item, _), sample in before.samples.items():
        assert after.prompts.of(name, item, sample.prompt_hash) == before.prompts.of(name, item, sample.prompt_hash)


def test_no_key_of_the_arguments_is_copied(folder, imported, tmp_path):
    key = "sk-" + "a1b2c3d4e5" * 3

    def told(document):
        document["config"]["model_args"] |= {"api_key": key, "base_url": f"http://user:{key}@127.0.0.1:8000/v1?k={key}"}

    def edit(rows):
        for row in rows:
            row["arguments"]["gen_args_0"]["arg_1"]["extra"] = {"header": f"Bearer {key}"}
        return rows

    imported(folder(edit=edit, told=told))
    assert key not in (tmp_path / "run" / "run.json").read_text()


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    made = folder()
    samples = next(made.glob("samples_*"))
    os.rename(samples, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", samples)
    with pytest.raises(DataError, match="is a link out of the folder"):
        read_source("lm-eval", made)


@pytest.mark.parametrize("text", ["[1, 2]", '{"results": [', "[" * 100_000, '{"results": {"a": 1, "a": 2}}', "\udcff"])
def test_results_that_are_broken_are_refused_in_a_line(folder, text):
    made = folder()
    next(made.glob("results_*")).write_bytes(text.encode("utf-8", "surrogateescape"))
    results = next(made.glob("results_*"))
    with pytest.raises(DataError) as error:
        read_source("lm-eval", results)
    assert "\n" not in str(error.value)


def test_results_that_are_not_those_of_the_answers_beside_them_are_refused(folder, imported):
    def told(document):
        document["results"]["g_two"]["exact_match,strict-match"] = 0.123

    with pytest.raises(DataError, match=r"the results say 0\.123 .* they are not of one run"):
        imported(folder(told=told))


def test_answers_that_are_not_all_there_are_not_held_against_the_results(folder, imported):
    def edit(rows):
        return [row for row in rows if row["doc_id"] != 1]

    task = imported(folder(edit=edit)).record.task("g_two")
    assert task.items > 1


def test_rows_of_another_tool_are_refused_in_a_line(folder):
    with pytest.raises(DataError, match="it holds no row of lm-eval"):
        read_source("lm-eval", folder(edit=lambda rows: [{"id": 1, "score": 1}]))


@pytest.mark.parametrize("value", [10**400, "[" * 900 + "]" * 900])
def test_numbers_and_lists_that_no_score_can_be_are_rows_unread(folder, imported, value):
    value = json.loads(value) if isinstance(value, str) else value

    def edit(rows):
        return [*rows[1:], only(rows) | {"exact_match": value, "target": value}]

    assert imported(folder(edit=edit)).record.task("g_two").imported.unread == 1


def test_figures_of_another_tool_are_no_results_of_lm_eval(tmp_path):
    (tmp_path / "results_x.json").write_text('{"results": {"accuracy": 0.5}}')
    with pytest.raises(DataError, match="it holds no results of lm-eval"):
        read_source("auto", tmp_path / "results_x.json")
