"""Repeats that say nothing new are found, and repeats that do are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quantgate.evals.checks.build import Build
from quantgate.evals.checks.repeats import repeats_alike
from quantgate.evals.samples.memory import as_held
from tests.evals.made_runs import run_of


def repeated(items: int, temperature: float | None, text: Any) -> Build:
    run = run_of([1.0] * items, repeats=3, sampling={"temperature": temperature})
    samples = {key: replace(sample, response=text(sample)) for key, sample in run.samples.items()}
    held = as_held(samples)
    return Build(None, held.columns, held.samples, len(samples), {"temperature": temperature})


def alike(sample: Any) -> str:
    return f"The answer to {sample.item_id} is 5."


def test_identical_repeats_at_a_temperature_are_found():
    found = repeats_alike(repeated(5, 0.6, alike))
    assert found is not None
    assert found.message.startswith("All repeats of the answers are identical at temperature 0.6, on each of 5 items")


@pytest.mark.parametrize(
    ("items", "temperature", "text"),
    [
        (5, 0.0, alike),
        (5, None, alike),
        (4, 1.0, alike),
        (5, 1.0, lambda sample: f"{alike(sample)} {sample.repeat if sample.item_id == '4' else ''}"),
        (5, 1.0, lambda sample: None),
    ],
    ids=["greedy", "temperature unknown", "too few items", "one item varies", "no text"],
)
def test_anything_else_is_not(items, temperature, text):
    assert repeats_alike(repeated(items, temperature, text)) is None


def at_length(sample: Any) -> str:
    return f"{alike(sample)} {'It follows from what was said. ' * 10}"


@pytest.mark.parametrize(("varied", "found"), [(4, True), (5, False)])
def test_long_answers_that_are_mostly_the_same_are_found(varied: int, found: bool) -> None:
    def text(sample: Any) -> str:
        return at_length(sample) + (str(sample.repeat) if int(sample.item_id) < varied else "")

    told = repeats_alike(repeated(10, 1.0, text))
    assert (told is not None) is found
    if told is not None:
        assert "identical at temperature 1, on 6 of 10 items with long answers" in told.message


def test_short_answers_may_mostly_be_the_same() -> None:
    assert repeats_alike(repeated(50, 1.0, lambda one: "A" if one.item_id != "7" else f"{one.repeat}")) is None
