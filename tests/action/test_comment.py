"""The report as a comment on the pull request, over HTTP against a stand-in for GitHub."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "action" / "comment.py"
OF_PULL = "/repos/lab/model/issues/7/comments"


class GitHub(BaseHTTPRequestHandler):
    """Keeps comments; takes one token."""

    def answer(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_allowed(self) -> bool:
        allowed = self.headers["Authorization"] == "Bearer right"
        if not allowed:
            self.answer(403, {})
        return allowed

    def body(self) -> str:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def do_GET(self) -> None:
        if self.is_allowed():
            path, _, query = self.path.partition("?")
            page = int(query.rpartition("page=")[2])
            self.answer(200, self.server.comments[(page - 1) * 100 : page * 100] if path == OF_PULL else [])

    def do_POST(self) -> None:
        if self.is_allowed():
            comment = {"id": len(self.server.comments), "body": self.body(), "html_url": "there"}
            self.server.comments.append(comment)
            self.answer(201, comment)

    def do_PATCH(self) -> None:
        if self.is_allowed():
            comment = self.server.comments[int(self.path.rpartition("/")[2])]
            comment["body"] = self.body()
            self.answer(200, comment)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def github():
    with ThreadingHTTPServer(("127.0.0.1", 0), GitHub) as server:
        server.comments = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def comment(github, tmp_path):
    """Comments with a report, as the action does; returns what was said."""

    def run(text: str, release: str = "release.yaml", token: str = "right", event: object = None) -> str:
        (tmp_path / "report.md").write_text(text)
        (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}} if event is None else event))
        environment = {
            "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
            "GITHUB_REPOSITORY": "lab/model",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_TOKEN": token,
        }
        command = [sys.executable, "-I", str(SCRIPT), str(tmp_path / "report.md"), release]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    return run


def bodies(github) -> list[str]:
    return [comment["body"].partition("\n")[2] for comment in github.comments]


def test_the_report_becomes_a_comment_and_the_next_one_takes_its_place(github, comment):
    assert "the report is at there" in comment("regressed")
    comment("pass")
    assert bodies(github) == ["pass"]


def test_each_release_has_its_own_comment(github, comment):
    comment("one", "a.yaml")
    comment("other", "b -->.yaml")
    comment("one again", "a.yaml")
    assert bodies(github) == ["one again", "other"]


def test_the_comment_is_found_behind_many_others(github, comment):
    github.comments += [{"id": place, "body": "nice"} for place in range(130)]
    comment("first")
    comment("second")
    assert bodies(github)[130:] == ["second"]


def test_a_report_longer_than_github_takes_is_cut(github, comment):
    comment("x" * 70_000)
    assert len(github.comments[0]["body"]) < 65_536
    assert "artifact" in github.comments[0]["body"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": "wrong"}, "GitHub answered 403"),
        ({"token": ""}, "give the action a token"),
        ({"event": {"ref": "main"}}, "the job runs for no pull request"),
    ],
)
def test_what_goes_wrong_is_a_warning(comment, given, told):
    said = comment("pass", **given)
    assert said.startswith("::warning")
    assert told in said
