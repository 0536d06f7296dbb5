"""What one reply is judged by: each metric is 0 or 1, and what was not seen is never right."""

import json

import pytest

from quantgate.evals.contract.tool_calls import FormReply, ToolCall, ToolReply
from quantgate.tasks.tool_calls.case import Case, ExpectedCall
from quantgate.tasks.tool_calls.judging import Judge

PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "default": 3},
        "at": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number", "default": 0}}},
        "unit": {"enum": ["c", "f"]},
    },
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
BARE = {"type": "function", "function": {"name": "now"}}


def case(due: bool | None = True, *calls: tuple[str, dict], known: bool = True) -> Case:
    expected = tuple(ExpectedCall(name, arguments) for name, arguments in calls)
    return Case("1", ({"role": "user", "content": "?"},), (TOOL, BARE), due, expected if known else None)


def call(arguments: object, name: str = "weather") -> ToolCall:
    return ToolCall(name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def judged(reply: ToolReply, of: Case | None = None) -> dict[str, float]:
    return Judge(of or case(True, ("weather", {"city": "Oslo"}))).metrics(reply)


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        (call('{"city": "Oslo"'), "json_valid"),
        (call(""), "json_valid"),
        (call('{"city": NaN}'), "json_valid"),
        (call("[" * 100_000), "json_valid"),
        (call({"city": "Oslo"}, "wether"), "name_known"),
        (call({"city": 3}), "schema_valid"),
        (call("null"), "schema_valid"),
        (call({"city": "Oslo", "unit": "k"}), "schema_valid"),
        (call({"city": "Oslo", "planet": "Mars"}), "schema_valid"),
    ],
)
def test_a_malformed_call_fails_what_is_wrong_with_it_and_is_not_valid(written, wrong):
    metrics = judged(ToolReply("", (call({"city": "Oslo"}), written)))
    assert (metrics[wrong], metrics["schema_valid"], metrics["arguments_equal"]) == (0, 0, 0)
    others = {"json_valid", "name_known"} - {wrong}
    assert all(metrics[name] == 1 for name in others)
    assert (metrics["trigger"], metrics["not_only_reasoning"], metrics["no_leak"], metrics["called"]) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "equal"),
    [
        ('{"at":{"lat":1e1},"city":"\\u004fslo"}', True),
        ({"city": "Oslo", "at": {"lat": 10.0, "lon": 0.0}, "days": 3}, True),
        ({"city": "Oslo", "at": {"lat": 10}, "days": 4}, False),
        ({"city": "oslo", "at": {"lat": 10}}, False),
        ({"city": "Oslo", "at": {"lat": "10"}}, False),
        ({"city": "Oslo"}, False),
    ],
)
def test_arguments_are_compared_as_json_means_them(arguments, equal):
    of = case(True, ("weather", {"city": "Oslo", "at": {"lat": 10}}))
    assert judged(ToolReply("", (call(arguments),)), of)["arguments_equal"] == equal


def test_parallel_calls_may_come_in_any_order_but_all_and_no_more():
    of = case(True, ("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"}), ("now", {}))
    made = (call({}, "now"), call({"city": "Rome"}), call({"city": "Oslo"}))
    assert judged(ToolReply("", made), of)["arguments_equal"] == 1
    assert judged(ToolReply("", made[:2]), of)["arguments_equal"] == 0
    assert judged(ToolReply("", (*made, made[0])), of)["arguments_equal"] == 0
    assert judged(ToolReply("", (made[0], made[1], made[1])), of)["arguments_equal"] == 0


def test_a_call_that_is_due_and_does_not_come_is_right_by_nothing_that_judges_calls():
    metrics = judged(ToolReply("It is sunny."))
    assert {name for name, value in metrics.items() if value} == {"due", "not_only_reasoning", "no_leak"}


def test_where_nobody_knows_whether_a_call_is_due_only_a_call_can_be_valid():
    of = case(None, known=False)
    assert judged(ToolReply("Sunny."), of)["schema_valid"] == 0
    metrics = judged(ToolReply("", (call({"city": "Oslo"}),)), of)
    assert metrics["schema_valid"] == 1
    assert {"trigger", "arguments_equal", "due"}.isdisjoint(metrics)


