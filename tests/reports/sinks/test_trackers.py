"""What MLflow and Weights & Biases themselves read of what was sent, where they are installed."""

import importlib.util
import json
import struct

import pytest

from quantgate.reports.sinks.sending import send
from quantgate.reports.sinks.sheets import sheets
from tests.reports import made

COMPARISON = sheets(made.comparison())
pytestmark = pytest.mark.slow


def needs(library):
    return pytest.mark.skipif(importlib.util.find_spec(library) is None, reason=f"needs {library}")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder of its own, and a machine without a home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@needs("mlflow")
@pytest.mark.parametrize("store", ["sqlite", "file"])
def test_mlflow_reads_figures_tags_and_files_of_a_comparison_and_its_formats(elsewhere, monkeypatch, store):
    uri = f"sqlite:///{elsewhere}/mlflow.db" if store == "sqlite" else f"file:{elsewhere}/store"
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "release")
    (delivery,) = send(COMPARISON, {"mlflow": uri})
    assert delivery.arrived, delivery.told

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("release").experiment_id])
    named = {run.info.run_name: run for run in runs}
    whole = named["nvfp4, mxfp4, int4 against fp8"]
    assert whole.data.tags["quantgate.verdict"] == "invalid"
    assert named["mxfp4"].data.tags["mlflow.parentRunId"] == whole.info.run_id
    assert named["mxfp4"].data.metrics["gsm8k/difference"] == -0.0191
    assert named["int4"].data.params["gsm8k/verdict"] == "regressed"
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {each.path for each in client.list_artifacts(whole.info.run_id)} == {"compare.json", "flips.csv"}


def records(file):
    """The records of a run's file: a header of 7 bytes, then LevelDB's log in blocks of 32 KB."""
    from wandb.proto import wandb_internal_pb2

    data, at, parts = file.read_bytes(), 7, b""
    while at + 7 <= len(data):
        room = 32768 - at % 32768
        if room < 7:
            at += room
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        parts += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):
            yield wandb_internal_pb2.Record.FromString(parts)
            parts = b""


@needs("wandb")
def test_wandb_has_a_run_of_each_format_in_one_group_without_key_or_network(elsewhere, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    (delivery,) = send(COMPARISON, {"wandb": "team/release"})
    assert delivery.arrived, delivery.told
    runs = {}
    for file in elsewhere.glob("wandb/offline-run-*/*.wandb"):
        found = list(records(file))
        (run,) = [each.run for each in found if each.WhichOneof("record_type") == "run"]
        runs[run.display_name] = run, found
    assert list(sorted(runs)) == ["int4", "mxfp4", "nvfp4", "nvfp4, mxfp4, int4 against fp8"]
    assert {(run.project, run.entity, run.run_group) for run, _ in runs.values()} == {
        ("release", "team", runs["int4"][0].run_group)
    }
    told = {
        "/".join(item.nested_key) or item.key: json.loads(item.value_json)
        for each in runs["int4"][1]
        for item in each.summary.update
    }
    assert (told["gsm8k/lower"], told["verdict"]) == (-0.0841, "invalid")
    whole = runs["nvfp4, mxfp4, int4 against fp8"][1]
    (artifact,) = [
        each.artifact
        for each in whole
        if each.WhichOneof("record_type") == "artifact" and each.artifact.type == "quantgate-decision"
    ]
    assert {entry.path for entry in artifact.manifest.contents} == {"compare.json", "flips.csv"}


@needs("wandb")
def test_without_a_key_nothing_is_asked_and_wandbs_own_words_say_what_to_do(elsewhere, monkeypatch):
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (delivery,) = send(COMPARISON, {"wandb": "release"})
    assert not delivery.arrived
    assert "wandb login" in delivery.told
