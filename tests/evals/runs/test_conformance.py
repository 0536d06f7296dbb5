"""Each check of `doctor --conformance` passes on a server that does what it should, and fails on one that does not."""

from __future__ import annotations

import asyncio

import pytest

from quantgate.evals.runs.conformance import conformance
from quantgate.evals.runs.conformance_types import Checked, Outcome
from quantgate.evals.settings.run import DoctorConfig
from tests.server.conforming import conforming
from tests.server.served import Reply, served_model


def checked(*faults: str, window: int | None = 8192) -> dict[str, Checked]:
    async def found(url: str) -> list[Checked]:
        return [each async for each in conformance(DoctorConfig(base_url=url))]

    models = [{"id": "m", **({} if window is None else {"max_model_len": window})}]
    with served_model(conforming(*faults), models=models) as server:
        return {each.check.name: each for each in asyncio.run(found(server.base_url))}


def test_a_server_that_does_what_the_api_says_passes_all():
    found = checked()
    assert {name: (each.outcome, each.seen) for name, each in found.items() if each.outcome is not Outcome.PASS} == {}
    assert len(found) == 15
    assert not any(each.is_unfit for each in found.values())


@pytest.mark.parametrize(
    ("fault", "check", "outcome", "seen"),
    [
        ("system", "system", Outcome.FAIL, "with the system message and without it: it is left out"),
        ("greedy", "greedy", Outcome.FAIL, "three answers at temperature 0 differ: from character"),
        ("stream", "stream", Outcome.FAIL, "the streamed text is another one"),
        ("usage", "usage", Outcome.FAIL, "1 completion tokens are told of"),
        ("usage of streams", "usage", Outcome.FAIL, "tokens, and streamed"),
        ("max_tokens", "max_tokens", Outcome.FAIL, "more than the 8 tokens asked: 40 tokens told"),
        ("cut unsaid", "max_tokens", Outcome.FAIL, "cut at 8 tokens and told as complete"),
        ("stop", "stop", Outcome.FAIL, "not stopped at"),
        ("temperature", "temperature", Outcome.FAIL, "the same for three seeds"),
        ("temperature", "seed", Outcome.UNKNOWN, "whatever the seed"),
        ("seed", "seed", Outcome.FAIL, "one seed gave two answers"),
        ("n", "n", Outcome.NOT_SUPPORTED, "1 of 2 choices"),
        ("n refused", "n", Outcome.NOT_SUPPORTED, "refused with HTTP 400"),
        ("logprobs", "logprobs", Outcome.NOT_SUPPORTED, "none are told"),
        ("likeliest", "logprobs", Outcome.FAIL, "a greedy token is not the likeliest"),
        ("json", "json", Outcome.FAIL, "gives 'Paris is a city.'"),
        ("reasoning", "reasoning", Outcome.FAIL, "thoughts are in the content, which begins '<think>"),
        ("tools", "tools", Outcome.NOT_SUPPORTED, "--enable-auto-tool-choice"),
        ("overlong", "overlong prompt", Outcome.FAIL, "more than 8,192 tokens are answered as if they fitted"),
        ("unknown", "unknown parameter", Outcome.NOT_SUPPORTED, "ignored"),
    ],
)
def test_each_check_is_seen_failing(fault: str, check: str, outcome: Outcome, seen: str):
    found = checked(fault)[check]
    assert (found.outcome, seen in found.seen) == (outcome, True), found.seen
    unfit = outcome is Outcome.FAIL and check in ("stream", "max_tokens", "stop", "overlong prompt")
    assert found.is_unfit == unfit


def test_a_window_that_is_not_told_is_not_filled():
    assert checked(window=None)["overlong prompt"].outcome is Outcome.UNKNOWN


def test_a_server_that_fails_whatever_is_asked_shows_nothing_of_what_it_was_asked():
    async def found(url: str) -> list[Checked]:
        return [each async for each in conformance(DoctorConfig(base_url=url))]

    with served_model(lambda body: Reply(status=500), models=[{"id": "m"}]) as server:
        outcomes = {each.check.name: each.outcome for each in asyncio.run(found(server.base_url))}
    assert Outcome.FAIL not in outcomes.values()
    assert Outcome.PASS not in outcomes.values()
