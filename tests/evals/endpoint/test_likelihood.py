"""A given text's tokens, asked for in every server's dialect over real HTTP, and read only where they can be true."""

from __future__ import annotations

import asyncio
import json
import math

import pytest
from aiohttp import web

from quantgate.evals.contract.records import Continuation, Item, Origin, PerToken, Prompt, Request, Sampling, Status
from quantgate.evals.contract.token_logprobs import TokenLogprobs, parse_token_logprobs
from quantgate.evals.endpoint.client import Endpoint, RetryPolicy
from quantgate.evals.endpoint.likelihood import Found, Likelihoods
from quantgate.evals.endpoint.scoring_ways import Way, spread
from quantgate.evals.errors import RequestRefused
from tests.server import language
from tests.server.scoring import CHAT, ECHO, LLAMA, OLD_LLAMA, SGLANG, TEXT, VLLM, scoring

TEXT_OF_IT = "Answer: the king is in the garden of an inn."
IDS = language.encode(TEXT_OF_IT)
MESSAGES = ({"role": "user", "content": "Where is the king?"},)
PLAIN = Prompt((), "", (Continuation("", TEXT_OF_IT),), per_token=PerToken(20, 4))
AFTER = Prompt(MESSAGES, "", (Continuation("", TEXT_OF_IT),), per_token=PerToken(20, 4))
WAYS = {
    VLLM: Way.PROMPT_LOGPROBS,
    SGLANG: Way.GENERATE,
    ECHO: Way.ECHO,
    LLAMA: Way.GRAMMAR,
    OLD_LLAMA: Way.N_PROBS,
    TEXT: Way.TEXT,
}


def asked(server, prompt=PLAIN, found=None, max_length=2048, tries=2):
    async def go():
        async with Endpoint(server.base_url, "m", retry=RetryPolicy(tries=tries, first_wait_s=0.01)) as endpoint:
            likelihoods = Likelihoods(endpoint, found=found)
            used = await likelihoods.find(prompt, {}) if found is None else found
            sampling = Sampling(temperature=0.0, max_tokens=1, seed=None, max_length=max_length)
            return used, await likelihoods.ask(Request("likelihood", Item("1"), 0, prompt, sampling))

    return asyncio.run(go())


def told(answer) -> TokenLogprobs:
    assert answer.status is Status.OK, answer.error
    return parse_token_logprobs(answer.response)


def true_logprobs(begins=1, ids=IDS):
    return [language.logprobs_after(tuple(ids[max(0, at - 2) : at]))[ids[at]] for at in range(begins, len(ids))]


@pytest.mark.parametrize(("dialect", "way"), WAYS.items())
def test_each_dialect_is_found_and_tells_what_the_model_says(dialect, way):
    with scoring(dialect) as server:
        found, answer = asked(server)
    scored = told(answer)
    places = list(scored.positions)
    assert found == Found(way, 20)
    assert places == (spread(range(1, len(IDS)), 4) if way is Way.N_PROBS else list(range(1, len(IDS))))
    assert answer.origins == (Origin("m"),)
    expected = dict(zip(range(1, len(IDS)), true_logprobs(), strict=True))
    assert scored.logprobs == pytest.approx([expected[place] for place in places], abs=1e-6)
    named = IDS if way not in (Way.ECHO, Way.TEXT) else [language.VOCABULARY[token] for token in IDS]
    assert list(scored.tokens) == [named[place] for place in places]
    for top in scored.tops:
        assert 19 <= len(top) <= 20
        assert list(top.values()) == sorted(top.values(), reverse=True)


@pytest.mark.parametrize("dialect", [VLLM, LLAMA])
def test_an_answer_is_scored_after_what_it_answers_by_the_servers_own_template(dialect):
    with scoring(dialect) as server:
        _, answer = asked(server, AFTER)
        server.asked.clear()
    scored = told(answer)
    context = language.encode("<s>user: Where is the king?</s>a: ")
    assert list(scored.tokens) == IDS
    assert scored.positions == tuple(range(len(context), len(context) + len(IDS)))
    assert scored.logprobs == pytest.approx(true_logprobs(len(context), context + IDS), abs=1e-6)


def test_the_number_of_requests_is_one_for_a_text_or_one_for_a_place():
    for dialect, requests in ((LLAMA, 1), (OLD_LLAMA, 4)):
        with scoring(dialect) as server:
            _, answer = asked(server)
        assert answer.usage["requests"] == requests


@pytest.mark.parametrize(("dialect", "way"), [(LLAMA, Way.GRAMMAR), (OLD_LLAMA, Way.N_PROBS)])
@pytest.mark.parametrize("text", ["an 中文 inn 語", "中文 is in"])
def test_places_within_a_character_of_which_llama_cpp_tells_nothing_are_left_out(dialect, way, text):
    prompt = Prompt((), "", (Continuation("", text),), per_token=PerToken(20, 100))
    ids = language.encode(text)
    with scoring(dialect) as server:
        found, answer = asked(server, prompt)
    scored = told(answer)
    assert found.way is way
    starts = [at for at in range(1, len(ids)) if _whole(ids[:at])]
    assert list(scored.positions) == [at for at in range(starts[0], len(ids)) if _whole(ids[: at + 1])]
    assert scored.logprobs == pytest.approx([true_logprobs(0, ids)[at] for at in scored.positions], abs=1e-6)


