"""lm-eval's files as runs: real ones (`tests/data/lm_eval`), and what can be wrong or other in them."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantgate.evals.contract.records import Continuation, Status
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.foreign.choosing import read_chosen
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.foreign.writing import write_run
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.runs.record import SameBy

REAL = Path(__file__).parents[2] / "data" / "lm_eval"
STRICT, FLEXIBLE = "exact_match,strict-match", "exact_match,flexible-extract"

Edit = Callable[[list[dict[str, Any]]], list[Any]]


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of one task of the real ones; `edit` changes its rows, `told` its results."""

    def make(task: str = "g_two", edit: Edit = list, told: Callable[[dict[str, Any]], Any] | None = None) -> Path:
        kind = REAL / ("generated" if task.startswith("g_") else "scored")
        (samples,) = kind.glob(f"samples_{task}_*")
        (results,) = kind.glob("results_*")
        made = tmp_path / "fp8"
        made.mkdir(exist_ok=True)
        rows = edit([json.loads(line) for line in samples.read_text().splitlines()])
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        (made / samples.name).write_text("".join(f"{line}\n" for line in lines))
        document = json.loads(results.read_text())
        document["group_subtasks"] = {}
        if told is not None:
            told(document)
        (made / results.name).write_text(json.dumps(document))
        return made

    return make


@pytest.fixture
def imported(tmp_path):
    def make(path: Path, name: str = "run", model: str | None = None) -> Run:
        write_run(read_chosen("auto", path, model, []), tmp_path / name)
        return Run.load(tmp_path / name)

    return make


def scores(run: Run, task: str) -> dict[str, float | None]:
    return {item: sample.score for (name, item, _), sample in sorted(run.samples.items()) if name == task}


def only(rows: list[dict[str, Any]], filter: str = "strict-match") -> dict[str, Any]:
    return next(row for row in rows if row["filter"] == filter)


def test_the_accuracy_is_the_printed_one_under_the_first_filter_and_the_others_stand_beside_it(folder, imported):
    run = imported(folder())
    task = run.record.task("g_two")
    assert (task.metric, task.version, task.grader) == (STRICT, "3.0", "lm-eval 0.4.13")
    assert scores(run, "g_two") == {"0": 0.0, "1": 1.0, "2": 1.0, "3": 0.0, "4": 0.0, "5": 1.0}
    assert all(set(sample.metrics) == {STRICT, FLEXIBLE} for sample in run.samples.values())
    sample = run.samples["g_two", "1", 0]
    assert (sample.extracted, sample.response) == ("11", "Step by step.\n#### 11")


def test_a_share_of_the_documents_is_told_as_that(folder, imported):
    task = imported(folder()).record.task("g_two")
    assert (task.items, task.whole, task.chosen_by) == (6, 8, "the first documents")


def test_what_was_sent_is_told_and_what_was_not_is_unknown(folder, imported):
    task = imported(folder()).record.task("g_two")
    assert task.imported.unknown == ("data_hash", "max_tokens")
    assert task.imported.same_by is SameBy.PROMPT
    assert (task.sampling["temperature"], task.sampling["seed"]) == (0.0, 1234)
    assert task.sampling["stop"] == ["Question:", "</s>"]


def test_the_order_of_rows_changes_nothing(folder, imported):
    before = imported(folder(), "before").samples
    after = imported(folder(edit=lambda rows: random.Random(1).sample(rows, len(rows))), "after").samples
    assert dict(after.items()) == dict(before.items())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exact_match": float("nan")}, "exact_match must be a number from 0 to 1, and is NaN"),
        ({"exact_match": [1.0]}, "exact_match must be a number from 0 to 1"),
        ({"exact_match": 1.5}, "exact_match must be a number from 0 to 1, and is 1.5"),
        ({"exact_match": "1"}, "exact_match must be a number from 0 to 1"),
        ({"doc_id": None, "doc_hash": None}, "neither doc_id nor doc_hash"),
        ({"filter": "other"}, "the filter 'other', which the task does not have"),
        ({"prompt_hash": None, "arguments": {}}, "neither prompt_hash nor the prompt"),
    ],
)
def test_a_row_that_is_none_is_counted_and_named(folder, imported, change, why):
    def edit(rows):
        rows = [row for row in rows if row["filter"] == "strict-match"]
        return [*rows[:-1], rows[-1] | change]

    task = imported(folder(edit=edit)).record.task("g_two")
    assert task.imported.unread == 1
    assert why in task.imported.unread_first
    assert task.items == 6, "the results say how many there were to be"


