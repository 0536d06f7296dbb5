"""Which model has played the user, by its own replies."""

from __future__ import annotations

import pytest

from quantgate.evals.errors import ModelChanged
from quantgate.tasks.tau2.user_version import UserVersion


def found(*conversations, before=None):
    user = UserVersion(before)
    for origins in conversations:
        user.note(origins)
    return user.found.get("user_version")


def test_what_nobody_tells_is_no_version():
    assert found() is found([], [(None, None)]) is None


@pytest.mark.parametrize(
    ("conversations", "version"),
    [
        ([[("m", "a")], [("m", "a")]], ("m", "a")),
        ([[("m", None)], [("m", "a")]], ("m", "a")),
        ([[("m", "a"), ("m", "b")]], ("m", "several")),
        ([[("m", "a")], [("m", "b")], [("m", "b")]], ("m", "several")),
        ([[(None, "a")]], (None, "a")),
    ],
)
def test_a_model_has_a_name_and_a_fingerprint_if_it_is_one(conversations, version):
    assert found(*conversations) == dict(zip(("model", "fingerprint"), version, strict=True))


def test_another_model_ends_the_run_and_is_not_taken_in():
    user = UserVersion()
    user.note([("m", "a")])
    with pytest.raises(ModelChanged, match="another model plays the user: its replies name 'n', those before 'm'"):
        user.note([("n", "a")])
    assert user.found["user_version"] == {"model": "m", "fingerprint": "a"}


def test_a_run_that_goes_on_knows_its_user():
    before = {"model": "m", "fingerprint": "a"}
    assert found([("m", "b")], before=before) == {"model": "m", "fingerprint": "several"}
    with pytest.raises(ModelChanged):
        found([("n", "a")], before=before)
