"""A release file that was made to do harm, or by accident: one line says what is wrong, and soon."""

import os

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.release import load_release

REST = """
candidate: {base_url: http://h:2/v1, model: m}
tasks: [gsm8k]
out: out
"""
BASE = "baseline: {base_url: http://h:1/v1, model: m}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold a mapping"),
        ("- a", "must hold a mapping"),
        ("just text", "must hold a mapping"),
        ("null", "must hold a mapping"),
        ("a: b: c", "it is not YAML"),
        ("a: [", "it is not YAML"),
        ("a:\n\t- b", "it is not YAML"),
        (BASE + BASE + REST, "is given twice, first in line 1"),
        (BASE + REST + "tasks: [tau2]", "'tasks' is given twice"),
        (BASE + REST.replace("[gsm8k]", "{gsm8k: {limit: 1, limit: 2}}"), "'limit' is given twice"),
        (BASE + REST + "a: &a [*a]", "holds itself by an alias"),
        ("a: !!python/object/apply:os.system ['touch /tmp/owned']", "it is not YAML"),
        ("a: 1\n---\nb: 2", "it is not YAML"),
        ("[" * 2000, "nested too deeply"),
        (BASE + REST + "limit: " + "9" * 150, "is a number of more than 100 characters"),
        (BASE.replace("model: m", 'run: "a\\0b"') + REST, "baseline.base_url: a finished run is not asked again"),
        (BASE + REST + "name: 2024-01-01", "name"),
        (BASE + REST + "out: 2024-01-01", "out"),
        (BASE.replace("model: m", "model: 2024-01-01") + REST, "baseline.model"),
        (BASE + REST + "? [a, b]\n: 1", "it is not YAML: found unhashable key, in line"),
        (BASE + REST + "extra_body: {1: 2, null: 3}", "extra_body: input should be a valid string"),
        (BASE + REST.replace("out: out", 'out: "a\\0b"'), "out: no file can be called so"),
        (BASE + REST + 'tokenizer: "a\\0b"', "tokenizer: no file can be called so"),
        (BASE + REST + 'data: {gsm8k: "a\\0b"}', "data: no file can be called so"),
        (BASE + REST + 'policy: "a\\0b"', "policy: no file can be called so"),
        (BASE + REST + "data: {gsm8k: [a]}", "data.gsm8k"),
        (BASE + REST + "extra_body: {a: .nan}", "must be plain JSON"),
        (BASE + REST + "extra_body: {a: 2024-01-01}", "must be plain JSON"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_one_line(tmp_path, text, said):
    file = tmp_path / "release.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as refusal:
        load_release(file)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_bomb_of_aliases_is_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    (tmp_path / "release.yaml").write_text("\n".join(lines))
    with pytest.raises(UsageError, match="is made too large by aliases"):
        load_release(tmp_path / "release.yaml")


def test_aliases_and_merges_that_are_meant_are_read(tmp_path):
    (tmp_path / "release.yaml").write_text(
        "baseline: &one {base_url: http://h:1/v1, model: m, timeout: 5}\n"
        "candidate: {<<: *one, base_url: http://h:2/v1}\n"
        "tasks: {gsm8k: &t {margin: 0.01}, tau2: *t}\nout: out\n"
    )
    release = load_release(tmp_path / "release.yaml")
    config = release.run_config("candidate", "tau2")
    assert (config.base_url, config.timeout) == ("http://h:2/v1", 5)
    assert release.policy.for_task("tau2").margin.points == 0.01


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "bytes", "large"])
def test_a_file_that_is_none_is_refused(tmp_path, kind):
    file = tmp_path / "release.yaml"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "bytes":
        file.write_bytes(b"\xff\xfe\x00")
    elif kind == "large":
        file.write_text("#" * ((1 << 20) + 1))
    with pytest.raises(UsageError, match=r"release\.yaml"):
        load_release(file)


def test_reading_changes_nothing_that_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "release.yaml").write_text(BASE + REST)
    given = {"stop": "never", "out": "there", "limit": 3}
    first = load_release(tmp_path / "release.yaml", given)
    assert given == {"stop": "never", "out": "there", "limit": 3}
    assert load_release(tmp_path / "release.yaml", given) == first
    assert sorted(each.name for each in tmp_path.iterdir()) == ["release.yaml"]
