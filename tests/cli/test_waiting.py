"""What is waited for is said: that the hub is slow after a while, that it is gone at once."""

import io

import pytest
from rich.console import Console

from quantgate.cli import waiting
from quantgate.tasks.data import reach


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(waiting, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(waiting, "_LOOK_S", 0.01)
    monkeypatch.setattr(reach, "_gone_without", [])
    monkeypatch.delenv("HF_ENDPOINT", raising=False)


def said_until(out, wanted):
    while wanted not in out.getvalue():
        pass
    return out.getvalue()


def test_without_a_terminal_a_slow_hub_is_one_line():
    out = io.StringIO()
    console = Console(file=out, width=60)
    with waiting.told_while_waiting(console, "gsm8k", "building the prompts"), reach.fetching("openai/gsm8k"):
        said_until(out, "\n")
    assert out.getvalue() == "gsm8k: fetching openai/gsm8k from https://huggingface.co\n"


def test_on_a_terminal_the_line_that_turns_says_it():
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True)
    with waiting.told_while_waiting(console, "gsm8k", "building the prompts"), reach.fetching("openai/gsm8k"):
        said_until(out, "gsm8k: fetching openai/gsm8k from https://huggingface.co, 0 s so far")


def test_a_hub_that_is_gone_is_said_once_also_where_it_all_went_on_too_quickly_to_look():
    out = io.StringIO()
    for name in ("gsm8k", "gpqa_diamond"):
        with waiting.told_while_waiting(Console(file=out, width=60), name, "building the prompts"):
            reach._gone_without.append("the hub is gone")
    assert out.getvalue() == "note: the hub is gone: only what its cache on this machine holds can be used\n"
