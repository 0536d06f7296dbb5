"""A policy by its name or by its path."""

from pathlib import Path

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.policy import load_policy
from quantgate.evals.settings.shipped import policy_file, policy_names


def test_the_names_are_those_of_the_shipped_files():
    assert policy_names() == ["release", "smoke", "strict"]


@pytest.mark.parametrize(("name", "margin"), [("strict", 0.01), ("release", 0.02), ("smoke", 0.05)])
def test_a_name_stands_for_its_shipped_policy_wherever_one_is(name, margin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_policy(name).margin.written == margin


def test_the_command_line_wins_over_a_named_policy_too():
    policy = load_policy("strict", ["gsm8k=0.03"], 0.01)
    assert (policy.for_task("gsm8k").margin.written, policy.for_task("tau2").margin.written, policy.alpha) == (
        0.03,
        0.01,
        0.01,
    )


@pytest.mark.parametrize(
    ("chosen", "margin"), [("strict", 0.01), ("./strict", 0.3), (Path("strict"), 0.3), ("smoke", 0.05)]
)
def test_a_name_wins_over_a_file_called_so_which_is_told_by_its_path(chosen, margin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("strict").write_text("margin: 0.3\n")
    Path("smoke").mkdir()
    assert load_policy(chosen).margin.written == margin


@pytest.mark.parametrize(
    ("chosen", "hint"),
    [
        ("strct", "; did you mean strict?"),
        ("Release", "; did you mean release?"),
        ("strict.yaml", "; did you mean strict?"),
        ("policies/smoke.yml", "; did you mean smoke?"),
        ("nightly-42", "."),
        ("x" * 5000, "."),
    ],
)
def test_what_is_neither_is_refused_with_the_nearest_name(chosen, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refusal:
        policy_file(chosen)
    said = f"no such file and no policy of that name{hint} The names are release, smoke and strict"
    assert str(refusal.value).endswith(said)


def test_a_folder_is_no_policy(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_policy(str(tmp_path))
