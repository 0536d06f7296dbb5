"""The copy that is kept beside the answers: it says what was asked, can be used again, and holds no secret."""

import pytest
import yaml

from quantgate.evals.settings.release import COPY, load_release
from tests.evals.settings.release.conftest import TASKS

BASELINE = {"label": "fp8", "base_url": "http://h:1/v1", "model": "m-fp8"}
CANDIDATE = {"label": "mxfp4", "base_url": "http://h:2/v1", "model": "m-mxfp4"}

RICH = {
    "name": "Release 7",
    "limit": 100,
    "data": {"gsm8k": "a.jsonl"},
    "header": {"x-team": "TEAM"},
    "extra_body": {"top_k": 20},
    "user_model": "user",
    "model_changed": True,
    "expected": {"gsm8k": "0.9 +- 0.1"},
    "alpha": 0.01,
    "baseline": {**BASELINE, "api_key_env": "ONE_KEY"},
    "candidate": {**CANDIDATE, "concurrency": 8},
    "tasks": {
        "gsm8k": {"margin": 0.02, "limit": None, "extra_body": {"min_p": 0.1}},
        "tau2": {"margin": {"recovery": 0.98}, "domains": ["retail"], "python": "env/python"},
        "gpqa_diamond": None,
    },
    "suite": {"tasks": ["gsm8k", "tau2"], "margin": 0.01},
    "policy": "strict",
    "budget": {"max_time": "4h", "max_requests": 9},
    "reports": ["html"],
}


def again(release, folder):
    file = folder / "elsewhere" / "release.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(release.without_secrets())
    return load_release(file, None, TASKS)


def asked(release):
    pairs = [(build.label, task) for build in release.asked for task in release.tasks]
    configs = [release.run_config(*pair) for pair in pairs]
    own = [[(each.name, each.value) for each in release.given_options(*pair)] for pair in pairs]
    plan = (release.name, release.tasks, release.stop, release.order, release.looks, release.futility, release.budget)
    return configs, own, plan, release.policy, release.out, release.reports, release.candidates, release.baseline


@pytest.mark.parametrize(
    "changes",
    [
        {},
        RICH,
        {"candidate": [CANDIDATE, {**CANDIDATE, "label": "int4"}]},
        {**RICH, "overrides": {"limit": 5, "extra_body": {"top_k": 1}, "stop": "never", "out": "here", "looks": 3}},
        {"policy": {"margin": 0.01, "tasks": {"gsm8k": {"tier": "advisory"}}}, "model_changed": True},
    ],
    ids=["plain", "rich", "several", "command line", "inline policy"],
)
def test_the_copy_asks_for_the_same_from_anywhere(read, tmp_path, monkeypatch, changes):
    monkeypatch.chdir(tmp_path)
    written = {name: value for name, value in changes.items() if name != "overrides"}
    release = read(written, changes.get("overrides"))
    configs, *rest = asked(release)
    copied, *others = asked(again(release, tmp_path))
    here = [config.model_copy(update={"out": config.out.absolute()}) for config in configs]
    assert (copied, others[:4]) == (here, [*rest[:3], release.out.absolute()])
    assert others[4:] == rest[4:]


def test_the_copy_of_a_copy_is_the_copy(read, tmp_path):
    release = read(RICH)
    release.out.mkdir()
    file = release.out / COPY
    file.write_text(release.without_secrets())
    assert load_release(file, None, TASKS).without_secrets() == file.read_text()


@pytest.mark.parametrize("out", [".", "../{folder}", "{path}"])
def test_a_file_is_not_written_over_by_its_copy(refused, tmp_path, out):
    said = refused(out=out.format(folder=tmp_path.name, path=tmp_path))
    assert said.startswith("release.yaml: out: a copy of this file without secrets would be written over it")


def test_a_finished_run_is_named_by_its_whole_path(read, tmp_path):
    (tmp_path / "runs" / "fp8").mkdir(parents=True)
    release = read(baseline={"run": "runs/fp8"})
    assert again(release, tmp_path).baseline.run == tmp_path / "runs" / "fp8"


def test_only_the_names_of_variables_are_kept(read, monkeypatch):
    monkeypatch.setenv("ONE_KEY", "Vq7-zR2_mm41LkQ0")
    text = read(RICH).without_secrets()
    assert "api_key_env: ONE_KEY" in text
    assert "x-team: TEAM" in text
    assert "Vq7-zR2" not in text


def test_of_an_address_user_and_query_are_left_out(read):
    text = read(
        candidate={**CANDIDATE, "base_url": "https://me:Passw0rd-x@h:2/v1?api-version=2024&sig=abcdef"},
        base_url="http://you:Passw0rd-y@h/v1",
        tasks={"tau2": {"user_model": "x", "options": {"domains": "sk-live-0123456789"}}},
    ).without_secrets()
    assert yaml.safe_load(text)["candidate"]["base_url"] == "https://h:2/v1"
    for secret in ("Passw0rd", "me:", "you:", "sig", "abcdef", "sk-live"):
        assert secret not in text


def test_what_looks_like_yaml_stays_text(read, tmp_path):
    release = read(
        name="no",
        baseline={**BASELINE, "label": "1e3", "model": "on: *x"},
        candidate={**CANDIDATE, "label": "null", "model": "- {a: b} # c"},
    )
    assert asked(again(release, tmp_path))[0] == asked(release)[0]