def _whole(ids):
    """Whether tokens end with a whole character; the language spells those beyond Latin-1 by their bytes."""
    try:
        "".join(language.VOCABULARY[token] for token in ids).encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


def test_places_of_one_text_are_asked_in_one_slot_with_those_before_them_cached():
    with scoring(OLD_LLAMA, slots=2) as server:
        asked(server)
    places = [body for page, body in server.asked if page == "/completion" and "logit_bias" in body][-4:]
    assert len({body["id_slot"] for body in places}) == 1
    assert all(body["cache_prompt"] for body in places)
    assert not any(body["post_sampling_probs"] for body in places)


def test_a_server_that_tells_fewer_of_the_likeliest_is_asked_for_fewer_and_that_is_kept():
    with scoring(VLLM, most=5) as server:
        found, answer = asked(server)
    assert found.tops == 5
    assert {len(top) for top in told(answer).tops} == {5}
    assert answer.usage["tops"] == 5


def test_a_text_that_is_too_long_is_cut_at_its_end_and_the_cut_is_told():
    with scoring(VLLM) as server:
        _, answer = asked(server, max_length=10)
    assert told(answer).tokens == tuple(IDS[1:9])
    assert answer.usage["cut_tokens"] == len(IDS) - 9


def test_a_context_that_leaves_no_room_is_no_answer():
    with scoring(VLLM) as server:
        _, answer = asked(server, AFTER, max_length=12)
    assert answer.status is Status.ERROR
    assert "--max-length" in answer.error


def test_a_chat_tells_of_its_own_tokens_up_to_the_first_that_leaves_the_text():
    with scoring(CHAT, written=TEXT_OF_IT[:9] + "a king") as server:
        found, answer = asked(server, AFTER)
    scored = told(answer)
    assert found == Found(Way.CHAT, 2)
    assert "".join(map(str, scored.tokens)) == TEXT_OF_IT[:9] + "a"
    assert scored.positions == tuple(range(len(scored.tokens)))


def test_a_chat_that_ends_while_the_text_goes_on_has_left_it():
    with scoring(CHAT, written=TEXT_OF_IT[:5]) as server:
        _, answer = asked(server, AFTER)
    scored = told(answer)
    assert scored.tokens[-1] == ""
    assert scored.tops[-1] == {}


def test_a_chat_that_is_cut_before_its_budget_tells_too_little_to_be_held_against_another():
    def cut(_, answer):
        choice = answer["choices"][0]
        told = choice["logprobs"]["content"][:3]
        return answer | {"choices": [choice | {"logprobs": {"content": told}, "finish_reason": "length"}]}

    with scoring(CHAT, written=TEXT_OF_IT, spoil=cut) as server:
        _, answer = asked(server, AFTER, Found(Way.CHAT, 2))
    assert answer.status is Status.ERROR
    assert "cut after 3 tokens, where 15 were asked for (finish_reason length)" in answer.error


def test_a_chat_needs_messages_and_says_what_may_be_done():
    with scoring(CHAT, written="x") as server, pytest.raises(RequestRefused, match="--texts RUN"):
        asked(server)


def test_a_server_that_can_tell_none_is_refused_with_what_each_page_said():
    with scoring("none") as server, pytest.raises(RequestRefused, match=r"none can be used.*/completions"):
        asked(server)


def test_a_run_goes_on_by_the_way_by_which_it_was_begun_and_by_no_other():
    async def go(url):
        async with Endpoint(url, "m", retry=RetryPolicy(tries=1)) as endpoint:
            await Likelihoods(endpoint, found=Found(Way.GRAMMAR, 20)).find(PLAIN, {})

    with scoring(VLLM) as server, pytest.raises(RequestRefused, match="was begun by /completion with n_probs"):
        asyncio.run(go(server.base_url))


def each_place(change):
    """Spoils what vLLM tells of every place of a text."""

    def spoil(page, answer):
        for choice in answer.get("choices", []):
            for place in choice.get("prompt_logprobs") or []:
                if place is not None:
                    change(place)
        return answer

    return spoil


def of_own(value):
    def change(place):
        place[next(iter(place))]["logprob"] = value

    return each_place(change)


@pytest.mark.parametrize(("value", "stored"), [(-math.inf, -100.0), (-9999.0, -100.0), (-1e9, -100.0), (-250, -100.0)])
def test_a_token_that_is_told_to_be_impossible_is_kept_at_the_floor(value, stored):
    with scoring(VLLM, spoil=of_own(value)) as server:
        _, answer = asked(server, found=Found(Way.PROMPT_LOGPROBS, 20))
    scored = told(answer)
    assert set(scored.logprobs) == {stored}
    assert not any(token in top for token, top in zip(scored.tokens, scored.tops, strict=True))


