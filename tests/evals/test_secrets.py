"""Keys are found in whatever form they are repeated; what is no secret spoils no text."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest

from quantgate.evals import secrets

KEY = "sk-live/Ab+9=xyz_0123456789"
RAW = KEY.encode()


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(secrets, "_known", ())
    secrets.learn(KEY)


FORMS = {
    "as it is": KEY,
    "in JSON": json.dumps({"key": KEY}),
    "with JSON's escaped slash": json.dumps(KEY).replace("/", "\\/"),
    "in JSON within JSON": json.dumps(json.dumps(json.dumps(KEY).replace("/", "\\/"))),
    "as JSON escapes": "".join(f"\\u{ord(character):04x}" for character in KEY),
    "as JSON escapes in capitals": "".join(f"\\u{ord(character):04X}" for character in KEY),
    "one character escaped": KEY.replace("-", "\\u002d"),
    "in a URL": quote(KEY, safe=""),
    "in a URL within a URL": quote(quote(KEY, safe=""), safe=""),
    "in HTML": html.escape(KEY),
    "as HTML's decimal references": "".join(f"&#{ord(character)};" for character in KEY),
    "as HTML's hexadecimal references": "".join(f"&#x{ord(character):x};" for character in KEY),
    "in hexadecimal": RAW.hex(),
    "in hexadecimal capitals": RAW.hex().upper(),
    "in base64": b64encode(RAW).decode(),
    "in base64 without padding": b64encode(RAW).decode().rstrip("="),
    "as Basic": "Basic " + b64encode(b"user:" + RAW).decode(),
    "as Basic of a longer name": "Basic " + b64encode(b"name12:" + RAW).decode(),
    "in URL-safe base64": urlsafe_b64encode(b"u:" + RAW + b":tail").decode(),
    "in base64 in a URL": quote(b64encode(b"u:" + RAW).decode(), safe=""),
    "in base64 in JSON": json.dumps(b64encode(b"u:" + RAW).decode()).replace("/", "\\/"),
    "cut": KEY[:18],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_taken_out_in_every_form(form):
    text = secrets.redacted(f"50% of é\\u00e9 {form} and {form}")
    assert text.startswith("50% of é\\u00e9 ")
    assert " and " in text
    assert text.count(secrets.MASK) == 2
    for part in (KEY, KEY[8:20], quote(KEY[8:], safe=""), RAW.hex()[:30], b64encode(RAW).decode()[4:20]):
        assert part not in text


@pytest.mark.parametrize(
    "form", [json.dumps({"a": KEY}), json.dumps({"a": KEY}).replace("/", "\\/").replace("9", "\\u0039")]
)
def test_json_stays_json(form):
    assert json.loads(secrets.redacted(form)) == {"a": "***"}


def test_what_has_no_key_stays_what_it_is():
    text = 'x = 50% \\n \\"quoted\\" \\/ &amp; &#39; %20 \\u0041 sk-live and no more'
    assert secrets.redacted(text) == text


@pytest.mark.parametrize(
    "value", ["x", "EMPTY", "none", "sk-1234", "token-abc123", "production", "Bearer", "1234567890", "lm-studio", ""]
)
def test_placeholders_and_plain_words_are_no_secrets(value):
    secrets.learn(value)
    text = f"The answer is {value} {value}."
    assert secrets.redacted(text) == text


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("api-key", "hunter22-team", True),
        ("X-Team", "quality-and-release", False),
        ("api-version", "2024-10-21", False),
        ("x-anything", "a9f3c2d1e8b7a6f5c4d3e2", True),
    ],
)
def test_what_a_header_holds_is_a_secret_by_its_name_or_its_look(name, value, hidden):
    secrets.learn(value, name)
    assert (secrets.redacted(f"it is {value}") == "it is ***") is hidden


def test_the_parts_of_an_authorization_are_secrets_too():
    secrets.learn("Bearer tok-en/of-mine", "Authorization")
    secrets.learn("Basic " + b64encode(b"me:correct horse").decode(), "Authorization")
    assert secrets.redacted("tok-en/of-mine and correct horse") == "*** and ***"


def test_a_key_within_another_leaves_nothing_of_either():
    secrets.learn("inner-key-1")
    secrets.learn("outer-inner-key-1-outer")
    assert secrets.redacted("outer-inner-key-1-outer, inner-key-1") == "***, ***"


@pytest.mark.parametrize(
    "key",
    ["sk-proj-abcdefgh", "hf_a1B2c3D4e5", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJI.eyJzdWIi.abc", "Bearer abcdefgh1"],
)
def test_keys_are_known_by_their_look_in_what_the_user_has_typed(key):
    assert secrets.without_keys(f"no such option ({key})") == "no such option (***)"
    assert secrets.looks_like_key(key)


@pytest.mark.parametrize("text", ["task-5", "risk-assessment", "hf_overrides", "Basic arithmetic", "sk-5", "keyboard"])
def test_words_do_not_look_like_keys(text):
    assert not secrets.looks_like_key(text)
