"""Bundles: what is loaded from one is what was put in, or it is refused."""

import fcntl
import json
import stat

import pytest

from quantgate.evals.contract.task import TaskOptions
from quantgate.evals.errors import DataError, StorageError, UsageError
from quantgate.tasks.bundle import fetch, local_data, read_manifest
from quantgate.tasks.data.rows import read_rows
from quantgate.tasks.registry import load_task
from tests.tasks.invented import invented_rows, write_csv


@pytest.fixture
def exam(tmp_path):
    return write_csv(tmp_path / "gpqa.csv", invented_rows(9))


@pytest.fixture
def bundle(tmp_path, exam, gsm8k_files):
    fetch("gpqa_diamond", {"": exam}, tmp_path / "bundle")
    fetch("gsm8k", {"": gsm8k_files[0]}, tmp_path / "bundle")
    return tmp_path / "bundle"


def from_bundle(task, bundle, limit=None):
    found = local_data(task, {}, bundle)
    return load_task(task, TaskOptions(limit, data=found.files, origin=found.origin))


def test_a_task_from_a_bundle_is_the_task_from_the_file(bundle, exam, gsm8k_files):
    given = {"gpqa_diamond": exam, "gsm8k": gsm8k_files[0]}
    for task, file in given.items():
        ours, theirs = from_bundle(task, bundle), load_task(task, TaskOptions(data={"": file}))
        assert [ours.prompt(item, 1) for item in ours.items()] == [theirs.prompt(item, 1) for item in theirs.items()]
        assert ours.identity.data_hash == theirs.identity.data_hash == read_manifest(bundle).tasks[task].data_hash
        assert ours.identity.version == theirs.identity.version


def test_the_record_says_what_the_bundle_knows(bundle):
    known = from_bundle("gsm8k", bundle).identity.provenance
    assert known["file_train"] == "train.jsonl"
    assert known["bundle_fetched"] == read_manifest(bundle).tasks["gsm8k"].fetched


def test_a_dataset_of_the_hub_is_put_in_split_by_split_and_comes_out_alike(gsm8k_files, tmp_path, monkeypatch):
    import datasets

    from quantgate.tasks.gsm8k import REVISION

    def load_dataset(*_, **__):
        splits = {"test": gsm8k_files[0], "train": gsm8k_files[1], "unused": gsm8k_files[1]}
        return datasets.DatasetDict(
            {
                name: datasets.Dataset.from_list([dict(row.values) for row in read_rows(file)])
                for name, file in splits.items()
            }
        )

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    hub = load_task("gsm8k", TaskOptions())
    fetched = fetch("gsm8k", {}, tmp_path / "bundle")
    assert fetched.source == {"dataset": "openai/gsm8k", "config": "main", "revision": REVISION}
    assert sorted(fetched.files) == ["test", "train"]
    ours = from_bundle("gsm8k", tmp_path / "bundle")
    assert ours.identity.data_hash == hub.identity.data_hash
    assert [ours.prompt(item, 0) for item in ours.items()] == [hub.prompt(item, 0) for item in hub.items()]
    assert ours.identity.provenance["revision"] == REVISION


def test_a_parquet_file_keeps_the_types_of_its_columns(tmp_path):
    from datasets import ClassLabel, Dataset, Features, Value

    from quantgate.tasks.data.rows import load_splits

    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"]), "n": Value("int32")})
    made = Dataset.from_list([{"text": "a", "label": 1, "n": 3}], features=features)
    made.to_parquet(str(tmp_path / "a.parquet"))
    assert load_splits({"test": str(tmp_path / "a.parquet")})["test"].features == features


def test_a_task_of_lm_eval_is_bundled_by_its_name(gsm8k_files, tmp_path):
    fetch("lm-eval:gsm8k", {"": gsm8k_files[0], "train": gsm8k_files[1]}, tmp_path / "bundle")
    assert len(from_bundle("lm-eval:gsm8k", tmp_path / "bundle", limit=2).items()) == 2


