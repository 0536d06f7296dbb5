"""`quantgate check --dry-run`: what would be asked, and that nothing is."""

from __future__ import annotations

import csv
import json

import pytest


@pytest.fixture
def written(tmp_path, gsm8k_files):
    """Writes a release.yaml whose servers are not there; returns its path."""

    def write(**more) -> str:
        release = {
            "baseline": {"label": "fp8", "base_url": "http://127.0.0.1:9/v1", "model": "glm-fp8"},
            "candidate": {"label": "mxfp4", "base_url": "http://127.0.0.1:9/v1", "model": "glm-mxfp4"},
            "tasks": {"gsm8k": {"margin": 0.05, "data": str(gsm8k_files[0])}},
            "out": str(tmp_path / "out"),
            **more,
        }
        (tmp_path / "release.yaml").write_text(json.dumps(release))
        return str(tmp_path / "release.yaml")

    return write


def test_it_prints_what_would_be_asked_and_the_first_prompt_and_needs_no_server(quantgate, written, tmp_path):
    code, out, _ = quantgate(["check", written(), "--dry-run"])
    assert code == 0
    assert "mxfp4 against fp8" in out
    assert out.split("gsm8k")[1].split()[:5] == ["5", "40", "1", "8", "80"]
    assert "at most 80 requests of all builds together; each task ends at the first look that shows its verdict" in out
    assert "nothing is known of these builds' answers yet" in out
    assert "gsm8k, asked with temperature 0, max_tokens 2048, seed 1234" in out
    assert "  Question: " in out
    assert "nothing was asked, and nothing written" in out
    assert not (tmp_path / "out").exists()


def test_without_stopping_there_are_no_looks(quantgate, written):
    _, out, _ = quantgate(["check", written(stop="never"), "--dry-run"])
    assert out.split("gsm8k")[1].split()[:5] == ["5", "40", "1", "—", "80"]
    assert "first look" not in out


def test_the_command_line_wins_over_the_file(quantgate, written):
    _, out, _ = quantgate(["check", written(), "--dry-run", "--limit", "10", "--looks", "2"])
    assert out.split("gsm8k")[1].split()[:5] == ["5", "10", "1", "2", "20"]


def test_a_text_that_its_authors_want_private_is_not_shown(quantgate, written, tmp_path):
    rows = [{"Question": f"Secret {n}?", "Correct Answer": "a", "Record ID": f"r{n}"} for n in range(3)]
    for row in rows:
        row |= {f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)}
    with (tmp_path / "gpqa.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    tasks = {"gpqa_diamond": {"margin": 0.05, "data": str(tmp_path / "gpqa.csv")}}
    code, out, _ = quantgate(["check", written(tasks=tasks), "--dry-run"])
    assert code == 0
    assert "Secret" not in out
    assert "its first prompt is not shown: GPQA's authors ask not to reveal its examples" in out


def test_an_unknown_name_is_refused_with_the_nearest(quantgate, written):
    code, _, err = quantgate(["check", written(concurency=4), "--dry-run"])
    assert code == 2
    assert "did you mean concurrency?" in err


def test_a_place_that_cannot_be_written_is_told_before_anything_is_loaded(quantgate, written):
    code, _, err = quantgate(["check", written(out="/proc/version/x"), "--dry-run"])
    assert code == 2
    assert "/proc/version" in err


def test_where_data_are_missing_it_names_the_keys_of_the_file(quantgate, written):
    code, _, err = quantgate(["check", written(tasks={"gsm8k": {"data": "nowhere.jsonl"}}), "--dry-run"])
    assert code == 2
    assert "nowhere.jsonl" in err
    assert err.rstrip().endswith("release.yaml under data or data_dir")
