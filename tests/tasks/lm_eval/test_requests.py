"""Requests that are built one by one, in any order, are those that lm-eval builds at once."""

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.errors import DataError
from quantgate.tasks.lm_eval import requests as building
from quantgate.tasks.lm_eval.loading import load
from quantgate.tasks.lm_eval.requests import AllAtOnce, OneByOne, is_order_free, requests_of
from quantgate.tasks.lm_eval.source import LmEvalSource
from quantgate.tasks.lm_eval.task import LmEvalTask, _as_json

CHAT = {"apply_chat_template": True, "fewshot_as_multiturn": True, "chat_template": _as_json}


def loaded(name: str, files, *, held_out: bool = False):
    """lm-eval's own task; `held_out` draws its examples from the questions themselves."""
    source = LmEvalSource(name, name, files={"test": files[0], "train": files[1]})
    task = next(iter(load(source).tasks.values()))
    if held_out:
        task.fewshot_cfg.split = task.config.test_split
        twice = list(task.eval_docs)
        task.sampler.replace_df([*twice, *twice[:20]])
    return task


@pytest.mark.parametrize(
    ("name", "form", "held_out"),
    [("gsm8k", CHAT, False), ("gsm8k", CHAT, True), ("gsm8k", {}, False), ("gsm8k_cot", CHAT, False)],
    ids=["drawn", "held out", "text", "first examples"],
)
def test_documents_taken_in_any_order_have_the_requests_of_lm_evals_order(gsm8k_files, name, form, held_out):
    theirs = AllAtOnce(loaded(name, gsm8k_files, held_out=held_out), None, form)
    ours = requests_of(loaded(name, gsm8k_files, held_out=held_out), None, form)
    assert isinstance(ours, OneByOne)
    assert list(ours.documents.items()) == list(theirs.documents.items())
    for document in [*reversed(ours.documents), *ours.documents]:
        assert ours.of(document) == theirs.of(document)


def test_a_limited_task_draws_the_examples_of_the_whole(gsm8k_files):
    theirs = AllAtOnce(loaded("gsm8k", gsm8k_files), None, CHAT)
    ours = requests_of(loaded("gsm8k", gsm8k_files), 3, CHAT)
    assert [ours.of(document) for document in ours.documents] == [theirs.of(document) for document in ("0", "1", "2")]


def test_prompts_are_built_anew_where_they_are_too_many_to_be_kept(gsm8k_files, monkeypatch):
    monkeypatch.setattr(building, "_KEPT_CHARACTERS", 5000)
    theirs = AllAtOnce(loaded("gsm8k", gsm8k_files), None, CHAT)
    ours = OneByOne(loaded("gsm8k", gsm8k_files), None, CHAT)
    for document in [*ours.documents, *reversed(ours.documents)]:
        assert ours.of(document) == theirs.of(document)
    assert sum(map(len, ours._contexts.values())) <= 5000


@pytest.mark.parametrize(
    ("part", "value"),
    [("doc_to_text", lambda document: "?"), ("description", "{{ [1, 2] | random }}")],
    ids=["function", "template"],
)
def test_a_task_that_may_draw_lots_of_its_own_is_built_in_lm_evals_order(gsm8k_files, part, value):
    task = loaded("gsm8k", gsm8k_files)
    assert is_order_free(task)
    setattr(task.config, part, value)
    assert not is_order_free(task)


def test_a_document_that_does_not_fit_its_task_is_named(gsm8k_files, monkeypatch):
    task = LmEvalTask(LmEvalSource("t", "gsm8k", files={"test": gsm8k_files[0], "train": gsm8k_files[1]}))
    documents = task._requests.documents
    monkeypatch.setitem(documents, "7", {**documents["7"], "question": {"a": 1}})
    monkeypatch.setattr(task._task, "doc_to_text", lambda document, template=None: document["question"])
    with pytest.raises(DataError, match=r"t: the prompt of document 7 cannot be built .*not a string"):
        task.prompt(Item("7"), 0)
