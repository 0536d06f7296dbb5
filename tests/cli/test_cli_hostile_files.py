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