@pytest.mark.parametrize("value", [math.nan, None, "-1", True, 0.5, math.inf, 10**400])
def test_what_no_log_probability_can_be_is_never_stored(value):
    with scoring(VLLM, spoil=of_own(value)) as server:
        _, answer = asked(server, found=Found(Way.PROMPT_LOGPROBS, 20))
    assert answer.status is Status.ERROR
    assert answer.response is None


def spoiled(dialect, spoil, way):
    with scoring(dialect, spoil=spoil) as server:
        return asked(server, found=Found(way, 20))[1]


def without_own(place):
    del place[next(iter(place))]


def only_own(place):
    for name in list(place)[1:]:
        del place[name]
    place[next(iter(place))]["logprob"] = -math.inf


def too_much(place):
    for entry in place.values():
        entry["logprob"] = -0.1


def likelier(place):
    place[next(iter(place))]["logprob"] = 0.0
    for name in list(place)[1:]:
        place[name]["logprob"] = -9999.0
    place["7"] = {"logprob": -1.0}
    place.pop(next(iter(place)))


@pytest.mark.parametrize("change", [without_own, only_own, too_much, likelier])
def test_places_that_contradict_themselves_are_not_read(change):
    answer = spoiled(VLLM, each_place(change), Way.PROMPT_LOGPROBS)
    assert answer.status is Status.ERROR
    assert answer.response is None


def other_tokens(page, answer):
    if page == "/completion":
        answer["completion_probabilities"][-1]["id"] = 3
    if page == "/generate":
        answer["meta_info"]["input_token_logprobs"][-1][1] = 3
    return answer


def one_fewer(page, answer):
    for told_of in (answer.get("completion_probabilities"), answer.get("meta_info", {}).get("input_top_logprobs")):
        if told_of:
            told_of.pop()
            if page == "/generate":
                del told_of[0]
    return answer


@pytest.mark.parametrize("spoil", [other_tokens, one_fewer])
@pytest.mark.parametrize(("dialect", "way"), [(LLAMA, Way.GRAMMAR), (SGLANG, Way.GENERATE)])
def test_what_is_told_of_other_tokens_is_not_read(spoil, dialect, way):
    answer = spoiled(dialect, spoil, way)
    assert answer.status is Status.ERROR
    assert answer.response is None


def test_two_texts_of_one_token_count_once_with_the_likelier():
    def twice(page, answer):
        for place in answer.get("completion_probabilities", []):
            place["top_logprobs"].insert(1, {**place["top_logprobs"][0], "logprob": -7.0})
        return answer

    scored = told(spoiled(LLAMA, twice, Way.GRAMMAR))
    honest = told(spoiled(LLAMA, lambda _, answer: answer, Way.GRAMMAR))
    assert all(max(top.values()) == max(own.values()) for top, own in zip(scored.tops, honest.tops, strict=True))


def test_servers_that_tokenise_unlike_store_unlike_tokens():
    with scoring(LLAMA) as one, scoring(LLAMA, by_letter=True) as other:
        assert told(asked(one)[1]).tokens != told(asked(other)[1]).tokens


def test_a_server_that_names_tokens_by_ids_in_its_echo_is_read_by_ids():
    def by_ids(page, answer):
        for choice in answer.get("choices", []):
            if part := choice["logprobs"]:
                ids = {text: f"token_id:{number}" for number, text in enumerate(language.VOCABULARY)}
                part["tokens"] = [ids.get(text, text) for text in part["tokens"]]
                part["top_logprobs"] = [
                    top and {ids[text]: value for text, value in top.items()} for top in part["top_logprobs"]
                ]
        return answer

    assert told(spoiled(ECHO, by_ids, Way.ECHO)).tokens == tuple(IDS[1:])


def test_a_fault_is_tried_again_and_then_told():
    seen = []

    def once(page, answer):
        seen.append(page)
        if page == "/v1/completions" and seen.count(page) == 1:
            return web.Response(status=500, text="oom")
        return answer

    answer = spoiled(VLLM, once, Way.PROMPT_LOGPROBS)
    assert (told(answer).tokens, answer.attempts) == (tuple(IDS[1:]), 2)
    answer = spoiled(VLLM, lambda page, told_of: told_of if page == "/tokenize" else web.Response(status=500), Way.ECHO)
    assert answer.status is Status.ERROR
    assert not answer.refused


def test_a_text_that_the_server_refuses_is_an_error_of_that_text_with_what_to_do():
    def full(page, answer):
        said = json.dumps({"error": {"message": "This model's maximum context length is 8 tokens"}})
        return answer if page == "/tokenize" else web.Response(status=400, text=said)

    answer = spoiled(VLLM, full, Way.PROMPT_LOGPROBS)
    assert (answer.status, answer.refused) == (Status.ERROR, True)
    assert "--max-length" in (answer.advice or "")