def test_no_call_is_right_where_none_is_due_and_a_sound_one_is_valid_but_not_due():
    assert set(judged(ToolReply("Hello."), case(False)).values()) == {0.0, 1.0}
    assert judged(ToolReply("Hello."), case(False))["schema_valid"] == 1
    metrics = judged(ToolReply("", (call({"city": "Oslo"}),)), case(False))
    assert (metrics["schema_valid"], metrics["trigger"], metrics["arguments_equal"]) == (1, 0, 0)


@pytest.mark.parametrize("due", [True, False])
def test_where_nothing_was_said_nothing_is_right(due):
    metrics = judged(ToolReply(" \n"), case(due))
    assert {name for name, value in metrics.items() if value} == ({"due"} if due else set())


@pytest.mark.parametrize(
    "content",
    [
        '<tool_call>\n{"name": "weather", "arguments": {}}',
        "[TOOL_CALLS][]",
        "Sure. <|tool_calls_section_begin|>",
        '{"name": "weather", "arguments": {"city": "Oslo"}}',
        '```json\n[{"name": "weather", "parameters": {"city": "Oslo"}}]\n```',
        "<function=weather>",
        "<｜tool▁calls▁begin｜>",
    ],
)
def test_a_call_in_the_text_is_a_leak_with_and_without_another(content):
    assert judged(ToolReply(content))["no_leak"] == 0
    assert judged(ToolReply(content, (call({"city": "Oslo"}),)))["no_leak"] == 0


@pytest.mark.parametrize("content", ["It is {sunny}.", '{"name": "Bob"}', "[1, 2]", '{"weather": 1}', "{" * 100_000])
def test_other_text_is_none(content):
    assert judged(ToolReply(content))["no_leak"] == 1


GOOD, BAD, OTHER = (ToolReply("", (call(text),)) for text in ('{"city": "Oslo"}', '{"city"', '{"city": "Rome"}'))
SPACED = ToolReply("", (call('{ "city":"Oslo" }'),))


@pytest.mark.parametrize(
    ("streamed", "plain", "equal"),
    [
        ([GOOD], [GOOD], True),
        ([GOOD], [SPACED], True),
        ([BAD], [BAD], True),
        ([BAD, BAD], [GOOD, GOOD], False),
        ([GOOD, GOOD], [BAD, BAD], False),
        ([GOOD, GOOD], [OTHER, OTHER], False),
        # The server does not repeat itself, so that only what both of a form have in common is its form's.
        ([GOOD, OTHER], [OTHER, OTHER], True),
        ([BAD, ToolReply("")], [GOOD, OTHER], False),
        ([BAD, GOOD], [GOOD, OTHER], True),
        ([BAD, ToolReply("")], [GOOD, BAD], True),
    ],
)
def test_a_difference_is_the_forms_own_only_where_each_form_repeats_it(streamed, plain, equal):
    pairs = zip(streamed, plain, strict=True)
    forms = tuple(FormReply(form, reply) for pair in pairs for form, reply in zip((True, False), pair, strict=True))
    reply = ToolReply("", streamed[0].calls, forms)
    assert judged(reply)["stream_equal"] == equal


def test_without_both_forms_nothing_is_said_of_streams():
    assert "stream_equal" not in judged(GOOD)
    assert "stream_equal" not in judged(ToolReply("", (), (FormReply(True, GOOD), FormReply(True, BAD))))


def test_what_was_read_says_what_is_wrong_with_it():
    said = Judge(case()).extracted(ToolReply("", (call({"city": 3}), call("{"))))
    assert said is not None
    assert said.startswith("SchemaMismatch: weather({\"city\": 3}) [city: 3 is not of type 'string']; InvalidJson: ")
    assert Judge(case()).extracted(ToolReply("<tool_call>")) == "no call, but <tool_call in the text"
    assert Judge(case()).extracted(ToolReply("")) is None
