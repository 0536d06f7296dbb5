"""A name that is not known is refused where it stands, with the nearest one or the place where it belongs."""

import pytest

from quantgate.evals.settings.policy import RULES, TaskPolicy
from quantgate.evals.settings.release.layers import RUN_OPTIONS
from quantgate.evals.settings.release.names import OF_BUILD, OF_RELEASE

BUILD = {"base_url": "http://h:1/v1", "model": "m"}


def test_no_name_means_two_things():
    assert not set(RUN_OPTIONS) & {*RULES, *OF_BUILD, *OF_RELEASE}
    assert set(TaskPolicy.model_fields) <= {*RULES, *RUN_OPTIONS}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks": {"gsm8k": {"repeat": 3}}}, "tasks.gsm8k.repeat is not known; did you mean repeats?"),
        ({"tasks": {"gsm8k": {"margn": 0.1}}}, "tasks.gsm8k.margn is not known; did you mean margin?"),
        ({"candidate": {**BUILD, "base-url": "x"}}, "candidate.base-url is not known; did you mean base_url?"),
        ({"candidate": {**BUILD, "lable": "x"}}, "candidate.lable is not known; did you mean label?"),
        (
            {"candidates": [BUILD, {"modl": 1}], "candidate": None},
            "candidates[1].modl is not known; did you mean model?",
        ),
        ({"candidtae": BUILD}, "candidtae is not known; did you mean candidate?"),
        ({"task": ["gsm8k"]}, "task is not known here: the tasks of a release are written tasks:"),
        ({"recovery": 0.99}, "recovery is not known here: a share that must be recovered is written margin:"),
        ({"max_time": "4h"}, "max_time is not known here: it stands under budget"),
        ({"label": "x"}, "label is a build's: it stands under baseline or candidate"),
        ({"tasks": {"gsm8k": {"run": "x"}}}, "tasks.gsm8k.run is a build's"),
        ({"candidate": {**BUILD, "margin": 0.1}}, "candidate.margin is what must hold, of all builds alike"),
        ({"candidate": {**BUILD, "expected": "0.9 +- 0.1"}}, "candidate.expected is what the baseline should score"),
        ({"candidate": {**BUILD, "stop": "early"}}, "candidate.stop is the whole release's: it stands at the top"),
        ({"tasks": {"gsm8k": {"out": "x"}}}, "tasks.gsm8k.out is the whole release's"),
        ({"xyzzy": 1}, "xyzzy is not known at the top"),
        ({"user_model": "m"}, "user_model is an option of tau2, and no such task is asked"),
        ({"tasks": {"gsm8k": {"domains": "x"}}}, "tasks.gsm8k.domains is an option of tau2, and this task is another"),
        ({"tasks": {"tau2": {"user_modl": "x"}}}, "tasks.tau2.user_modl is not known; did you mean user_model?"),
        ({"tasks": {"tau2": {"options": {"domain": "x"}}}}, "tasks.tau2.options.domain is no option of a task that is"),
        ({"options": {"anything": 1}}, "options.anything is no option of a task that is asked"),
        ({"api_key": "not-to-be-shown"}, "api_key is not known: no key stands in the file; api_key_env names"),
        ({7: "x"}, "release.yaml: 7 is no name of an option"),
        ({"tasks": {"gsm8k": {True: "x"}}}, "tasks.gsm8k: true is no name"),
    ],
)
def test_a_name_that_may_not_stand_there_is_refused(refused, changes, said):
    message = refused(changes)
    assert message.startswith("release.yaml: ")
    assert said in message
    assert "not-to-be-shown" not in message


def test_a_name_of_any_length_or_kind_is_shown_on_one_short_line(refused):
    assert len(refused({"x" * 5000: 1})) < 200
    assert "\x1b" not in refused({"a\x1b[31m\nb": 1})
