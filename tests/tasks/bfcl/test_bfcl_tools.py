"""Function documents become tools as BFCL's own handler of the chat interface makes them."""

import copy
import hashlib
import json

import pytest

from quantgate.tasks.bfcl.tools import tools_of

OF_BFCL_EVAL = "c0e3ec2ca585da3f9fbba4e752a54840a224bfd3e99e74e31570049bb26e2602"
"""SHA-256 over `[id, messages, tools]` of all 3,641 questions as bfcl_eval 2026.3.23's handler passes them to OpenAI's
client, a line of JSON each, with the keys in its order."""


def document(**properties):
    return {
        "name": "a.b.c",
        "description": "Does it.",
        "parameters": {"type": "dict", "properties": properties, "required": []},
    }


def test_names_types_and_the_hint_are_those_of_a_tool():
    given = document(x={"type": "float", "description": "X."}, y={"type": "tuple", "items": {"type": "dict"}}, z={})
    before = copy.deepcopy(given)
    (tool,) = tools_of([given], "live_simple")
    assert tool == {
        "type": "function",
        "function": {
            "name": "a_b_c",
            "description": "Does it. Note that the provided function is in Python 3 syntax.",
            "parameters": {
                "type": "object",
                "properties": {
                    "x": {"type": "number", "description": "X. This is a float type value.", "format": "float"},
                    "y": {"type": "array", "items": {"type": "object"}},
                    "z": {"type": "string"},
                },
                "required": [],
            },
        },
    }
    assert given == before


@pytest.mark.parametrize(
    ("category", "kind", "said"),
    [
        ("simple_java", "ArrayList", "This is Java ArrayList type parameter in string representation. The list "
         "elements are of type long; they are not in string representation."),
        ("simple_java", "any", "This parameter can be of any type of Java object in string representation."),
        ("simple_javascript", "array", "This is JavaScript array type parameter in string representation. The list "
         "elements are of type long; they are not in string representation."),
    ],
)  # fmt: skip
def test_of_another_language_every_parameter_is_a_string_that_says_what_it_stands_for(category, kind, said):
    items = {} if kind == "any" else {"items": {"type": "long"}}
    (tool,) = tools_of([document(x={"type": kind, "description": "X.", **items})], category)
    assert tool["function"]["parameters"]["properties"] == {"x": {"type": "string", "description": f"X. {said}"}}


@pytest.mark.slow
def test_all_requests_are_to_the_letter_those_of_bfcls_own_handler(bfcl):
    digest = hashlib.sha256()
    for item in bfcl.items():
        prompt = bfcl.prompt(item, 0)
        told = json.dumps([item.item_id, list(prompt.messages), prompt.body.get("tools")])
        digest.update(f"{told}\n".encode())
    assert digest.hexdigest() == OF_BFCL_EVAL
