"""GPQA from the hub: a real HTTP server stands in for it, and says what the hub says to those it does not let in."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quantgate.tasks.gpqa_diamond import REVISION, gpqa_diamond
from tests.tasks.invented import invented_rows, write_csv

PATH = f"/datasets/Idavidrein/gpqa/resolve/{REVISION}/gpqa_diamond.csv"
SCRIPT = """
from quantgate.evals.errors import DataError
from quantgate.tasks.gpqa_diamond import gpqa_diamond
try:
    exam = gpqa_diamond()
    print(exam.identity.data_hash, len(exam.items()), exam.identity.provenance["revision"])
except DataError as error:
    print("DataError:", error)
"""


@contextmanager
def hub(
    content: bytes, status: int = 200, code: str | None = None
) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A hub that has one file; gives its address, and the paths and tokens that it has been asked with."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append((self.path, self.headers.get("Authorization")))
            self.send_response(status if self.path == PATH else 404)
            if code is not None:
                self.send_header("X-Error-Code", code)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("Content-Length", str(len(content)) if status == 200 else "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            if status == 200:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def load(tmp_path):
    """Loads the task in a process of its own, with an empty home of the hub's library; returns what it says."""

    def run(**environment: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
        script = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**clean, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", **environment},
            cwd=Path(__file__).resolve().parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        assert script.returncode == 0, script.stderr
        return script.stdout

    return run


@pytest.fixture
def published(tmp_path) -> Path:
    return write_csv(tmp_path / "published.csv", invented_rows())


def test_the_pinned_revision_is_fetched_with_the_users_token_and_is_the_exam_of_the_local_file(load, published):
    with hub(published.read_bytes()) as (address, asked):
        said = load(HF_ENDPOINT=address, HF_TOKEN="hf_of_the_user")
    assert said.split() == [gpqa_diamond(file=published).identity.data_hash, "198", REVISION]
    assert {token for path, token in asked if path == PATH} == {"Bearer hf_of_the_user"}


@pytest.mark.slow
def test_what_was_fetched_once_needs_no_network_again(load, published):
    with hub(published.read_bytes()) as (address, _):
        first = load(HF_ENDPOINT=address)
    assert load(HF_HUB_OFFLINE="1") == first


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code", "token", "said"),
    [
        (401, "GatedRepo", {}, "Ask for access on https://huggingface.co/datasets/Idavidrein/gpqa, then set HF_TOKEN"),
        (403, "GatedRepo", {"HF_TOKEN": "hf_x"}, "The token's account has not been let in: accept the terms on"),
        (401, None, {"HF_TOKEN": "hf_x"}, "The hub does not take the token that is set: renew HF_TOKEN"),
    ],
)
def test_missing_access_is_explained(load, status, code, token, said):
    with hub(b"", status, code) as (address, _):
        message = load(HF_ENDPOINT=address, **token)
    assert message.startswith("DataError: gpqa_diamond: Idavidrein/gpqa is gated, and the hub gives no access")
    assert f"HTTP {status}" in message
    assert said in message
    assert "--data gpqa_diamond=FILE" in message
    assert "--data-dir BUNDLE" in message
    assert "hf_x" not in message


@pytest.mark.slow
def test_a_missing_network_is_explained_otherwise(load):
    message = load(HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set, which forbids to ask the Hugging Face hub" in message
    assert "gated" not in message
    assert "--data gpqa_diamond=FILE" in message
    assert "--data-dir BUNDLE" in message


def test_a_hub_that_refuses_is_named_with_what_was_wanted_of_it(load):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        message = load(HF_ENDPOINT=address)
    assert f"gpqa_diamond: the Hugging Face hub at {address} refuses the connection" in message
    assert "Idavidrein/gpqa is not in its cache on this machine" in message
    assert "--data gpqa_diamond=FILE" in message


def test_a_revision_that_is_gone_is_named(load):
    with hub(b"", 404, "RevisionNotFound") as (address, _):
        assert f"has no gpqa_diamond.csv at revision {REVISION} any more" in load(HF_ENDPOINT=address)


def test_a_file_with_too_few_questions_is_not_taken_for_the_benchmark(load, tmp_path):
    with hub(write_csv(tmp_path / "few.csv", invented_rows(197)).read_bytes()) as (address, _):
        assert "holds 197 questions instead of 198" in load(HF_ENDPOINT=address)
