"""The token ids of a prompt, of servers that show them in their own ways, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from quantgate.evals.contract.fault import Fault
from quantgate.evals.contract.records import Continuation, Prompt
from quantgate.evals.contract.token_ids import TokenIds
from quantgate.evals.endpoint.failures import Refusal
from quantgate.evals.endpoint.token_ids import token_ids_of

PROMPTS = [Prompt(({"role": "user", "content": f"What is 2 + {number}?"},), f"h{number}") for number in range(5)]


def ids(text: str) -> list[int]:
    return [ord(character) for character in text]


class Shown:
    """A server that answers `/tokenize` as one of the three does, its chat template beginning with `begins`."""

    def __init__(self, kind: str, begins: str = "<s>") -> None:
        self.kind, self.begins = kind, begins
        self.bodies: list[tuple[str, Mapping[str, Any]]] = []

    def beside(self, path: str) -> str:
        return path

    def templated(self, body: Mapping[str, Any]) -> str:
        return self.begins + "".join(each["content"] for each in body["messages"]) + str(body.get("tools", ""))

    async def post(self, url: str, body: Any, read: Any, deadline_s: float) -> tuple[str, int]:
        self.bodies.append((url, body))
        return json.dumps(self.answer(url, body)), 1

    def answer(self, url: str, body: Mapping[str, Any]) -> Any:
        if self.kind == "llama.cpp":
            if url == "/apply-template":
                return {"prompt": self.templated(body)}
            return {"tokens": ids(body.get("content", ""))}
        if (
            url != "/tokenize"
            or ("messages" in body and self.kind != "vllm")
            or not body.keys() & {"prompt", "messages"}
        ):
            raise Refusal(404, "", "HTTP 404")
        return {"tokens": ids(self.templated(body) if "messages" in body else body["prompt"])}


def shown(server: Any, prompts: Any = PROMPTS, **body: Any) -> TokenIds | None:
    return asyncio.run(token_ids_of(server, "m", prompts, body))


@pytest.mark.parametrize("kind", ["vllm", "llama.cpp"])
def test_the_template_is_seen_where_the_server_applies_it(kind: str):
    found = shown(Shown(kind))
    assert found is not None
    assert found.tokens == len("<s>What is 2 + 0?")
    other = shown(Shown(kind, "<s>You are helpful."))
    assert other is not None
    assert (found.differs(other), found.agrees(other), found.agrees(found)) == ("another chat template", False, True)
    assert found.plain == other.plain


def test_both_ways_of_showing_the_same_give_the_same_hash():
    assert shown(Shown("vllm")) == shown(Shown("llama.cpp"))


def test_of_a_server_that_takes_text_alone_the_tokenizer_is_seen_and_the_template_unknown():
    found, other = shown(Shown("sglang")), shown(Shown("vllm"))
    assert found is not None
    assert other is not None
    assert (found.templated, found.plain == other.plain) == (None, True)
    assert (found.differs(other), found.agrees(other), found.agrees(found)) == ("", False, False)


def test_another_tokenizer_is_told_from_another_template():
    class Other(Shown):
        def answer(self, url: str, body: Mapping[str, Any]) -> Any:
            found = super().answer(url, body)
            return {"tokens": [token + 1 for token in found["tokens"]]} if "tokens" in found else found

    one, other = shown(Shown("vllm")), shown(Other("vllm"))
    assert one is not None
    assert other is not None
    assert one.differs(other) == "another tokenizer"


def test_other_prompts_are_not_compared():
    one, other = shown(Shown("vllm")), shown(Shown("vllm", "x"), PROMPTS[1:])
    assert one is not None
    assert other is not None
    assert (one.differs(other), one.agrees(other)) == ("", False)


def test_tools_and_what_else_the_template_is_given_are_sent_and_nothing_more():
    server = Shown("vllm")
    prompt = Prompt(PROMPTS[0].messages, "h", body={"tools": [{"type": "function"}], "tool_choice": "auto"})
    shown(server, [prompt], chat_template_kwargs={"enable_thinking": False}, top_k=20)
    assert [set(body) for _, body in server.bodies if "messages" in body] == [
        {"model", "messages", "tools", "chat_template_kwargs"}
    ]


def test_log_likelihoods_have_no_template():
    found = shown(Shown("vllm"), [Prompt((), "h", (Continuation("The capital is", " Paris"),))])
    assert found is not None
    assert (found.templated, found.tokens) == (None, len("The capital is Paris"))


class Failing(Shown):
    def answer(self, url: str, body: Mapping[str, Any]) -> Any:
        if isinstance(self.kind, Exception):
            raise self.kind
        return self.kind


@pytest.mark.parametrize(
    "answer",
    [
        Fault("HTTP 500"),
        Refusal(404, "", "HTTP 404"),
        [],
        None,
        {"tokens": []},
        {"tokens": "no"},
        {"tokens": [1.5]},
        {},
    ],
)
def test_what_cannot_be_had_stands_in_nobodys_way(answer: Any):
    assert shown(Failing(answer)) is None


@pytest.mark.parametrize("told", [None, [], {}, {"prompts": 3}])
def test_what_was_recorded_otherwise_is_none(told: Any):
    assert TokenIds.read(told) is None