def test_a_torn_line_and_a_row_that_is_there_twice_are_counted(folder, imported):
    run = imported(folder(edit=lambda rows: [*rows, only(rows), rows[-1], '{"doc_id": 7, "do']))
    task = run.record.task("g_two")
    assert len(run.samples) == 6
    assert task.imported.unread == 3


def test_a_file_that_is_cut_in_half_lacks_what_is_gone(folder, imported):
    run = imported(folder(edit=lambda rows: rows[:3]))
    task = run.record.task("g_two")
    assert (task.items, len(run.samples)) == (6, 3)


def test_a_document_without_a_row_of_the_scoring_filter_is_missing_and_named(folder, imported):
    run = imported(folder(edit=lambda rows: rows[1:]))
    task = run.record.task("g_two")
    assert ("g_two", "0", 0) not in run.samples
    assert "item 0 has no row of the filter strict-match" in task.imported.unread_first


def test_an_answer_without_text_is_empty_and_scores_nothing(folder, imported):
    def edit(rows):
        return [row | {"resps": [[""]], "filtered_resps": ["[invalid]"]} if row["doc_id"] == 1 else row for row in rows]

    source = folder(edit=edit)
    sample = imported(source).samples["g_two", "1", 0]
    assert (sample.status, sample.score, sample.extracted) == (Status.EMPTY, 0.0, None)
    assert any("neither finish reasons nor faults" in note for note in read_source("auto", source).notes)


@pytest.mark.parametrize(("function", "told"), [("take_first", "the first alone"), ("majority_vote", "a vote of all")])
def test_of_repeats_the_one_stored_score_counts_and_the_others_are_told(folder, imported, function, told):
    def change(document):
        for each in document["configs"]["g_rep"]["filter_list"]:
            each["filter"][-1]["function"] = function

    run = imported(folder("g_rep", told=change))
    task = run.record.task("g_rep")
    assert (task.repeats, len(run.samples)) == (1, 6)
    assert task.imported.unread == 12
    assert told in task.imported.unread_first


def test_a_group_with_a_score_is_one_task_with_its_members_as_strata(imported):
    run = imported(REAL / "generated")
    task = run.record.task("grp_size")
    assert [task.name for task in run.record.tasks] == ["g_rep", "grp_size"]
    assert task.strata == {"g_one": 6, "g_two": 6}
    assert task.settings == {"weights": "items", "members": {"g_one": "3.0", "g_two": "3.0"}}
    assert run.samples["grp_size", "g_two/1", 0].stratum == "g_two"
    assert sum(sample.score for sample in run.samples.values() if sample.task == "grp_size") / 12 == 0.75


@pytest.mark.parametrize(("total", "weights"), [(2.5 / 3, "items"), (0.75, "strata")])
def test_how_a_group_weighs_its_members_is_told_by_its_figure(tmp_path, imported, total, weights):
    source = tmp_path / "group"
    shutil.copytree(REAL / "generated", source)
    (results,) = source.glob("results_*")
    document = json.loads(results.read_text())
    document["n-samples"]["g_one"]["effective"] = 12
    document["results"]["grp_size"][STRICT] = total
    results.write_text(json.dumps(document))
    assert imported(source).record.task("grp_size").settings["weights"] == weights


def test_a_group_whose_figure_is_neither_mean_is_left_as_its_members(tmp_path, imported):
    source = tmp_path / "group"
    shutil.copytree(REAL / "generated", source)
    (results,) = source.glob("results_*")
    document = json.loads(results.read_text())
    document["results"]["grp_size"] = {STRICT: 0.11}
    results.write_text(json.dumps(document))
    assert {task.name for task in imported(source).record.tasks} == {"g_one", "g_two", "g_rep"}


