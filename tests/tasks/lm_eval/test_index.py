"""The index of names: what lm-eval's own index holds, read as YAML."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.tasks.lm_eval.index import Kind, find_entry, find_task_file, reached, read_index, tasks_folder


@pytest.mark.slow
def test_it_holds_what_lm_evals_own_index_holds():
    from lm_eval.tasks import TaskManager

    kinds = {"TASK": "task", "PY_TASK": "python", "GROUP": "group", "TAG": "tag"}
    theirs = {
        name: (kinds[entry.kind.name], entry.yaml_path and str(entry.yaml_path))
        for name, entry in TaskManager().task_index.items()
    }
    ours = {
        name: (entry.kind.value, entry.file and str(entry.file)) for name, entry in read_index(tasks_folder()).items()
    }
    assert ours == theirs
    assert len(ours) > 10_000


def test_a_quoted_key_names_a_task():
    quoted = [
        entry
        for entry in read_index(tasks_folder()).values()
        if entry.file is not None and '"task":' in entry.file.read_text(encoding="utf-8")
    ]
    assert len(quoted) > 400
    assert all(find_task_file(entry.name) == entry.file for entry in quoted)


def test_what_a_file_includes_is_part_of_it_and_a_function_stays_a_name():
    entry = find_entry("hellaswag")
    assert entry.config["process_docs"] == "utils.process_docs"
    assert find_entry("mmlu_anatomy_generative").config["output_type"] == "generate_until"


def test_groups_and_tags_reach_their_single_tasks_however_deep():
    names = {entry.name for entry in reached(find_entry("mmlu_generative")) if entry.kind is not Kind.GROUP}
    assert len(names) == 57
    assert {entry.name for entry in reached(find_entry("ai2_arc"))} == {"arc_challenge", "arc_easy"}


@pytest.mark.parametrize(
    ("name", "near"),
    [("hellaswga", "hellaswag"), ("mmlu_anatomy_generativ", "mmlu_anatomy_generative"), ("gsm8l", "gsm8k")],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, near):
    with pytest.raises(UsageError, match=f"has no task '{name}'; did you mean .*{near}"):
        find_entry(name)


def test_changed_files_change_the_index(tmp_path):
    (tmp_path / "base_yaml").write_text("tag: [few]\noutput_type: generate_until\n")
    (tmp_path / "a.yaml").write_text('include: base_yaml\n"task": a\nprocess_docs: !function utils.f\n')
    (tmp_path / "broken.yaml").write_text("task: [\n")
    read_index.cache_clear()
    entries = read_index(tmp_path)
    assert {name: entry.kind for name, entry in entries.items()} == {"a": Kind.TASK, "few": Kind.TAG}
    assert entries["a"].config["output_type"] == "generate_until"
    (tmp_path / "a.yaml").write_text("include: base_yaml\ntask: b\n")
    read_index.cache_clear()
    assert set(read_index(tmp_path)) == {"b", "few"}
