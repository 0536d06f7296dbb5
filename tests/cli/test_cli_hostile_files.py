"""Files that somebody else may have laid out for whoever runs quantgate: links, pipes, devices."""

from __future__ import annotations

import os

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import served_model


def test_a_durable_run_has_as_much_on_the_disk_as_it_says(quantgate, arguments, rule, tmp_path, monkeypatch):
    synced, real = [], os.fsync

    def fsync(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}").rpartition("/")[2])
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with served_model(rule) as server:
        for more in ([], ["--durable"]):
            code, _, _ = quantgate(arguments(server.base_url, *more, out=tmp_path / f"run{len(more)}"))
            assert code == 0
            synced.append("next")
    plain = synced.index("next")
    assert synced[:plain].count("samples.jsonl") == 1
    assert synced[plain:].count("samples.jsonl") > 1
    assert len(RunDirectory(tmp_path / "run1").samples()) == 40


@pytest.mark.parametrize("name", [".lock", "samples.jsonl"])
def test_a_linked_file_of_a_run_directory_is_named_and_left_alone(quantgate, arguments, rule, tmp_path, name):
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--first", "2"))
        victim = tmp_path / "victim"
        (tmp_path / "run" / name).rename(victim)
        (tmp_path / "run" / name).symlink_to(victim)
        before = victim.read_bytes()
        code, _, err = quantgate(arguments(server.base_url, "--first", "3"))
    assert code == 5
    assert f"cannot write to {tmp_path / 'run' / name}: it is a symbolic link" in " ".join(err.split())
    assert victim.read_bytes() == before


def placed(folder, kind):
    """A file that never ends, or is none."""
    file = folder / "odd"
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind == "a folder":
        file.mkdir()
    elif kind == "an endless device":
        file.symlink_to("/dev/zero")
    else:
        with file.open("wb") as stream:
            stream.truncate(1 << 40)
    return file


@pytest.mark.parametrize("kind", ["a pipe", "an endless device", "a folder", "a huge file"])
@pytest.mark.parametrize(
    "command",
    [
        "gate a b --policy {odd}",
        "compare a b --policy {odd}",
        "claim {odd}",
        "report {odd}",
        "run --config {odd}",
        "run --task gsm8k --data gsm8k={odd} --data gsm8k.train={odd} --base-url http://h:9/v1 --model m --out {out}",
        "run --task gsm8k --data-dir {bundle} --base-url http://h:9/v1 --model m --out {out}",
        "data fetch gsm8k --data gsm8k={odd} --data gsm8k.train={odd} --out {out}",
        "regrade {run}",
        "gate {run} {run}",
    ],
)
def test_a_file_that_never_ends_is_refused_in_one_line_by_every_option(quantgate, tmp_path, kind, command):
    odd = placed(tmp_path, kind)
    for folder, name in (("bundle", "manifest.json"), ("run", "run.json")):
        (tmp_path / folder).mkdir()
        odd.rename(tmp_path / folder / name) if f"{{{folder}}}" in command else None
    places = {name: tmp_path / name for name in ("odd", "out", "bundle", "run")}
    code, out, err = quantgate(command.format(**places).split())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "cannot be read: " in err or "is a folder" in err


@pytest.mark.parametrize("kind", ["a pipe", "an endless device"])
def test_samples_and_certificates_that_never_end_are_refused_in_one_line(quantgate, arguments, rule, tmp_path, kind):
    odd = placed(tmp_path, kind)
    with served_model(rule) as server:
        assert quantgate(arguments(server.base_url, "--first", "1"))[0] == 0
        code, _, err = quantgate(arguments(server.base_url, "--ca-bundle", str(odd)))
        assert code == 2
        assert "--ca-bundle" in err
        assert "not a regular file" in err
    (tmp_path / "run" / "samples.jsonl").unlink()
    odd.rename(tmp_path / "run" / "samples.jsonl")
    code, _, err = quantgate(["gate", str(tmp_path / "run"), str(tmp_path / "run")])
    assert code == 2
    assert "samples.jsonl cannot be read: it is a pipe, a socket or a device" in err


@pytest.mark.parametrize("option", ["json", "html", "markdown", "junit", "eval-results"])
def test_an_output_that_is_a_link_to_a_file_is_named_and_the_file_left_alone(quantgate, tmp_path, option, monkeypatch):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "link"))
    verb = (
        ["claim", "--n", "9", "--baseline", "0.9", "--candidate", "0.8"]
        if option == "json"
        else ["report", "docs/example-gate.json"]
    )
    code, _, err = quantgate([*verb, f"--{option}", str(tmp_path / "link")])
    assert code == 2
    assert f"--{option} {tmp_path / 'link'}: cannot be written: it is a symbolic link" in err
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_bundle_is_not_written_through_links(quantgate, gsm8k_files, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "victim").write_text("precious")
    for name, target in (("gsm8k", "elsewhere"), (".lock", "victim")):
        bundle = tmp_path / f"bundle-{name}"
        bundle.mkdir()
        (bundle / name).symlink_to(tmp_path / target)
        code, _, err = quantgate(["data", "fetch", "gsm8k", "--data", f"gsm8k={gsm8k_files[0]}", "--out", str(bundle)])
        assert code == 5
        assert "it is a symbolic link" in err
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (tmp_path / "victim").read_text() == "precious"
