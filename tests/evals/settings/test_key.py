"""A key is named by a variable; what stands where the name belongs is not repeated."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.key import key_from_environment, place_of_key


@pytest.mark.parametrize(
    "given", ["sk-live-0123456789", "mysecretkeyvalue99", "hf_abcdefghijkl", "JBSWY3DPEHPK3PXP", "a b", "3f2b8c", "x=y"]
)
def test_a_key_in_place_of_a_name_is_refused_and_not_repeated(given):
    with pytest.raises(UsageError) as refusal:
        key_from_environment("--api-key-env", given)
    assert given not in str(refusal.value)
    assert "--api-key-env: no environment variable is called so" in str(refusal.value)


@pytest.mark.parametrize("given", ["MY_KEY", "TOKEN", "OPENAI_API_KEY_2"])
def test_a_plain_name_is_repeated(given, monkeypatch):
    monkeypatch.delenv(given, raising=False)
    with pytest.raises(UsageError, match=f"the environment variable {given} is not set"):
        key_from_environment("--api-key-env", given)


def test_a_variable_of_any_name_is_read(monkeypatch):
    monkeypatch.setenv("my_key", "abc")
    assert key_from_environment("--api-key-env", "my_key") == "abc"


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"api_key": "x"}, "api_key"),
        ({"a": [{"Authorization": "x"}]}, "a.Authorization"),
        ({"a": {"b": ["sk-live-0123456789"]}}, "a.b"),
        ({"a": {"sk-live-0123456789": 1}}, "a"),
        ({"X-Api-Key": "k", "top_k": 20}, "X-Api-Key"),
    ],
)
def test_the_place_of_a_key_is_told(value, place):
    assert place_of_key(value) == place


def test_what_servers_take_beside_is_no_key():
    value = {"cache_salt": "a9f3c2d1e8b7a6f5c4d3e2", "top_k": 20, "stop_token_ids": [1, 2], "api_key": None}
    assert place_of_key(value | {"chat_template_kwargs": {"enable_thinking": False}}) is None
