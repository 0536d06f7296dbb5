"""The generated requests: each has one right reply, and they are the same bytes everywhere."""

import json
from collections import Counter
from functools import cache

from quantgate.evals.contract.tool_calls import ToolCall, ToolReply
from quantgate.tasks.tool_calls.case import Case
from quantgate.tasks.tool_calls.generated import generated
from quantgate.tasks.tool_calls.judging import Judge
from quantgate.tasks.tool_calls.task import ToolCalls


@cache
def cases() -> list[Case]:
    return generated()


def right_reply(case: Case) -> ToolReply:
    calls = tuple(ToolCall(call.name, json.dumps(call.arguments)) for call in case.expected or ())
    return ToolReply("" if calls else "Paris.", calls)


def test_they_are_the_same_bytes_on_every_machine():
    # A change of a single letter makes other requests: then VERSION in generated.py has to change, too.
    assert ToolCalls(cases()).identity.data_hash == "89aa0569aad6d22745476bcfafff4daa4b4c361d3347600bf51dbfe90297523c"
    assert ToolCalls(generated(1)).identity.data_hash != ToolCalls(cases()).identity.data_hash


def test_the_right_reply_is_right_by_every_metric():
    for case in cases():
        metrics = Judge(case).metrics(right_reply(case))
        facts = {"due": metrics.pop("due"), "called": metrics.pop("called")}
        assert set(metrics.values()) == {1.0}, case.item_id
        assert facts == {"due": float(bool(case.due)), "called": float(bool(case.due))}


def test_strata_are_of_one_size_and_any_first_part_has_them_all():
    assert Counter(case.stratum for case in cases()) == {
        "001 tool": 120, "002-008 tools": 120, "009-032 tools": 120, "033-128 tools": 120
    }  # fmt: skip
    assert len({case.stratum for case in cases()[:4]}) == 4
    assert {len(case.tools) for case in cases()} == {1, 8, 32, 128}


def test_a_quarter_needs_no_call_and_some_need_several():
    counts = Counter(len(case.expected or ()) for case in cases())
    assert (counts[0], counts[2], counts[3]) == (120, 40, 40)


def test_they_hold_nested_objects_scripts_numbers_and_line_breaks():
    told = [json.dumps(call.arguments, ensure_ascii=False) for case in cases() for call in case.expected or ()]
    for wanted in ('"address": {', "東京", "1234567.89", "-40.5", "1e-05", "\\n", '\\"', "\\\\", "👍🏽", '"tags": ['):
        assert any(wanted in text for text in told), wanted
