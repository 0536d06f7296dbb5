"""`action.yml` as a workflow meets it: run by `act` on this machine, with stand-ins for the actions of others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACT = shutil.which("act", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ACT is None or shutil.which("git") is None, reason="needs act and git"),
]

WORKFLOW = """\
on: push
jobs:
  accuracy:
    runs-on: self-hosted
    steps:
      - uses: actions/checkout@v4
      - uses: ./quantgate-action
        id: it
        with: {inputs}
      - if: always()
        run: echo "${{{{ steps.it.outputs.verdict }}}}, ${{{{ steps.it.outputs.exit-code }}}}" > "$SEEN/said"
"""

STAND_INS = {
    "cache/restore": """
        for found in "$SEEN/cache/${{ inputs.restore-keys }}"*; do
            if test -d "$found"; then mkdir -p "${{ inputs.path }}" && cp -r "$found/." "${{ inputs.path }}"; fi
        done""",
    "cache/save": """
        mkdir -p "$SEEN/cache" && cp -r "${{ inputs.path }}" "$SEEN/cache/${{ inputs.key }}" """,
    "upload-artifact": """
        for found in $(echo '${{ inputs.path }}'); do
            if test -e $found; then cp -r $found "$SEEN/artifact"; fi; done""",
}
"""What `actions/cache` and `actions/upload-artifact` do, as far as a test can see it."""


def stand_in(folder: Path, script: str) -> None:
    folder.mkdir(parents=True)
    inputs = {name: {"default": ""} for name in ("path", "key", "restore-keys", "name", "if-no-files-found")}
    steps = [{"shell": "bash", "run": script}]
    told = {"name": "stand-in", "description": "", "inputs": inputs, "runs": {"using": "composite", "steps": steps}}
    (folder / "action.yml").write_text(yaml.safe_dump(told))


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    """Runs a workflow whose only job checks a release; returns its exit code, what it said, and what was seen of it."""
    for name in ("quantgate-action/action.yml", "quantgate-action/action"):
        source, target = ROOT / Path(name).name, tmp_path / "repository" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for name, script in STAND_INS.items():
        stand_in(tmp_path / name, script)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))

    def run(release: str, **inputs: str) -> tuple[int, str, Path]:
        repository = tmp_path / "repository"
        shutil.move(release, repository / "release.yaml")
        (repository / ".github" / "workflows").mkdir(parents=True, exist_ok=True)
        given = {"install": "", "python": sys.executable, **inputs}
        (repository / ".github" / "workflows" / "accuracy.yml").write_text(
            WORKFLOW.format(inputs=yaml.safe_dump(given, default_flow_style=True, width=1000).strip())
        )
        git = ("git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
        for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "a release")):
            subprocess.run([*git, *command], cwd=repository, check=True, capture_output=True)
        seen = tmp_path / "seen"
        (seen / "artifact").mkdir(parents=True, exist_ok=True)
        others = [f"actions/{name}@v4={tmp_path / name}" for name in ("cache", "upload-artifact")]
        ended = subprocess.run(
            [
                *(str(ACT), "push", "--env", f"SEEN={seen}", "-P", "self-hosted=-self-hosted", "--no-cache-server"),
                *("--action-offline-mode", *(word for other in others for word in ("--local-repository", other))),
            ],
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return ended.returncode, ended.stdout + ended.stderr, seen

    return run


def test_a_build_without_loss_passes_and_its_reports_are_kept(workflow, builds, release):
    with builds() as server:
        code, said, seen = workflow(release(server.base_url, out="releases/glm"))
    assert code == 0, said
    assert (seen / "said").read_text() == "pass, 0\n"
    names = {path.name for path in (seen / "artifact").iterdir()}
    assert {"report.html", "report.md", "gate.json", "junit.xml"} <= names
    assert not names & {"fp8", "mxfp4"}, "answers quote the questions"


def test_the_next_candidate_finds_the_answers_of_the_baseline(workflow, builds, release):
    with builds() as server:
        workflow(release(server.base_url, out="releases/glm"))
        asked = [body["model"] for body in server.log.bodies]
        other = {"label": "q4", "base_url": server.base_url, "model": "glm-q4"}
        code, said, seen = workflow(release(server.base_url, out="releases/q4", candidate=other))
        again = [body["model"] for body in server.log.bodies][len(asked) :]
    assert (code, (seen / "said").read_text()) == (0, "pass, 0\n"), said
    assert asked.count("glm-fp8") >= 20
    assert again.count("glm-q4") >= 20
    assert again.count("glm-fp8") <= asked.count("glm-fp8") // 2


def test_a_broken_build_ends_the_job_and_its_reports_are_kept(workflow, builds, release):
    with builds(mxfp4=1.0) as server:
        code, said, seen = workflow(release(server.base_url, out="releases/glm"), answers="true")
    assert code != 0
    assert (seen / "said").read_text() == "regressed, 1\n"
    assert (seen / "artifact" / "glm" / "mxfp4" / "samples.jsonl").exists(), said


def test_a_release_that_cannot_be_read_ends_the_job_before_anything_is_asked(workflow, builds, release):
    with builds() as server:
        code, said, seen = workflow(release(server.base_url, out="releases/glm", candiate={"model": "x"}))
        assert not server.log.bodies
    assert code != 0
    assert "candiate is not known" in said
    assert not list((seen / "artifact").iterdir())
