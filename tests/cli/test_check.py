"""`quantgate check` as its user meets it: both builds, one verdict, no request too many."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import Reply, error_body, served_model

pytestmark = pytest.mark.slow


def requests_of(server) -> list[str]:
    return [body["model"] for body in server.log.bodies]


def test_equal_builds_pass_before_all_is_asked_and_everything_is_written(quantgate, builds, release, tmp_path):
    with builds() as server:
        code, out, err = quantgate(["check", release(server.base_url)])
        asked = requests_of(server)
    assert code == 0, err
    assert "verdict: ✓ pass (exit code 0)" in out
    assert abs(asked.count("glm-fp8") - asked.count("glm-mxfp4")) <= 4
    names = {"fp8", "mxfp4", "gate.json", "report.html", "report.md", "junit.xml", "release.yaml"}
    assert names <= {path.name for path in (tmp_path / "out").iterdir()}
    assert f"in {tmp_path / 'out'}: report.html" in out or "gate.json" in out
    decision = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert decision["verdict"] == "pass"
    assert decision["tasks"][0]["items"] < 40
    assert decision["command"].startswith("quantgate check")


def test_it_says_what_it_is_about_to_ask_and_how_it_goes(quantgate, builds, release):
    with builds() as server:
        _, _, err = quantgate(["check", release(server.base_url)])
    assert "at most 80 requests of all builds together" in err
    assert "by one answer of each build" in err
    assert "✓ passes" in err


def test_a_broken_build_is_stopped_as_regressed(quantgate, builds, release):
    with builds(mxfp4=1.0) as server:
        code, out, _ = quantgate(["check", release(server.base_url)])
        assert len(requests_of(server)) < 60
    assert code == 1
    assert "✗ regressed" in out


def test_what_is_on_disk_is_decided_without_a_server(quantgate, builds, release):
    with builds() as server:
        file = release(server.base_url)
        first = quantgate(["check", file])
    code, out, err = quantgate(["check", file])
    assert (code, out) == (0, first[1])
    assert "nothing is left to ask" in err


def test_without_stopping_all_is_asked_and_decided_once(quantgate, builds, release, tmp_path):
    with builds() as server:
        code, _, _ = quantgate(["check", release(server.base_url), "--stop", "never"])
    assert code == 0
    assert len(RunDirectory(tmp_path / "out" / "fp8").samples()) == 40
    assert len(RunDirectory(tmp_path / "out" / "mxfp4").samples()) == 40


def test_several_candidates_are_a_comparison(quantgate, builds, release, tmp_path):
    with builds(mxfp4=1.0) as server:
        candidates = [
            {"label": "mxfp4", "base_url": server.base_url, "model": "glm-mxfp4"},
            {"label": "q4", "base_url": server.base_url, "model": "glm-q4"},
        ]
        code, _, err = quantgate(["check", release(server.base_url, candidate=None, candidates=candidates)])
    assert code == 1, err
    comparison = json.loads((tmp_path / "out" / "compare.json").read_text())
    verdicts = {build["name"]: build["verdict"] for build in comparison["formats"]}
    assert verdicts == {"mxfp4": "regressed", "q4": "pass"}


def test_the_mean_over_a_suite_is_decided_though_its_tasks_pass_before(
    quantgate, builds, release, tmp_path, gsm8k_files
):
    names = ["gsm8k", "gsm8k_platinum"]
    tasks = {name: {"margin": 0.2, "data": str(gsm8k_files[0])} for name in names}
    policy = {"suite": {"tasks": names, "margin": 0.2}}
    with builds() as server:
        code, _, err = quantgate(["check", release(server.base_url, tasks=tasks, policy=policy)])
    assert code == 0, err
    decision = json.loads((tmp_path / "out" / "gate.json").read_text())
    assert max(task["items"] for task in decision["tasks"]) < 40
    assert decision["suite"]["items"] == 80
    assert quantgate(["check", str(tmp_path / "glm.yaml")])[0] == 0


def test_quiet_leaves_the_verdict_alone(quantgate, builds, release):
    with builds() as server:
        code, out, err = quantgate(["check", release(server.base_url), "--quiet"])
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "verdict: ✓ pass (exit code 0)"


def test_no_progress_still_says_what_is_asked(quantgate, builds, release):
    with builds() as server:
        _, _, err = quantgate(["check", release(server.base_url), "--no-progress"])
    assert "at most 80 requests" in err
    assert "✓ passes" not in err


@pytest.mark.usefixtures("hurried")
def test_the_log_tells_of_faults_and_of_each_request(quantgate, builds, release):
    with builds() as server:
        answer, seen = server.rule, Counter()

        def failing(body):
            seen[body["model"]] += 1
            return Reply(status=500, body=error_body("no memory")) if seen["glm-fp8"] == 3 else answer(body)

        server.rule = failing
        _, _, err = quantgate(["check", release(server.base_url), "--limit", "4", "--quiet", "--log-level", "debug"])
    assert "debug: fp8: asked gsm8k" in err
    assert "info: fp8: fault at gsm8k" in err
    assert "no memory" in err


def test_a_jobs_summary_is_added_to(quantgate, builds, release, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    with builds() as server:
        quantgate(["check", release(server.base_url)])
    assert summary.read_text().startswith("before\n### ✓ pass: mxfp4 against fp8")


def test_a_baseline_that_was_asked_before_is_not_asked_again(quantgate, builds, release, tmp_path, arguments):
    with builds() as server:
        quantgate(arguments(server.base_url, out=tmp_path / "runs" / "fp8", model="glm-fp8"))
        before = len(server.log.bodies)
        code, _, err = quantgate(["check", release(server.base_url, baseline={"run": str(tmp_path / "runs" / "fp8")})])
        assert set(requests_of(server)[before:]) == {"glm-mxfp4"}
    assert code == 0, err


def test_a_spent_budget_is_inconclusive_and_a_larger_one_goes_on(quantgate, builds, release, tmp_path):
    with builds() as server:
        file = release(server.base_url)
        code, out, err = quantgate(["check", file, "--max-requests", "12"])
        assert code == 3, err
        assert "inconclusive" in out
        assert json.loads((tmp_path / "out" / "gate.json").read_text())["verdict"] == "inconclusive"
        assert "budget.max_requests is used up, and with a larger one the same command goes on" in err
        asked = len(server.log.bodies)
        assert asked <= 12 + 2 + 8
        assert quantgate(["check", file])[0] == 0
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix == ".tmp"]


def test_a_spent_budget_of_what_is_not_looked_at_is_no_verdict(quantgate, builds, release):
    with builds() as server:
        code, out, err = quantgate(["check", release(server.base_url), "--max-requests", "12", "--stop", "never"])
    assert (code, out) == (5, "")
    assert "budget.max_requests is used up" in err


def test_a_length_of_time_that_is_none_is_refused(quantgate, builds, release):
    code, _, err = quantgate(["check", release("http://127.0.0.1:9/v1"), "--max-time", "soon"])
    assert code == 2
    assert "--max-time soon: write a length of time as 4h" in err


def test_no_key_is_in_the_copy_of_the_file(quantgate, builds, release, tmp_path, monkeypatch):
    monkeypatch.setenv("GLM_KEY", "sk-very-secret-0123456789")
    with builds() as server:
        quantgate(["check", release(server.base_url, api_key_env="GLM_KEY")])
        assert set(server.log.authorizations) == {"Bearer sk-very-secret-0123456789"}
    kept = (tmp_path / "out" / "release.yaml").read_text()
    assert "GLM_KEY" in kept
    assert "very-secret" not in kept


def test_one_server_may_serve_the_builds_in_turn(quantgate, builds, release):
    with builds() as server:
        listed = server.models
        server.models = [{"id": "glm-fp8"}]
        file = release(server.base_url, order="baseline-first", stop="never")
        code, _, err = quantgate(["check", file])
        assert (code, set(requests_of(server))) == (5, {"glm-fp8"})
        assert "glm-mxfp4 is not served yet: its turn comes after fp8" in err
        server.models = listed
        assert quantgate(["check", file])[0] == 0


class TestUnfitEndpoints:
    """What would spoil every request is told before any of the benchmark's is sent."""

    def unfit(self, quantgate, file: str) -> str:
        code, out, err = quantgate(["check", file])
        assert (code, out) == (5, "")
        assert "Traceback" not in err
        return err

    def test_a_model_that_is_not_served(self, quantgate, builds, release):
        with builds() as server:
            candidate = {"label": "mxfp4", "base_url": server.base_url, "model": "glm-mxfp"}
            err = self.unfit(quantgate, release(server.base_url, candidate=candidate))
            assert "glm-mxfp" not in requests_of(server)
            assert len(server.log.bodies) == 1
        assert "✗ mxfp4: models:" in err
        assert "write model: glm-mxfp4" in err

    def test_one_build_on_both_sides(self, quantgate, builds, release):
        with builds() as server:
            candidate = {"label": "mxfp4", "base_url": server.base_url, "model": "glm-fp8"}
            err = self.unfit(quantgate, release(server.base_url, candidate=candidate))
            assert len(server.log.bodies) == 2
        assert "a build held against itself, which always passes" in err

    def test_builds_that_are_swapped(self, quantgate, builds, release):
        with builds() as server:
            swapped = {
                label: {"label": label, "base_url": server.base_url, "model": model}
                for label, model in (("fp8", "glm-mxfp4"), ("mxfp4", "glm-fp8"))
            }
            file = release(server.base_url, baseline=swapped["fp8"], candidate=swapped["mxfp4"])
            assert "they seem swapped" in self.unfit(quantgate, file)

    @pytest.mark.usefixtures("hurried")
    def test_a_server_that_is_down(self, quantgate, builds, release):
        with builds() as gone:
            pass
        with builds() as server:
            candidate = {"label": "mxfp4", "base_url": gone.base_url, "model": "glm-mxfp4"}
            err = self.unfit(quantgate, release(server.base_url, candidate=candidate))
            assert len(server.log.bodies) <= 1
        assert gone.base_url in err

    def test_a_key_that_is_refused(self, quantgate, release):
        refused = Reply(status=401, body=error_body("no such key"))
        with served_model(lambda _: refused, models=[{"id": "glm-fp8"}, {"id": "glm-mxfp4"}]) as server:
            err = self.unfit(quantgate, release(server.base_url))
            assert len(server.log.bodies) == 2
        assert "401" in err

    def test_a_context_that_is_too_short_for_the_budget(self, quantgate, builds, release):
        with builds() as server:
            server.models = [{"id": model, "max_model_len": 1024} for model in ("glm-fp8", "glm-mxfp4")]
            err = self.unfit(quantgate, release(server.base_url))
        assert "exceed the context of 1,024" in err
