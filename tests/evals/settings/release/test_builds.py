"""Baseline and candidates, and what they may be called."""

import pytest

ONE = {"base_url": "http://h:2/v1", "model": "m"}


@pytest.mark.parametrize("label", ["fp8", "MXFP4 (again)", "glm-5.2_mxfp4", "量子", "w4a16+kv8"])
def test_a_label_is_the_name_of_a_folder(read, tmp_path, label):
    release = read(candidate={**ONE, "label": label}, baseline={**ONE, "base_url": "http://h:1/v1"})
    assert release.path_of(label) == release.run_config(label, "gsm8k").out == tmp_path / "out" / label


@pytest.mark.parametrize(
    "label",
    [
        *("", " ", ".", "..", "a/b", "../x", "a\\b", "/etc", "a:b", "a*", "a?", 'a"b', "<a>", "a|b"),
        *(" a", "a ", ".hidden", "-rf", "~x", "a.", "a\nb", "a\x00b", "a\x1b[31m", "a‮b", "x" * 101),
        *(
            "gate.json",
            "Report.html",
            "junit.xml",
            "release.yaml",
            "RELEASE.YAML",
            "plots",
            "report.md",
            "compare.json",
        ),
        *("con", "NUL", "com1"),
    ],
)
def test_a_label_that_can_be_no_folder_beside_the_reports_is_refused(refused, label):
    assert refused(candidate={**ONE, "label": label}).startswith("release.yaml: candidate.label")


@pytest.mark.parametrize("label", [4, 1.5, True, None, ["a"]])
def test_a_label_that_is_no_text_is_refused(refused, label):
    assert "is no text; write it in quotes" in refused(candidate={**ONE, "label": label})


def test_a_label_that_looks_like_a_key_is_not_repeated(refused):
    said = refused(candidate={**ONE, "label": "sk-live-0123456789"})
    assert "looks like a key" in said
    assert "0123456789" not in said


@pytest.mark.parametrize("other", ["fp8", "FP8", "ｆｐ８"])
def test_no_two_labels_are_alike(refused, other):
    said = refused(candidate={**ONE, "label": other})
    assert "candidate.label" in said
    assert "baseline is called so already" in said


def test_several_candidates_are_called_by_their_models(read):
    release = read(candidate=[{**ONE, "model": "org/a"}, {**ONE, "model": "b"}, {**ONE, "label": "c"}])
    assert [build.label for build in release.candidates] == ["a", "b", "c"]


@pytest.mark.parametrize("models", [("org/a", "corp/a"), ("a:7b", "b"), (None, "b")])
def test_several_candidates_whose_models_do_not_tell_them_apart_need_labels(refused, models):
    assert "label" in refused(candidate=[{"base_url": "http://h:1/v1", "model": model} for model in models])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"baseline": None}, "release.yaml: baseline is missing"),
        ({"candidate": None}, "release.yaml: candidate is missing"),
        ({"candidate": []}, "release.yaml: candidate is missing"),
        ({"candidate": "runs/mxfp4"}, 'candidate: "runs/mxfp4" is no build: write {base_url: ..., model: ...}'),
        ({"candidate": [ONE, 3]}, "candidate[1]: 3 is no build"),
        ({"baseline": [ONE]}, "is no build"),
        ({"candidates": [ONE]}, "candidate and candidates are one"),
        ({"candidate": {"model": "m"}}, "candidate.base_url is missing: say it there, or at the top for all builds"),
        ({"candidate": {"base_url": "http://h/v1"}}, "candidate.model is missing"),
        ({"baseline": {"run": "runs/none"}}, "no such folder"),
        ({"baseline": {"run": 3}}, "baseline.run 3: name the folder of a finished run"),
    ],
)
def test_what_is_no_build_is_refused_in_a_line(refused, changes, said):
    assert said in refused(changes)


def test_a_finished_run_is_not_asked_again(refused, tmp_path):
    (tmp_path / "fp8").mkdir()
    assert "baseline.model: a finished run is not asked again" in refused(baseline={"run": "fp8", "model": "m"})


def test_a_finished_run_is_not_written_into(refused, tmp_path):
    (tmp_path / "out" / "mxfp4").mkdir(parents=True)
    assert "this is the folder of candidate, too" in refused(baseline={"run": "out/mxfp4"})


def test_one_finished_run_does_not_stand_for_two_builds(refused, tmp_path):
    (tmp_path / "a").mkdir()
    assert "this is the folder of baseline, too" in refused(
        baseline={"run": "a", "label": "x"}, candidate={"run": "a", "label": "y"}
    )
