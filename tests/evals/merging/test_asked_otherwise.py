"""Shards that were asked otherwise, or of another model, make no run; what differs is told, and where."""

from dataclasses import replace

import pytest

from quantgate.evals.contract.found import USER_VERSION
from quantgate.evals.contract.records import Sampling
from quantgate.evals.contract.shard import Shard
from quantgate.evals.errors import RunDirectoryError
from quantgate.evals.runs.directory import RunDirectory
from tests.conftest import Sums
from tests.evals.merging.sharded import URL


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"sampling": Sampling(temperature=0.7)},
            "sums: temperature 0.0 in shard 1/2, 0.7 in shard 2/2",
        ),
        ({"limit": 9}, "sums: items 12 in shard 1/2, 9 in shard 2/2"),
        ({"repeats": 2}, "sums: repeats 1 in shard 1/2, 2 in shard 2/2"),
        ({"record": {"model": "other"}}, 'model "m" in shard 1/2, "other" in shard 2/2'),
        ({"task": Sums(version="2")}, 'sums: version "1" in shard 1/2, "2" in shard 2/2'),
        ({"task": Sums(name="more")}, "sums was asked in shard 1/2 and not in shard 2/2"),
    ],
)
def test_shards_that_were_asked_otherwise_are_refused_with_what_differs(asked, changed, said):
    changed = dict(changed)
    first = asked.ask("part-1", Shard(1, 2))
    asked.tasks = [changed.pop("task", asked.tasks[0])]
    asked.repeats = changed.pop("repeats", 1)
    second = asked.ask("part-2", Shard(2, 2), **changed)
    with pytest.raises(RunDirectoryError, match="not asked alike") as refused:
        asked.merge([first, second], incomplete=True, model_changed=True)
    assert said in str(refused.value)
    assert not (asked.folder / "run").exists()


def test_shards_of_another_grader_are_told_how_to_be_graded_alike(asked):
    folders = asked.shards(2)
    text = (folders[1] / "run.json").read_text()
    (folders[1] / "run.json").write_text(text.replace('"grader": "sums 1"', '"grader": "sums 2"'))
    with pytest.raises(RunDirectoryError, match=r"grader .*`quantgate regrade DIR` grades"):
        asked.merge(folders)


def endpoint(served: str = "m", context: int = 4096, template: str = "t") -> dict:
    ids = {"prompts": "p", "templated": template, "plain": "q", "tokens": 3}
    told = {"base_url": URL, "served": {"id": served}, "context_length": context, "token_ids": {"sums": [ids]}}
    return {"record": {"endpoint": told}}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (endpoint(), endpoint(served="m-awq"), 'the endpoint\'s id "m" in shard 1/2, "m-awq" in shard 2/2'),
        (endpoint(), endpoint(context=8192), "the endpoint's context 8192 in shard 2/2"),
        (endpoint(context=8192), endpoint(), "the endpoint's context 8192 in shard 1/2"),
        (endpoint(), endpoint(template="u"), "the server makes other tokens, by another chat template, in shard 2/2"),
    ],
)
def test_shards_that_other_models_have_answered_are_refused_unless_that_is_meant(asked, first, second, said):
    folders = [asked.ask("part-1", Shard(1, 2), **first), asked.ask("part-2", Shard(2, 2), **second)]
    with pytest.raises(RunDirectoryError, match=r"answered by several models.*--model-changed") as refused:
        asked.merge(folders)
    assert said in str(refused.value)
    asked.merge(folders, model_changed=True)
    record = RunDirectory(asked.folder / "run").record()
    assert len(record.changes) == ("chat template" not in said)
    assert len(record.endpoint["token_ids"]["sums"]) == 1 + ("chat template" in said)


def test_shards_are_held_against_each_other_where_the_first_does_not_tell(asked):
    first = asked.ask("part-1", Shard(1, 3))
    folders = [asked.ask(f"part-{n}", Shard(n, 3), **endpoint(context=n * 1024)) for n in (2, 3)]
    with pytest.raises(RunDirectoryError, match="the endpoint's context 3072 in shard 3/3"):
        asked.merge([first, *folders])
    asked.merge([first, *folders], model_changed=True)
    (change,) = RunDirectory(asked.folder / "run").record().changes
    assert (change.before["context_length"], change.after["context_length"]) == (2048, 3072)


def test_another_fingerprint_in_a_shard_is_another_model(asked):
    first = asked.ask("part-1", Shard(1, 2))
    asked.fingerprint = "fp_2"
    second = asked.ask("part-2", Shard(2, 2))
    with pytest.raises(RunDirectoryError, match=r"system_fingerprint fp_1 in shard 1/2; .*fp_2 in shard 2/2"):
        asked.merge([first, second])
    asked.merge([first, second], model_changed=True)
    run = RunDirectory(asked.folder / "run")
    assert [(each.fingerprint, each.count) for each in run.record().replies] == [("fp_1", 6), ("fp_2", 6)]
    assert [sample.replied_by for sample in run.samples().values()] == [None] * 6 + [[1]] * 6


def test_a_shard_that_has_nothing_to_ask_and_so_heard_nothing_is_of_any_model(asked):
    asked.tasks = [Sums(3)]
    asked.merge(asked.shards(5))
    assert sum(each.count for each in RunDirectory(asked.folder / "run").record().replies) == 3


def test_a_context_of_which_one_shard_alone_knows_is_no_difference(asked):
    folders = [asked.ask("part-1", Shard(1, 2)), asked.ask("part-2", Shard(2, 2), **endpoint())]
    asked.merge(folders)
    assert RunDirectory(asked.folder / "run").record().endpoint["context_length"] == 4096


def test_sessions_at_other_addresses_are_recorded_each_with_its_shard(asked):
    there = {"endpoint": {"base_url": "http://node-7:8000/v1", "served": {"id": "m"}}}
    asked.merge([asked.ask("part-1", Shard(1, 2)), asked.ask("part-2", Shard(2, 2), record=there)])
    (session,) = RunDirectory(asked.folder / "run").record().earlier
    assert (session["shard"], session["endpoint"]["base_url"]) == ("2/2", "http://node-7:8000/v1")


def test_what_was_found_out_of_how_it_is_asked_is_kept_and_must_be_one(asked):
    folders = asked.shards(3)
    for folder, found in zip(folders, (None, "user-7", "user-7"), strict=True):
        directory = RunDirectory(folder)
        record = directory.record()
        settings = {} if found is None else {USER_VERSION: found}
        with directory.writing(replace(record, tasks=(replace(record.tasks[0], settings=settings),)), record):
            pass
    asked.merge(folders)
    assert RunDirectory(asked.folder / "run").record().tasks[0].settings == {USER_VERSION: "user-7"}
    text = (folders[2] / "run.json").read_text()
    (folders[2] / "run.json").write_text(text.replace("user-7", "user-8"))
    with pytest.raises(RunDirectoryError, match="not asked alike"):
        asked.merge(folders, "other")
