"""The task likelihood: which texts are scored, after what, how they are graded, and by which way a run was asked."""

from __future__ import annotations

import json

import pytest

from quantgate.cli.run import evaluate
from quantgate.evals.contract.records import Item
from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.contract.token_logprobs import TokenLogprobs, write_token_logprobs
from quantgate.evals.errors import DataError, RequestRefused, UsageError
from quantgate.evals.pairing.pairing import Run
from quantgate.evals.pairing.plans import plan_differences
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.likelihood.documents import built_in
from quantgate.tasks.options import GivenOption
from quantgate.tasks.registry import load_task
from tests.server.scoring import CHAT, ECHO, LLAMA, OLD_LLAMA, VLLM, scoring

ROWS = [
    {"id": "a", "text": "The king is in the garden.", "stratum": "prose", "prompt": None},
    {"id": "b", "text": "an inn is in the garden", "stratum": None, "prompt": "Where is it?"},
]


@pytest.fixture
def file(tmp_path):
    return written(tmp_path / "texts.jsonl", ROWS)


def written(file, rows):
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def loaded(file=None, **own):
    return load_task("likelihood", TaskOptions(data={} if file is None else {"": file}, own=own))


def ran(out, url, file=None, texts=None, **options):
    data = {} if file is None else {"likelihood": file}
    config = RunConfig(task=("likelihood",), data=data, base_url=url, model="m", out=out, concurrency=2, **options)
    return evaluate(config, [] if texts is None else [GivenOption("texts", str(texts), "--option texts")])


def test_the_texts_that_come_with_quantgate_are_many_and_of_several_kinds():
    documents = built_in()
    assert len({document.item_id for document in documents}) == len(documents) >= 50
    assert len({document.text for document in documents}) == len(documents)
    assert {document.stratum for document in documents} >= {"prose", "code", "mathematics", "languages"}
    assert min(len(document.text) for document in documents) > 200


def test_a_file_gives_texts_with_ids_strata_and_what_they_answer(file):
    task = loaded(file)
    assert task.items() == [Item("a", "prose"), Item("b")]
    prompt = task.prompt(Item("b"), 0)
    assert prompt.messages == ({"role": "user", "content": "Where is it?"},)
    assert (prompt.continuations[0].context, prompt.continuations[0].text) == ("", ROWS[1]["text"])
    assert prompt.prompt_hash != loaded(file).prompt(Item("a", "prose"), 0).prompt_hash


def test_copies_of_one_text_are_one_unit(tmp_path):
    """Two hundred copies of a line would else pass for two hundred documents."""
    rows = [{"id": "a", "text": "One."}, {"id": "b", "text": "Two."}, {"id": "c", "text": "One."}]
    clusters = [item.cluster for item in loaded(written(tmp_path / "copies.jsonl", rows)).items()]
    assert clusters == ["a", "b", "a"]
    asked = [row | {"prompt": f"Question {number}"} for number, row in enumerate(rows)]
    assert all(item.cluster is None for item in loaded(written(tmp_path / "answers.jsonl", asked)).items())


def test_paragraphs_of_plain_text_are_joined_to_blocks(tmp_path):
    plain = tmp_path / "book.txt"
    plain.write_text("\n\n".join(f"Paragraph {number}: {'word ' * 60}" for number in range(12)), encoding="utf-8")
    task = loaded(plain)
    texts = [task.prompt(item, 0).continuations[0].text for item in task.items()]
    assert len(texts) == 3
    assert all(1500 <= len(text) < 2000 for text in texts[:-1])
    assert sum(text.count("Paragraph") for text in texts) == 12


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"text": ""}], "line 1.*'text' is needed"),
        ([{"prompt": "x"}], "'text' is needed"),
        ([{"text": "a", "id": ["x"]}], "id must be text or a whole number"),
        ([{"text": "a", "id": "x"}, {"text": "b", "id": "x"}], "two rows have one id"),
        ([{"text": "a", "prompt": [{"role": "user"}]}], "prompt must be text, or a list of messages"),
        ([{"text": "a", "stratum": 3}], "stratum must be text"),
    ],
)
def test_a_row_that_is_no_text_is_refused_by_its_line_and_never_quoted(tmp_path, rows, says):
    with pytest.raises(DataError, match=says):
        loaded(written(tmp_path / "t.jsonl", rows))


def test_other_texts_are_other_data_and_so_no_pair(tmp_path, file):
    other = written(tmp_path / "other.jsonl", [ROWS[0], {**ROWS[1], "text": "an inn is in the gardem"}])
    assert loaded(file).identity.data_hash != loaded(other).identity.data_hash


def test_the_score_is_the_share_of_tokens_that_were_the_likeliest():
    tops = ({5: -0.1, 6: -3.0}, {7: -0.2, 8: -2.0}, {9: -0.5})
    stored = write_token_logprobs(TokenLogprobs((5, 8, 9), (-0.1, -2.0, -0.5), tops, (1, 2, 3)))
    task = loaded()
    grade = task.grade(task.items()[0], 0, stored)
    assert grade.score == pytest.approx(2 / 3)
    assert grade.metrics == pytest.approx({"top1_accuracy": 2 / 3, "mean_logprob": -2.6 / 3})


