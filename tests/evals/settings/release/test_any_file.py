"""Whatever stands in a release file: it is read, or refused in one line, and what is read can be read again."""

import copy
import itertools
import operator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from quantgate.evals.documents import parse_yaml
from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.policy import RULES
from quantgate.evals.settings.release import release_of
from quantgate.evals.settings.release.layers import RUN_OPTIONS
from quantgate.evals.settings.release.names import OF_BUILD, OF_RELEASE
from tests.evals.settings.release.conftest import TASKS, WHOLE

NAMES = st.sampled_from([*RUN_OPTIONS, *RULES, *OF_BUILD, *OF_RELEASE, "user_model", "python", "domains", "x", ""])
TEXTS = st.sampled_from(
    ["auto", "greedy", "gsm8k", "tau2", "early", "a.jsonl", "strict", "0.9 +- 0.1", "seed", "4h", "~/x"]
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=20)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5) | PLAIN, inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [(), ("baseline",), ("candidate",), ("tasks", "gsm8k"), ("tasks", "tau2"), ("policy",), ("budget",)]
)
MEANT = [
    ((), "limit", 5),
    ((), "metric", {"gsm8k": "tolerant"}),
    ((), "data", {"gsm8k.test": "a.jsonl", "tau2": "~/b"}),
    ((), "extra_body", {"top_k": 20, "": None}),
    ((), "base_url", "http://me:password-1@h/v1?sig=abc"),
    ((), "preset", "reasoning"),
    ((), "model_changed", True),
    ((), "margin", {"recovery": 0.9}),
    ((), "expected", {"tau2": "0.5 +- 0.1"}),
    ((), "options", {"domains": ["a", "b"]}),
    ((), "candidate", [{"base_url": "http://h/v1", "model": "a"}, {"base_url": "http://h/v1", "model": "b"}]),
    ((), "policy", "smoke"),
    ((), "out", "~/o"),
    (("baseline",), "api_key_env", "MY_KEY"),
    (("baseline",), "expected", "0.9 +- 0.1"),
    (("candidate",), "concurrency", "auto"),
    (("candidate",), "stream", False),
    (("candidate",), "header", {"x": "MY_KEY"}),
    (("tasks", "gsm8k"), "first", 5),
    (("tasks", "gsm8k"), "limit", None),
    (("tasks", "gsm8k"), "extra_body", {"min_p": 0.1}),
    (("tasks", "gsm8k"), "tier", "advisory"),
    (("tasks", "tau2"), "user_model", "u"),
    (("tasks", "tau2"), "python", "./env"),
    (("policy",), "alpha", 0.01),
    (("policy",), "tasks", {"tau2": {"margin": 0.1}}),
    (("budget",), "max_time", "1h"),
]
CHANGES = st.builds(
    operator.add,
    st.lists(st.sampled_from(MEANT), max_size=6),
    st.lists(st.tuples(PLACES, NAMES, VALUES), max_size=1),
)


def changed(changes):
    document = copy.deepcopy(WHOLE) | {"tasks": {"gsm8k": {}, "tau2": {}}, "policy": {}, "budget": {}}
    for places, name, value in changes:
        place = document
        for each in places:
            place = place.get(each) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[name] = value
    return document


def read(document):
    return release_of(document, Path("folder/release.yaml"), None, TASKS)


@settings(max_examples=100, deadline=None)
@given(CHANGES)
def test_it_is_read_or_refused_in_one_line(changes):
    try:
        release = read(changed(changes))
    except UsageError as refusal:
        said = str(refusal)
        assert said.startswith("folder/"), said
        assert len(said) < 600
        return
    text = release.without_secrets()
    again = read(parse_yaml(text))
    assert again.without_secrets() == text
    assert again.policy.model_dump() == release.policy.model_dump()
    for build, task in itertools.product(release.asked, release.tasks):
        ours, theirs = (each.run_config(build.label, task).model_dump() for each in (release, again))
        assert repr(rooted(theirs)) == repr(rooted(ours))


def rooted(value):
    """The same with paths made absolute and addresses without what is a secret."""
    if isinstance(value, dict):
        return {
            name: rooted(redact_url(each) if name == "base_url" and isinstance(each, str) else each)
            for name, each in value.items()
        }
    return value.absolute() if isinstance(value, Path) else value
