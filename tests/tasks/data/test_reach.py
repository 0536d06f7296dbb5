"""A hub that cannot be reached: said at once, by what does not answer, and not tried again."""

import os
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import close_session, constants

from quantgate.tasks.data import reach


@pytest.fixture(autouse=True)
def reachable_again(monkeypatch):
    """What is found out here ends with the test."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("HF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(reach, "_gone_without", [])
    reach._asked.cache_clear()
    close_session()  # which has read the proxies of its time
    yield
    reach._asked.cache_clear()


@pytest.fixture
def address():
    """Of a port that is taken, and at which nobody listens before `listen` is called."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


def url_of(taken):
    return f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def answering(status):
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 307, 401, 404, 405])
def test_whatever_a_hub_answers_it_is_there(monkeypatch, status):
    with answering(status) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert reach.why_out_of_reach("a/b") is None
    assert reach.gone_without() is None
    assert not constants.HF_HUB_OFFLINE


def test_a_broken_gateway_is_none(monkeypatch):
    with answering(503) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert reach.why_out_of_reach("a/b") == f"the Hugging Face hub at {url} answers with HTTP 503"


def test_a_refusal_is_said_and_the_hubs_library_tries_no_more(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", url_of(address))
    said = f"the Hugging Face hub at {url_of(address)} refuses the connection"
    assert reach.why_out_of_reach("a/b") == said
    assert reach.gone_without() == said
    assert constants.HF_HUB_OFFLINE
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert reach.why_out_of_reach("c/d") == said


def test_one_that_takes_the_connection_and_is_silent_is_waited_for_with_a_bound(monkeypatch, address):
    address.listen()
    monkeypatch.setenv("HF_ENDPOINT", f"http://user:secret@127.0.0.1:{address.getsockname()[1]}")
    monkeypatch.setattr(reach, "_LIMIT_S", 0.2)
    why = reach.why_out_of_reach("a/b")
    assert why == f"the Hugging Face hub at {url_of(address)} does not answer within 0.2 s"


def test_where_the_hubs_own_variable_says_longer_that_holds(monkeypatch):
    for said, limit in (("45", 45.0), ("2", 10.0), ("soon", 10.0), (None, 10.0)):
        monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", said) if said else monkeypatch.delenv("HF_HUB_ETAG_TIMEOUT")
        assert reach._limit_s() == limit


def test_a_name_that_nobody_knows_is_said(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    assert (
        reach.why_out_of_reach("a/b") == "the Hugging Face hub at http://hub.invalid has a name that is not known here"
    )


def test_the_proxy_is_named_where_it_is_the_one_that_does_not_answer(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{address.getsockname()[1]}")
    said = f"the Hugging Face hub at http://hub.invalid, through the proxy {url_of(address)}, refuses the connection"
    assert reach.why_out_of_reach("a/b") == said


def test_what_is_fetched_is_told_while_it_is(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://user:secret@hub.example/path")
    assert reach.waited_for() is None
    with reach.fetching("a/b"):
        assert reach.waited_for() == "a/b from https://hub.example"
    assert reach.waited_for() is None