def test_a_group_of_a_metric_that_is_better_when_lower_is_left_as_its_members(tmp_path, imported):
    source = tmp_path / "group"
    shutil.copytree(REAL / "generated", source)
    (results,) = source.glob("results_*")
    document = json.loads(results.read_text())
    for name in ("g_one", "g_two", "grp_size"):
        document["results"][name] = {"bits_per_byte,none": 0.5}
    for name in ("g_one", "g_two"):
        listed = document["configs"][name]["metric_list"]
        listed.insert(0, {"metric": "bits_per_byte"})
    results.write_text(json.dumps(document))
    assert {task.name for task in imported(source).record.tasks} == {"g_one", "g_two", "g_rep"}


def test_log_likelihoods_are_kept_with_the_choices(folder, imported):
    run = imported(folder("mc_local"))
    task = run.record.task("mc_local")
    assert (task.metric, task.sampling["max_length"]) == ("acc,none", 2048)
    assert sum(scores(run, "mc_local").values()) / 4 == 0.25
    sample = run.samples["mc_local", "0", 0]
    asked = run.prompts.of("mc_local", "0", sample.prompt_hash)
    assert sample.response.startswith('{"loglikelihoods": [[-')
    assert sample.margin > 0
    assert f" {sample.extracted}" in [each.text for each in asked.continuations]
    assert isinstance(asked.continuations[0], Continuation)
    assert asked.reference == asked.continuations[1].text.strip(), "lm-eval's target is the place of the right choice"


def test_log_likelihoods_that_are_no_numbers_are_a_fault(folder, imported):
    def edit(rows):
        pairs = [["nan", "False"] for _ in rows[0]["filtered_resps"]]
        return [rows[0] | {"filtered_resps": pairs, "acc": 1.0}, *rows[1:]]

    run = imported(folder("mc_local", edit=edit))
    assert run.samples["mc_local", "0", 0].status is Status.ERROR
    task = run.record.task("mc_local")
    assert (task.imported.faults, task.imported.faults_score) == ({"its log-likelihoods are no numbers": 1}, 1.0)


def test_a_task_of_corpus_metrics_is_left_out_with_the_reason_and_the_others_are_kept(imported):
    source = read_source("auto", REAL / "scored")
    assert [task.name for task in source.tasks] == ["ll_local", "mc_local"]
    assert any("word_perplexity is made of all answers together" in note for note in source.notes)
    assert next(task.metric for task in source.tasks if task.name == "ll_local") == "acc,none"


@pytest.mark.parametrize(
    ("metric", "total", "why"),
    [
        ({"metric": "bleu"}, 0.5, "is made of all answers together"),
        ({"metric": "own", "aggregation": "!function utils.agg"}, 0.5, "is made of all answers together"),
        ({"metric": "own", "higher_is_better": False}, 0.5, "is better when lower"),
        ({"metric": "rouge", "aggregation": "mean"}, 37.5, "is 37.5 in all, not from 0 to 1"),
        ({"metric": "own"}, 0.1, "which is not the mean of its answers'"),
    ],
)
def test_a_metric_that_is_no_share_of_single_answers_is_refused(folder, metric, total, why):
    name = metric["metric"]

    def told(document):
        document["configs"]["g_two"]["metric_list"] = [metric]
        document["results"]["g_two"] = {f"{name},strict-match": total}

    def edit(rows):
        return [row | {"metrics": [name], name: row["exact_match"]} for row in rows]

    with pytest.raises(DataError, match=why):
        read_source("auto", folder(edit=edit, told=told))


def test_a_metric_of_a_tasks_own_is_the_score_where_the_figure_is_its_mean(folder, imported):
    def told(document):
        document["configs"]["g_two"]["metric_list"] = []
        document["results"]["g_two"] = {"own,strict-match": 0.25, "own,flexible-extract": 0.25}

    run = imported(
        folder(edit=lambda rows: [row | {"metrics": ["own"], "own": row["exact_match"] / 2} for row in rows], told=told)
    )
    assert run.record.task("g_two").metric == "own,strict-match"
    assert scores(run, "g_two")["1"] == 0.5


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
    with pytest.raises(DataError, match=r"2 models, fp8, mxfp4: name the folder of one of them"):
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