def test_a_model_that_only_chats_is_scored_by_how_far_it_writes_the_text(file):
    def grade(*tokens, tops=None):
        tops = tuple({token: -0.1} for token in tokens) if tops is None else tops
        stored = TokenLogprobs(tokens, (-0.1,) * len(tokens), tops, tuple(range(len(tokens))))
        return loaded(file).grade(Item("b"), 0, write_token_logprobs(stored)).score

    assert grade("an", " inn") == 1
    assert grade("an", " inn", " was") == pytest.approx(2 / 3)
    assert grade("an", "", tops=({"an": -0.1}, {})) == pytest.approx(1 / 2)


@pytest.mark.parametrize("stored", ["", "{}", '{"tokens":[],"logprobs":[],"tops":[],"positions":[]}'])
def test_what_holds_no_log_probabilities_has_no_grade(stored):
    task = loaded()
    with pytest.raises(DataError, match="holds no log-probabilities"):
        task.grade(task.items()[0], 0, stored)


def test_a_run_keeps_by_which_way_it_asked_and_goes_on_by_it(tmp_path, file):
    with scoring(LLAMA) as server:
        assert ran(tmp_path / "run", server.base_url, file, first=1) == 0
        record = RunDirectory(tmp_path / "run").record()
        assert record.asked["log_probabilities"] == {"way": "grammar", "tops": 20}
        assert record.task("likelihood").settings["tokens"] == "given"
        assert ran(tmp_path / "run", server.base_url, file) == 0
    samples = Run.load(tmp_path / "run").samples
    assert len(samples) == 2
    assert all(sample.response.startswith('{"tokens":[') for sample in samples.values())
    (tmp_path / "run" / "samples.jsonl").write_text("")
    with scoring(VLLM) as server, pytest.raises(RequestRefused, match="was begun by /completion"):
        ran(tmp_path / "run", server.base_url, file)


def test_runs_that_were_told_of_unlike_tokens_are_no_pair(tmp_path, file):
    records = {}
    for dialect in (VLLM, LLAMA, OLD_LLAMA, ECHO):
        plain = written(tmp_path / "plain.jsonl", ROWS[:1])
        with scoring(dialect) as server:
            ran(tmp_path / dialect, server.base_url, plain)
        records[dialect] = RunDirectory(tmp_path / dialect).record().task("likelihood")
    assert plan_differences(records[VLLM], records[LLAMA]) == []
    for other in (OLD_LLAMA, ECHO):
        assert any("tokens" in problem for problem in plan_differences(records[VLLM], records[other]))


def answered(tmp_path):
    """A run of arithmetic by a server that chats."""
    with scoring(CHAT, written="1 + 2 = 3. The answer is 3.") as server:
        config = RunConfig(
            task=("arithmetic",), base_url=server.base_url, model="m", out=tmp_path / "answers", first=3, concurrency=1
        )
        assert evaluate(config, []) == 0
    return tmp_path / "answers"


def test_the_answers_of_a_run_are_scored_after_what_they_answer(tmp_path):
    folder = answered(tmp_path)
    task = loaded(texts=folder)
    assert [item.item_id for item in task.items()] == ["arithmetic/0", "arithmetic/1", "arithmetic/2"]
    assert {item.stratum for item in task.items()} == {"arithmetic"}
    prompt = task.prompt(task.items()[0], 0)
    assert prompt.messages == load_task("arithmetic", TaskOptions()).prompt(Item("0"), 0).messages
    assert prompt.continuations[0].text == "1 + 2 = 3. The answer is 3."


def test_a_chat_only_server_is_asked_for_the_answers_of_a_run(tmp_path):
    folder = answered(tmp_path)
    with scoring(CHAT, written="1 + 2 = 4. The answer is 4.") as server:
        assert ran(tmp_path / "chat", server.base_url, texts=folder) == 0
    record = RunDirectory(tmp_path / "chat").record().task("likelihood")
    assert record.settings["tokens"] == "generated"
    [sample, *_] = Run.load(tmp_path / "chat").samples.values()
    assert json.loads(sample.response)["tokens"] == list("1 + 2 = 4")
    assert sample.score == pytest.approx(8 / 9)


def test_the_texts_of_a_private_task_are_kept_as_hashes_alone(tmp_path):
    folder = answered(tmp_path)
    file = folder / "run.json"
    record = json.loads(file.read_text())
    record["tasks"][0]["private"] = "Please keep it to yourself."
    file.write_text(json.dumps(record))
    with scoring(VLLM) as server:
        ran(tmp_path / "scored", server.base_url, texts=folder)
    kept = [json.loads(line) for line in (tmp_path / "scored" / "prompts.jsonl").read_text().splitlines()]
    assert len(kept) == 3
    assert all(set(row) == {"task", "item_id", "prompt_hash", "private"} for row in kept)
    assert RunDirectory(tmp_path / "scored").record().task("likelihood").asked_by_authors is not None


def test_texts_are_given_in_one_way_alone(tmp_path, file):
    with pytest.raises(UsageError, match="not by both"):
        loaded(file, texts=tmp_path)
    with pytest.raises(UsageError, match="no such run directory"):
        loaded(texts=tmp_path / "nowhere")
