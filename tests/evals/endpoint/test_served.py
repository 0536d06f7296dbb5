"""What an endpoint says of its model: one place knows how servers call the length of a context."""

from __future__ import annotations

import pytest

from quantgate.evals.endpoint.served import change_of, context_length, context_of, served_model


@pytest.mark.parametrize(
    ("entry", "length"),
    [
        ({"max_model_len": 8192}, 8192),
        ({"context_length": 8192}, 8192),
        ({"meta": {"n_ctx": 4096, "n_ctx_train": 32768}}, 4096),
        ({"meta": {"n_ctx_train": 32768}}, 32768),
        ({"max_input_tokens": 8192}, 8192),
        ({"model_info": {"max_input_tokens": 8192}}, 8192),
        ({"loaded_context_length": 4096, "max_context_length": 131072}, 4096),
        ({"max_context_length": 131072}, 131072),
        ({"loaded_instances": [{"config": {"context_length": 4096}}], "max_context_length": 131072}, 4096),
        ({"loaded_instances": [], "max_context_length": 131072}, 131072),
        ({"context_length": 262144, "top_provider": {"context_length": 131072}}, 131072),
        ({"context_length": 262144, "top_provider": {"context_length": None}}, 262144),
        ({"max_total_tokens": 4096, "max_input_tokens": 4095}, 4096),
        ({"context_window": 131072}, 131072),
        ({"parameters": {"max_seq_len": 4096}}, 4096),
        ({"context_length": 8192.0}, 8192),
        ({"context_length": "8192"}, 8192),
        ({"max_model_len": None, "context_length": 8192}, 8192),
        ({"meta": {"n_ctx": 0, "n_ctx_train": 32768}}, 32768),
    ],
)
def test_the_length_that_is_served_is_read_by_whatever_name(entry, length):
    assert context_length({"id": "m", **entry}) == length


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"max_model_len": float("inf")},
        {"max_model_len": float("nan")},
        {"max_model_len": True},
        {"max_model_len": -1},
        {"max_model_len": "long"},
        {"context_length": 8192.5},
        {"meta": None},
        {"meta": "n_ctx"},
        {"meta": {"n_ctx": {}}},
        {"loaded_instances": "none"},
        {"context_length": "9" * 5000},
    ],
)
def test_what_is_no_number_of_tokens_is_not_told(entry):
    assert context_length({"id": "m", **entry}) is None


def test_the_entry_of_the_model_is_described_and_read():
    listed = [{"id": "a", "max_model_len": 1024}, {"id": "b", "root": "/b", "max_model_len": 2048, "created": 1}]
    served = served_model(listed, "b")
    assert served.names == ("a", "b")
    assert served.record() == {"served": {"id": "b", "root": "/b", "max_model_len": 2048}, "context_length": 2048}


def test_of_a_single_model_the_context_is_read_whatever_its_name():
    served = served_model([{"id": "org/model", "context_length": 8192}], "alias")
    assert (dict(served.described), served.context_length) == ({}, 8192)
    assert served.record() == {"context_length": 8192}


def test_of_several_none_is_taken_for_another():
    assert served_model([{"id": "a", "context_length": 1}, {"id": "b", "context_length": 2}], "c").record() == {}


def test_an_endpoint_without_a_list_says_nothing():
    assert served_model(None, "m").record() == {}
    assert served_model(None, "m").names is None
    assert served_model([], "m").names == ()


def test_what_a_run_recorded_is_read_in_its_form_of_today_and_of_before():
    assert context_of({"base_url": "http://h/v1", "context_length": 8192}) == 8192
    assert context_of({"served": {"max_model_len": 8192}}) == 8192
    assert context_of({"served": {"meta": {"n_ctx": 4096}}}) == 4096
    assert context_of({}) is None
    assert context_of({"served": "m"}) is None


VLLM = {"id": "m", "created": 1764208800, "object": "model", "root": "org/m", "parent": None, "max_model_len": 8192}
LLAMA = {"id": "m", "created": 1, "meta": {"n_params": 134515008, "size": 90000000, "n_ctx_train": 8192}}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (VLLM, {**VLLM, "created": 1764209999, "permission": [{"id": "modelperm-2"}]}, None),
        (VLLM, {"id": "m"}, None),
        (VLLM, {**VLLM, "root": "org/m-awq"}, "root was 'org/m' and is 'org/m-awq'"),
        (
            VLLM,
            {**VLLM, "max_model_len": 4096},
            "max_model_len was 8192 and is 4096; context length was 8192 and is 4096",
        ),
        (LLAMA, {**LLAMA, "meta": {**LLAMA["meta"], "size": 80000000}}, "meta.size was 90000000 and is 80000000"),
        ({"id": "a.gguf"}, {"id": "b.gguf"}, "id was 'a.gguf' and is 'b.gguf'"),
        (
            {"id": "m", "quantization": "Q8_0"},
            {"id": "m", "quantization": "Q4_K_M"},
            "quantization was 'Q8_0' and is 'Q4_K_M'",
        ),
        (VLLM, {**VLLM, "max_model_len": 16384}, None),
        (VLLM, {**VLLM, "max_model_len": 16384, "root": "other"}, "root was 'org/m' and is 'other'"),
        ({"id": "m", "meta": {"n_ctx": 4096, "size": 9}}, {"id": "m", "meta": {"n_ctx": 8192, "size": 9}}, None),
        (VLLM, None, None),
    ],
)
def test_what_shows_that_another_model_is_served(before, after, said):
    told = [served_model(None if entry is None else [entry], "m").identity() for entry in (before, after)]
    assert change_of(*told) == said
