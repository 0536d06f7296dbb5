"""Groups and tags: one task whose strata are lm-eval's single tasks, and whose score is lm-eval's for the group."""

import hashlib
from dataclasses import replace
from importlib.util import find_spec

import pytest

from quantgate.cli.run import evaluate
from quantgate.evals.errors import DataError, UsageError
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.lm_eval.groups import choose_average
from quantgate.tasks.lm_eval.index import Kind, find_entry, reached
from quantgate.tasks.lm_eval.loading import Loaded
from quantgate.tasks.lm_eval.opening import open_task
from quantgate.tasks.lm_eval.source import LmEvalSource
from tests.server.served import Reply, echoing, served_model
from tests.tasks.lm_eval import side_by_side


def members(name):
    return [entry.name for entry in reached(find_entry(name)) if entry.kind is not Kind.GROUP]


def guesses(body):
    """An answer to a multiple-choice question or one of long context, by the text of the question."""
    number = int(hashlib.sha256(body["messages"][-1]["content"].encode()).hexdigest(), 16)
    return Reply(("A", "B.", "C\n", " D", "the boat of Ana", "Ana")[number % 6])


def longbench_documents(count):
    return [
        {"input": f"Who owns boat {number}?", "context": f"Ana owns boat {number}.", "answers": ["the boat of Ana"]}
        | {"question": f"Who owns boat {number}?", "all_classes": [], "length": number}
        for number in range(count)
    ]


def blimp_documents(count):
    return [
        {"sentence_good": f"{number} dogs bark.", "sentence_bad": f"{number} dogs {'barks' * (number % 2)}."}
        for number in range(count)
    ]


def documents_of(name):
    """Documents of unlike number for each member of a group, by member and split."""
    shapes = {
        "mmlu_generative": lambda place: {
            "test": side_by_side.mmlu_documents(1 + place % 4, f"subject {place}"),
            "dev": side_by_side.mmlu_documents(5, f"subject {place}", start=90),
        },
        "longbench_multi_e": lambda place: {"test": longbench_documents(3 + place * 4)},
        "blimp": lambda place: {"train": blimp_documents(1 + place % 3)},
        "ai2_arc": lambda place: {
            split: side_by_side.arc_documents(4 + 5 * place) for split in ("test", "train", "validation")
        },
    }
    return {member: shapes[name](place) for place, member in enumerate(members(name))}


def written(folder, name):
    return {
        member: {
            split: side_by_side.write_documents(folder / member / f"{split}.jsonl", documents)
            for split, documents in splits.items()
        }
        for member, splits in documents_of(name).items()
    }


def run(out, url, name, folder, **options):
    task = f"lm-eval:{name}"
    config = RunConfig(task=(task,), data={task: folder}, base_url=url, model="test-model", out=out, **options)
    assert evaluate(config, []) == 0
    return Run.load(out)


def again(run):
    """The same answers as of a second run, given at another time."""
    return Run(run.record, {key: replace(sample, time="later") for key, sample in run.samples.items()})


def score_of(run):
    (pairs,) = pair_runs(run, again(run)).tasks
    scores = pairs.item_scores()
    return scores.mean(scores.baseline)


pytestmark = pytest.mark.slow

NEEDS_MORE = pytest.mark.skipif(find_spec("jieba") is None, reason="longbench's graders need lm-eval[longbench]")