def test_only_the_user_can_read_gpqas_text(bundle):
    (file,) = (bundle / "gpqa_diamond").glob("*.csv")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_manifest_holds_no_text(bundle):
    assert "Invented" not in (bundle / "manifest.json").read_text()


def test_a_changed_file_is_refused_by_name(bundle):
    (file,) = (bundle / "gpqa_diamond").glob("*.csv")
    file.write_bytes(file.read_bytes().replace(b"times", b"plus "))
    with pytest.raises(DataError, match="is not the file that was fetched") as failure:
        local_data("gpqa_diamond", {}, bundle)
    assert str(file) in str(failure.value)
    assert local_data("gsm8k", {}, bundle).files


def test_a_lost_file_is_refused_by_name(bundle):
    (file,) = (bundle / "gpqa_diamond").glob("*.csv")
    file.unlink()
    with pytest.raises(DataError, match="cannot be read, though the bundle names it") as failure:
        local_data("gpqa_diamond", {}, bundle)
    assert str(file) in str(failure.value)


def test_a_task_that_the_bundle_lacks_is_refused_and_one_without_data_is_not(bundle):
    with pytest.raises(DataError, match="does not hold lm-eval:gsm8k: where the hub can be reached, add it with"):
        local_data("lm-eval:gsm8k", {}, bundle)
    assert local_data("arithmetic", {}, bundle).files == {}


def test_a_file_that_is_named_goes_before_the_bundle(bundle, exam):
    assert local_data("gpqa_diamond", {"": exam}, bundle).files == {"": exam}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest | {"schema_version": 9}, "schema_version"),
        (lambda manifest: manifest | {"more": 1}, "more"),
        (lambda manifest: [], "is no manifest"),
        (
            lambda manifest: manifest | {"tasks": {"gpqa_diamond": manifest["tasks"]["gpqa_diamond"] | {"files": {}}}},
            "gpqa_diamond.files",
        ),
    ],
)
def test_a_broken_manifest_is_refused(bundle, change, said):
    file = bundle / "manifest.json"
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    with pytest.raises(DataError, match=said):
        read_manifest(bundle)


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "gpqa_diamond/../../x", "a/b/c", "gpqa_diamond/.."])
def test_a_manifest_that_points_out_of_its_bundle_is_refused(bundle, path):
    file = bundle / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["tasks"]["gpqa_diamond"]["files"]["train"]["path"] = path
    file.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="path"):
        local_data("gpqa_diamond", {}, bundle)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"it has no manifest\.json\. `quantgate data fetch TASK"):
        local_data("gsm8k", {}, tmp_path)


def test_fetching_again_replaces_a_tasks_files_and_leaves_the_others(bundle, tmp_path):
    fetch("gpqa_diamond", {"": write_csv(tmp_path / "new.csv", invented_rows(4))}, bundle)
    assert len(from_bundle("gpqa_diamond", bundle).items()) == 4
    assert len(list((bundle / "gpqa_diamond").iterdir())) == 1
    assert len(from_bundle("gsm8k", bundle).items()) == 40


def test_a_fetch_that_fails_changes_nothing(bundle, tmp_path):
    before = {file: file.read_bytes() for file in bundle.rglob("*") if file.is_file()}
    rows = invented_rows(4)
    rows[2]["Question"] = ""
    with pytest.raises(DataError, match="line 6: the column 'Question' is empty"):
        fetch("gpqa_diamond", {"": write_csv(tmp_path / "bad.csv", rows)}, bundle)
    assert {file: file.read_bytes() for file in bundle.rglob("*") if file.is_file()} == before


def test_a_bundle_has_one_writer(bundle, exam):
    with (bundle / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="another quantgate is writing to"):
            fetch("gpqa_diamond", {"": exam}, bundle)


def test_a_task_without_data_is_refused_and_an_unknown_one_named(tmp_path):
    with pytest.raises(UsageError, match="arithmetic needs no data"):
        fetch("arithmetic", {}, tmp_path / "bundle")
    with pytest.raises(UsageError, match="did you mean gsm8k"):
        fetch("gsm8", {}, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
