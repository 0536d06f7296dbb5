"""lm-eval's rows as runs: real ones (`tests/data/lm_eval`), and what can be wrong or other in them."""

from __future__ import annotations

import json
import random
import shutil

import pytest

from quantgate.evals.contract.records import Continuation, Status
from quantgate.evals.errors import DataError
from quantgate.evals.foreign.formats import read_source
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.runs.record import SameBy
from tests.evals.foreign.lm_eval.made import FLEXIBLE, REAL, STRICT, only, scores


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


@pytest.mark.parametrize("filter", ["strict-match", "flexible-extract"])
@pytest.mark.parametrize("in_front", [True, False])
def test_rows_that_contradict_the_sound_ones_decide_nothing_wherever_they_stand(folder, imported, filter, in_front):
    def edit(rows):
        (own,) = [row for row in rows if row["filter"] == filter and row["doc_id"] == 0]
        false = own | {"exact_match": 1 - own["exact_match"]}
        return [false, *rows] if in_front else [*rows, false]

    run = imported(folder(edit=edit))
    sample = run.samples["g_two", "0", 0]
    assert f"exact_match,{filter}" not in sample.metrics
    assert (sample.score is None) == (filter == "strict-match")
    assert run.record.task("g_two").imported.unread == 1


def test_early_rows_that_do_not_say_of_which_filter_they_are_are_refused_where_there_are_too_many(folder, imported):
    def edit(rows):
        rows = sorted(rows, key=lambda row: row["filter"], reverse=True)
        return [{name: value for name, value in row.items() if name != "filter"} for row in [rows[0], *rows]]

    with pytest.raises(DataError, match="item 0 has more rows than g_two has filters"):
        imported(folder(edit=edit))


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


def without_prompts(rows):
    return [{**row, "prompt_hash": None, "arguments": {}} for row in rows]


def test_where_no_prompt_is_kept_shots_and_system_prompt_must_agree(folder, imported):
    def told(document):
        document["n-shot"]["g_two"] = 5
        document["system_instruction"] = "Be brief."

    one = imported(folder(edit=without_prompts), "one")
    other = imported(folder(edit=without_prompts, told=told), "other")
    (pairs,) = pair_runs(one, other).tasks
    assert one.record.task("g_two").imported.same_by is SameBy.TEXT
    assert [problem.rpartition(": ")[2] for problem in pairs.problems] == [
        'few_shot "2" for the baseline, "5" for the candidate',
        'system_instruction "" for the baseline, "Be brief." for the candidate',
    ]


def test_where_there_are_neither_prompts_nor_results_shots_and_system_prompt_are_unknown(folder, imported):
    made = folder(edit=without_prompts)
    next(made.glob("results_*")).unlink()
    assert {"few_shot", "system_instruction"} <= set(imported(made).record.task("g_two").imported.unknown)
