"""What `--preset` sets, and what wins over it."""

from pathlib import Path

import pytest

from quantgate.evals.contract.records import Sampling
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.run import RunConfig, load_config

DEFAULTS = Sampling(temperature=0.7, top_p=0.9, max_tokens=100)


def config(**options) -> RunConfig:
    return load_config(
        RunConfig, None, {"base_url": "http://h/v1", "model": "m", "out": Path("o"), "task": ["t"], **options}
    )


def test_greedy_takes_the_likeliest_token_and_asks_once():
    greedy = config(preset="greedy")
    sampling = greedy.sampling(DEFAULTS)
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.0, None, 100)
    assert greedy.repeats_of(4) == 1


def test_reasoning_samples_as_makers_publish_and_leaves_the_repeats_to_the_task():
    reasoning = config(preset="reasoning")
    sampling = reasoning.sampling(DEFAULTS)
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (1.0, 0.95, 65536)
    assert reasoning.repeats_of(4) == 4


def test_without_a_preset_the_task_decides():
    assert config().sampling(DEFAULTS) == DEFAULTS
    assert config().repeats_of(4) == 4


def test_options_that_are_given_win():
    mixed = config(preset="greedy", temperature=0.6, max_tokens=7, repeats=8, extra_body={"top_k": 20})
    sampling = mixed.sampling(DEFAULTS)
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.6, None, 7)
    assert sampling.extra_body == {"top_k": 20}
    assert mixed.repeats_of(4) == 8


def test_a_preset_can_stand_in_a_configuration(tmp_path):
    (tmp_path / "run.yaml").write_text("preset: greedy\nbase_url: http://h/v1\nmodel: m\nout: o\ntask: t\n")
    assert load_config(RunConfig, tmp_path / "run.yaml", {}).repeats_of(4) == 1


def test_an_unknown_preset_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"--preset .*'greedy' or 'reasoning'"):
        config(preset="fast")