@pytest.fixture(
    scope="module",
    params=["mmlu_generative", pytest.param("longbench_multi_e", marks=NEEDS_MORE), "blimp", "ai2_arc"],
)
def side(request, tmp_path_factory):
    """A group's name, lm-eval's results and our run, of the same served answers."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    files = written(folder / "data", name)
    with served_model(guesses, scores=echoing()) as server:
        chat = name in ("mmlu_generative", "longbench_multi_e")
        theirs = side_by_side.lm_evals_own(folder / "yaml", files, server.base_url, [name], chat=chat)
        ours = run(folder / "run", server.base_url, name, folder / "data")
    return name, theirs, ours


def test_the_score_is_lm_evals_for_the_group(side):
    name, theirs, ours = side
    task = ours.record.tasks[0]
    each = [theirs["results"][member][task.metric] for member in members(name)]
    expected = sum(each) / len(each) if name == "ai2_arc" else theirs["groups"][name][task.metric]
    assert score_of(ours) == pytest.approx(expected, abs=1e-14)
    assert 0 < expected < 1


def test_every_member_is_a_stratum_with_lm_evals_score_and_prompts(side):
    name, theirs, ours = side
    task = ours.record.tasks[0]
    for member in members(name):
        own = [sample for sample in ours.samples.values() if sample.stratum == member]
        assert sum(sample.score for sample in own) / len(own) == pytest.approx(theirs["results"][member][task.metric])
        hashes = {f"{member}/{sample['doc_id']}": sample["prompt_hash"] for sample in theirs["samples"][member]}
        assert {sample.item_id: sample.prompt_hash for sample in own} == hashes


def test_what_weighs_is_recorded(side):
    name, _, ours = side
    task = ours.record.tasks[0]
    assert task.settings["weights"] == ("items" if name == "mmlu_generative" else "strata")
    assert list(task.settings["members"]) == members(name)
    assert task.provenance["aggregation"].startswith("lm-eval gives this tag no score" if name == "ai2_arc" else "lm-")


def test_the_strata_of_a_group_that_weighs_items_are_shown_and_do_not_weigh(side):
    name, _, ours = side
    (pairs,) = pair_runs(ours, again(ours)).tasks
    scores = pairs.item_scores()
    assert set(scores.parts) == set(members(name))
    assert (scores.strata is None) == (name == "mmlu_generative")


def test_a_bundle_holds_every_member_and_is_the_same_data(tmp_path):
    from quantgate.tasks.bundle import fetch, local_data

    task = "lm-eval:ai2_arc"
    written(tmp_path / "data", "ai2_arc")
    bundled = fetch(task, {"": tmp_path / "data"}, tmp_path / "bundle")
    known = local_data(task, {}, tmp_path / "bundle")
    again = open_task(LmEvalSource(task, "ai2_arc", files=known.files))
    assert set(bundled.files) >= {"arc_easy.test", "arc_challenge.test"}
    assert again.identity.data_hash == bundled.data_hash
    assert len(again.items()) == 13


@pytest.fixture
def longbench(tmp_path):
    """Two tasks of long context whose answers have other budgets."""
    return written(tmp_path / "data", "longbench_multi_e")


@NEEDS_MORE
def test_members_are_asked_with_the_budget_of_their_own(tmp_path, monkeypatch, longbench):
    from quantgate.tasks.lm_eval import index

    entry = find_entry("longbench_2wikimqa_e")
    changed = {**entry.config, "generation_kwargs": {**entry.config["generation_kwargs"], "max_gen_toks": 77}}
    file = tmp_path / "changed.yaml"
    file.write_text(f"include: {entry.file}\ngeneration_kwargs: {{max_gen_toks: 77, until: [], temperature: 1}}\n")
    entries = dict(index.read_index(index.tasks_folder()))
    entries[entry.name] = index.Entry(entry.name, entry.kind, file, changed)
    monkeypatch.setattr(index, "read_index", lambda _: entries)
    with served_model(guesses) as server:
        ours = run(tmp_path / "run", server.base_url, "longbench_multi_e", tmp_path / "data")
        assert {body["max_tokens"] for body in server.log.bodies} == {32, 77}
    recorded = ours.record.tasks[0].sampling["of_strata"]
    assert {name: sampling["max_tokens"] for name, sampling in recorded.items()} == {
        "longbench_2wikimqa_e": 77,
        "longbench_hotpotqa_e": 32,
    }


@NEEDS_MORE
def test_members_are_given_files_one_by_one(longbench):
    given = {f"{member}.{split}": file for member, splits in longbench.items() for split, file in splits.items()}
    task = open_task(LmEvalSource("lm-eval:longbench_multi_e", "longbench_multi_e", files=given))
    assert [item.item_id for item in task.items()][:2] == ["longbench_hotpotqa_e/0", "longbench_hotpotqa_e/1"]
    assert set(task.splits()) == set(given)


def test_a_member_without_files_is_named_with_the_option(longbench):
    first, second = longbench
    given = {f"{first}.test": longbench[first]["test"]}
    with pytest.raises(DataError, match=rf"--data lm-eval:longbench_multi_e\.{second}=FILE"):
        open_task(LmEvalSource("lm-eval:longbench_multi_e", "longbench_multi_e", files=given))


def test_a_file_for_the_group_as_a_whole_is_refused_with_what_to_give(longbench):
    file = next(iter(longbench.values()))["test"]
    with pytest.raises(UsageError, match=r"is a group of 2 tasks; give .*MEMBER\.SPLIT=FILE"):
        open_task(LmEvalSource("lm-eval:longbench_multi_e", "longbench_multi_e", files={"": file}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("metabench", "tasks that are answered and tasks of log-likelihoods"),
        ("truthfulqa", "tasks that are answered and tasks of log-likelihoods"),
        ("paloma", "loglikelihood_rolling task"),
        ("humaneval_infilling", "executes what the model writes"),
        ("mmlu_genrative", "did you mean mmlu_generative"),
    ],
)
def test_a_group_that_cannot_be_one_task_is_refused_before_any_data_are_fetched(monkeypatch, name, said):
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: pytest.fail("data were fetched"))
    with pytest.raises(UsageError, match=said):
        open_task(LmEvalSource(f"lm-eval:{name}", name))


def test_members_without_a_metric_in_common_are_refused_with_their_names():
    class Member:
        def __init__(self, *metrics):
            self.metrics = list(metrics)

    source = LmEvalSource("lm-eval:pair", "pair")
    members = {"cola": Member("mcc,none"), "sst2": Member("acc,none")}
    with pytest.raises(UsageError, match=r"sst2 of its 2 members cannot be scored by mcc,none, as cola is"):
        choose_average(source, Loaded(Kind.TAG, {}), members)
