"""The task and its grades, on a small made wheel."""

import json

import pytest

from quantgate.evals.contract.records import Item
from quantgate.evals.contract.tool_calls import ToolCall, ToolReply, write_tool_reply
from quantgate.evals.errors import DataError
from quantgate.tasks.bfcl.task import INFO, Bfcl

CATEGORIES = ("simple_python", "live_irrelevance", "live_relevance")


@pytest.fixture
def task(small) -> Bfcl:
    return Bfcl(small, CATEGORIES)


def called(*arguments: str, name: str = "weather_now", content: str = "") -> str:
    return write_tool_reply(ToolReply(content, tuple(ToolCall(name, each) for each in arguments)))


def told(grade):
    return grade.score, grade.extracted


def test_items_keep_bfcls_ids_and_their_category_is_the_stratum(task):
    assert [(item.item_id, item.stratum) for item in task.items()] == [
        ("simple_python_0", "simple_python"),
        ("simple_python_1", "simple_python"),
        ("live_irrelevance_0", "live_irrelevance"),
        ("live_irrelevance_1", "live_irrelevance"),
        ("live_relevance_0", "live_relevance"),
    ]


def test_a_prompt_is_the_question_with_its_tools_beside_it(task):
    prompt = task.prompt(Item("simple_python_0"), 0)
    assert prompt.messages == ({"role": "user", "content": "Question 0 of simple_python?"},)
    assert [tool["function"]["name"] for tool in prompt.body["tools"]] == ["weather_now"]
    assert task.prompt(Item("live_irrelevance_1"), 0).body == {}


def test_a_prompts_hash_covers_its_tools(task, small):
    hashes = {task.prompt(item, 0).prompt_hash for item in task.items()}
    assert len(hashes) == 5
    assert Bfcl(small, ("simple_python",)).prompt(Item("simple_python_0"), 0).prompt_hash in hashes


@pytest.mark.parametrize(
    ("response", "score", "extracted"),
    [
        (called('{"city": "Bern"}'), 1, 'weather_now({"city": "Bern"})'),
        (called('{"city": "Bern"}', content="Let me see."), 1, 'weather_now({"city": "Bern"})'),
        (called("{}", name="other"), 0, "[made:names] other({})"),
        (called('{"city": "Bern"'), 0, '[decoder_failed] weather_now({"city": "Bern")'),
        (called(""), 0, "[decoder_failed] weather_now()"),
        (called("{}", "null"), 0, "[wrong_output_format] weather_now({}); weather_now(null)"),
        (called("[" * 100_000), 0, None),
        (called('{"a":' * 100_000 + "1" + "}" * 100_000), 0, None),
        (called("9" * 5000), 0, None),
        (called(content="It is sunny."), 0, "[missing_call] no call"),
        ("", 0, "[missing_call] no call"),
        (called('{"raise": 1}'), 0, '[checker_error:AttributeError] weather_now({"raise": 1})'),
    ],
)
def test_a_right_call_is_held_against_the_possible_answers(task, response, score, extracted):
    grade = task.grade(Item("simple_python_0"), 0, response)
    assert grade.score == score
    assert grade.extracted == extracted or (extracted is None and len(grade.extracted or "") < 2100)
    assert not grade.silence_counts


def test_spaces_escapes_and_the_order_of_keys_make_no_other_result(task):
    written = ('{"city":"Zürich","at":{"b":1,"a":2}}', '{ "at": {"a": 2, "b": 1},\n "city": "Z\\u00fcrich" }')
    shown = [task.grade(Item("simple_python_0"), 0, called(each)).extracted for each in written]
    assert shown == ['weather_now({"at": {"a": 2, "b": 1}, "city": "Zürich"})'] * 2


def test_half_a_surrogate_pair_is_shown_so_that_it_can_be_stored(task):
    shown = task.grade(Item("simple_python_0"), 0, called('{"city": "\\ud800"}')).extracted
    assert shown == 'weather_now({"city": "\\ud800"})'


@pytest.mark.parametrize(
    ("response", "relevant", "irrelevant"),
    [
        (called("{}"), (1, "weather_now({})"), (0, "[needless_call] weather_now({})")),
        (called("{}", name="none_of_them"), (1, "none_of_them({})"), (0, "[needless_call] none_of_them({})")),
        (called("{"), (0, "[decoder_failed] weather_now({)"), (1, "[decoder_failed] weather_now({)")),
        (called(content="No."), (0, "[missing_call] no call"), (1, "no call")),
        ("", (0, "[missing_call] no call"), (1, "no call")),
    ],
)
def test_where_only_the_fact_of_a_call_counts_one_that_cannot_be_decoded_is_none(task, response, relevant, irrelevant):
    assert told(task.grade(Item("live_relevance_0"), 0, response)) == relevant
    silent = task.grade(Item("live_irrelevance_0"), 0, response)
    assert told(silent) == irrelevant
    assert silent.silence_counts


def test_what_a_question_without_tools_is_answered_is_text(task):
    item = Item("live_irrelevance_1")
    assert task.grade(item, 0, "I have no tools.").score == 1
    assert task.grade(item, 0, '{"content": 3}').score == 1
    assert task.grade(item, 0, called("{}")).score == 0


def test_a_response_that_is_no_reply_to_a_request_with_tools_is_not_graded(task):
    with pytest.raises(DataError):
        task.grade(Item("simple_python_0"), 0, "The weather is fine.")


@pytest.mark.parametrize(
    ("item", "response", "metrics"),
    [
        ("simple_python_0", called("{}"), (1, 1, 1, 1)),
        ("simple_python_0", called("{"), (0, 1, 0, 1)),
        ("simple_python_0", called("{}", name="b"), (0, 1, 1, 0)),
        ("simple_python_0", called(), (0, 0, 0, 0)),
        ("live_relevance_0", called(content="No."), (0, 0, 0, 0)),
        ("live_irrelevance_0", called("{"), (1, 0, 0, 1)),
        ("live_irrelevance_0", "", (1, 1, 1, 1)),
    ],
)
def test_each_metric_says_one_thing_and_can_be_the_score(small, task, item, response, metrics):
    grade = task.grade(Item(item), 0, response)
    assert grade.metrics == dict(zip(("accuracy", "trigger", "parsed", "known_names"), metrics, strict=True))
    for name, value in grade.metrics.items():
        assert Bfcl(small, CATEGORIES, metric=name).grade(Item(item), 0, response).score == value


def test_the_reference_tells_what_is_right(task):
    assert json.loads(task.reference(Item("simple_python_0"), 0)) == [{"weather.now": {"city": ["Bern"]}}]
    assert task.reference(Item("live_irrelevance_0"), 0) == "no call"
    assert task.reference(Item("live_relevance_0"), 0) == "any call"


def test_guessing_is_calling_nothing_and_what_it_scores_is_that_of_the_categories_asked(task, small):
    assert task.guess == pytest.approx(2 / 5)
    only = Bfcl(small, ("live_irrelevance",))
    assert only.guess == 1
    assert "never calls anything scores 100%" in only.identity.notes[0]
    assert task.identity.notes == ()
    assert pytest.approx((240 + 884) / 3641) == INFO.guess


def test_all_items_weigh_alike_and_which_are_asked_changes_no_setting(task, small):
    assert task.identity.settings == Bfcl(small, CATEGORIES[:1]).identity.settings == {"weights": "items"}
    assert task.identity.data_hash == Bfcl(small, CATEGORIES[:1]).identity.data_hash
    assert task.identity.provenance["categories"] == "simple_python, live_irrelevance, live_relevance"
