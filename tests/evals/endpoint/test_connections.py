"""Addresses, headers, redirects, certificates and proxies, over real sockets."""

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
import trustme

from quantgate.evals.contract.records import Status
from quantgate.evals.endpoint.client import Connection, Endpoint, RetryPolicy
from quantgate.evals.endpoint.proxies import proxy_for
from quantgate.evals.endpoint.url import parse_endpoint_url
from quantgate.evals.errors import EndpointUnreachable, RequestRefused, UsageError
from tests.conftest import right_answer
from tests.server.served import Reply, error_body, served_model

FAST = RetryPolicy(tries=2, total_s=5, first_wait_s=0.01, longest_wait_s=0.01)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def good(body):
    return Reply(right_answer(body))


def ask(url, request, **connection):
    async def scenario():
        async with Endpoint(url, "m", retry=FAST, connection=Connection(**connection)) as endpoint:
            return await endpoint.ask(request)

    return asyncio.run(scenario())


def models(url, **connection):
    async def scenario():
        async with Endpoint(url, "m", retry=FAST, connection=Connection(**connection)) as endpoint:
            return await endpoint.models(FAST)

    return asyncio.run(scenario())


def test_a_query_is_kept_on_every_request(request_of):
    with served_model(good) as server:
        url = f"{server.base_url}/?api-version=2024-10-21&x=a%20b"
        models(url)
        assert ask(url, request_of()).status is Status.OK
    query = "?api-version=2024-10-21&x=a%20b"
    assert server.log.targets == [f"/v1/models{query}", f"/v1/chat/completions{query}"]


def test_what_a_query_and_a_header_hold_is_in_no_message(request_of):
    def echo(body):
        return Reply(status=400, body=error_body("no such key: hidden-value, sk-of-header, 2024-10-21"))

    with served_model(echo) as server:
        answer = ask(f"{server.base_url}?code=hidden-value", request_of(), headers={"api-key": "sk-of-header"})
    assert server.log.headers[0]["api-key"] == "sk-of-header"
    assert answer.error == "HTTP 400: no such key: ***, ***, 2024-10-21"


def test_a_header_may_take_the_place_of_the_key(request_of):
    with served_model(good) as server:
        ask(server.base_url, request_of(), headers={"Authorization": "Token abc"})
        ask(server.base_url, request_of())
    assert server.log.authorizations == ["Token abc", None]


@pytest.mark.parametrize("query", ["token=abc", "a=1&access_token=abc", "TOKEN=x"])
def test_a_bearer_token_in_a_query_is_refused(query):
    with pytest.raises(UsageError, match="--api-key-env") as refused:
        parse_endpoint_url(f"http://h/v1?{query}")
    assert "abc" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_loses_the_question_is_told_with_where_it_points(request_of, status):
    reply = Reply(
        status=status, body="", headers={"Location": "https://elsewhere.example/v1/chat/completions?key=secret"}
    )
    with (
        served_model(lambda _: reply) as server,
        pytest.raises(RequestRefused, match=f"HTTP {status} .* points to https://elsewhere.example/v1/chat") as refused,
    ):
        ask(server.base_url, request_of())
    assert "--base-url" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_on_the_same_server_is_followed_with_the_question(request_of, status):
    seen = []

    def once(body):
        seen.append(body)
        return (
            Reply(status=status, body="", headers={"Location": "/v1/chat/completions"})
            if len(seen) == 1
            else good(body)
        )

    with served_model(once) as server:
        assert ask(server.base_url, request_of()).response == "The answer is 5."
    assert seen[0] == seen[1]


@pytest.mark.parametrize("status", [307, 308])
def test_no_key_is_carried_to_another_server(request_of, status):
    with served_model(good) as other, served_model(lambda _: Reply()) as server:
        server.rule = lambda _: Reply(
            status=status, body="", headers={"Location": f"{other.base_url}/chat/completions"}
        )
        with pytest.raises(RequestRefused, match="it points to"):
            ask(server.base_url, request_of())
    assert other.log.bodies == []


def test_a_redirect_without_end_is_told(request_of):
    reply = Reply(status=307, body="", headers={"Location": "/v1/chat/completions"})
    with served_model(lambda _: reply) as server, pytest.raises(RequestRefused, match="on and on"):
        ask(server.base_url, request_of())


@pytest.mark.parametrize(("status", "hint"), [(402, "payment"), (407, "the proxy wants a name and password")])
def test_payment_and_proxies_are_told_as_what_they_are(request_of, status, hint):
    with (
        served_model(lambda _: Reply(status=status, body=error_body("no"))) as server,
        pytest.raises(RequestRefused, match=f"HTTP {status}: no; .*{hint}"),
    ):
        ask(server.base_url, request_of())


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@contextmanager
def served_over_tls(authority, name="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with served_model(good, tls=context, streams=True) as server:
        yield server


@pytest.fixture
def bundle(authority, tmp_path):
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


def test_a_certificate_that_nobody_vouches_for_stops_everything_with_the_option_to_give(request_of, authority):
    with served_over_tls(authority) as server:
        for action in (lambda: ask(server.base_url, request_of()), lambda: models(server.base_url)):
            with pytest.raises(RequestRefused, match=r"certificate .* --ca-bundle"):
                action()


def test_a_bundle_is_trusted(request_of, authority, bundle):
    with served_over_tls(authority) as server:
        assert ask(server.base_url, request_of(), ca_bundle=bundle).status is Status.OK
        assert models(server.base_url, ca_bundle=bundle)


def test_the_systems_variable_is_heeded_on_this_machine_too(request_of, authority, bundle, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with served_over_tls(authority) as server:
        assert ask(server.base_url, request_of()).status is Status.OK


def test_a_certificate_of_another_name_is_told_apart(request_of, authority, bundle):
    with (
        served_over_tls(authority, "other.example") as server,
        pytest.raises(RequestRefused, match=r"not for 127\.0\.0\.1"),
    ):
        ask(server.base_url, request_of(), ca_bundle=bundle)


def test_a_tls_connection_that_breaks_in_mid_answer_is_a_fault_and_not_the_end(request_of, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def break_off(listener):
        for _ in range(FAST.tries):
            raw, _ = listener.accept()
            beneath = raw.dup()
            with context.wrap_socket(raw, server_side=True) as spoken:
                spoken.recv(65536)
                spoken.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices": [')
                beneath.sendall(b"no TLS record" * 4)
                spoken.recv(1)
            beneath.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=break_off, args=(listener,), daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        answer = ask(url, request_of(), ca_bundle=tmp_path / "ca.pem", stream=False)
    assert (answer.status, answer.attempts) == (Status.ERROR, FAST.tries)
    assert "connection fault" in answer.error


def test_a_self_signed_certificate_is_called_so_and_can_be_trusted(request_of, tmp_path):
    own = trustme.CA()
    own.cert_pem.write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "key.pem")
    with served_model(good, tls=context) as server:
        with pytest.raises(RequestRefused, match=r"its certificate is self-signed .* --ca-bundle FILE"):
            ask(server.base_url, request_of())
        with pytest.raises(RequestRefused, match="not for"):
            ask(server.base_url, request_of(), ca_bundle=tmp_path / "own.pem")


def test_tls_where_none_is_spoken_is_told(request_of):
    with served_model(good) as server, pytest.raises(RequestRefused, match="is it http://"):
        ask(server.base_url.replace("http://", "https://"), request_of())


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("hello", "no certificate in PEM form")])
@pytest.mark.parametrize("named", ["--ca-bundle", "SSL_CERT_FILE"])
def test_a_bundle_without_certificates_is_refused_before_asking(tmp_path, monkeypatch, content, said, named):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    if named == "SSL_CERT_FILE":
        monkeypatch.setenv(named, str(file))
    with pytest.raises(UsageError, match=f"{named} .*{said}"):
        Endpoint("https://h/v1", "m", connection=Connection(ca_bundle=file if named == "--ca-bundle" else None))


@pytest.mark.parametrize(
    ("variables", "url", "used"),
    [
        ({}, "http://far.example/v1", None),
        ({"HTTP_PROXY": "http://proxy:1"}, "http://far.example/v1", "http://proxy:1"),
        ({"HTTP_PROXY": "proxy:1"}, "http://far.example/v1", "http://proxy:1"),
        ({"HTTP_PROXY": "http://proxy:1"}, "https://far.example/v1", None),
        ({"https_proxy": "http://proxy:2"}, "https://far.example/v1", "http://proxy:2"),
        ({"ALL_PROXY": "socks5://proxy:3"}, "https://far.example/v1", "socks5://proxy:3"),
        (
            {"ALL_PROXY": "socks5h://proxy:3", "HTTPS_PROXY": "http://proxy:1"},
            "https://far.example/v1",
            "http://proxy:1",
        ),
        ({"ALL_PROXY": "http://proxy:3", "NO_PROXY": "example"}, "https://far.example/v1", None),
        ({"ALL_PROXY": "http://proxy:3", "NO_PROXY": "far.example:443, x"}, "https://far.example:443/v1", None),
        ({"ALL_PROXY": "http://proxy:3", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/v1", None),
        ({"ALL_PROXY": "http://proxy:3", "NO_PROXY": "*"}, "https://far.example/v1", None),
        ({"ALL_PROXY": "http://proxy:3"}, "http://127.0.0.1:8000/v1", None),
        ({"ALL_PROXY": "http://proxy:3"}, "http://[::1]:8000/v1", None),
    ],
)
def test_the_environment_says_which_proxy_is_used(monkeypatch, variables, url, used):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(url)
    assert (proxy.url if proxy else None) == used


@pytest.mark.parametrize("url", ["ftp://proxy:1", "socks9://proxy:1", "http://", "http://proxy:port"])
def test_a_proxy_that_cannot_be_spoken_to_is_refused_with_its_variable(monkeypatch, url):
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(UsageError, match=r"ALL_PROXY .*NO_PROXY"):
        Endpoint("http://far.example/v1", "m")


def test_a_socks_proxy_is_refused_where_nothing_speaks_to_it(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://me:hunter2@proxy:1080")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"quantgate\[socks\]") as refused:
        Endpoint("http://far.example/v1", "m")
    assert "hunter2" not in str(refused.value)


@contextmanager
def proxy_server(answer):
    """A proxy that reads one request of each connection and leaves the rest to `answer(connection, first bytes)`."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                answer(connection, seen[-1])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_an_http_proxy_is_asked_with_the_whole_address(request_of, monkeypatch):
    body = b'{"choices": [{"message": {"content": "5"}, "finish_reason": "stop"}]}'

    def answer(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with proxy_server(answer) as (port, seen):
        monkeypatch.setenv("HTTP_PROXY", f"http://me:pass@127.0.0.1:{port}")
        assert ask("http://far.example/v1", request_of()).response == "5"
    assert seen[0].startswith(b"POST http://far.example/v1/chat/completions")
    assert b"Proxy-Authorization: Basic" in seen[0]


@pytest.mark.parametrize("url", ["http://far.example/v1", "https://far.example/v1"])
def test_a_proxy_that_wants_a_password_is_told_as_one(request_of, monkeypatch, url):
    def answer(connection, _):
        connection.sendall(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )

    with proxy_server(answer) as (port, _):
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(RequestRefused, match=r"HTTP 407.*the proxy wants a name and password"):
            ask(url, request_of())


def test_a_proxy_that_is_not_there_is_told_apart_from_the_server(monkeypatch):
    with proxy_server(lambda *_: None) as (port, _):
        pass
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
    with pytest.raises(EndpointUnreachable, match=r"ALL_PROXY \(http://127"):
        models("http://far.example/v1")


@pytest.mark.parametrize(
    ("scheme", "asked"), [("socks5h", b"\x03\x0bfar.example"), ("socks5", b"\x01\x7f\x00\x00\x01")]
)
def test_a_socks_proxy_is_spoken_to_as_one(request_of, monkeypatch, scheme, asked):
    pytest.importorskip("socksio")
    requests = []
    body = b'{"choices": [{"message": {"content": "5"}, "finish_reason": "stop"}]}'

    def answer(connection, _):
        connection.sendall(b"\x05\x00")
        requests.append(connection.recv(100))
        connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    # A name that is looked up here has to lead somewhere; only the proxy is asked to go there.
    monkeypatch.setattr("quantgate.evals.endpoint.proxies.is_loopback", lambda _: False)
    host = "far.example" if scheme == "socks5h" else "127.0.0.1"
    with proxy_server(answer) as (port, seen):
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
        assert ask(f"http://{host}/v1", request_of()).response == "5"
    assert seen[0][:1] == b"\x05"
    assert asked in requests[0]


def test_connections_that_a_server_closes_though_it_keeps_them_cost_no_second_try(request_of):
    """As llama.cpp does after every stream."""
    event = b'data: {"choices": [{"index": 0, "delta": {"content": "5"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def answer(reader, writer):
        asked = await reader.readuntil(b"\r\n\r\n")
        length = int(asked.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(head + b"%x\r\n" % len(event) + event + b"\r\n0\r\n\r\n")
        writer.close()

    async def scenario():
        faults = []
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            async with Endpoint(url, "m", retry=RetryPolicy(4, 5, 0.01, 0.01)) as endpoint:
                answers = [await endpoint.ask(request_of(), faults.append) for _ in range(30)]
        return answers, faults

    answers, faults = asyncio.run(scenario())
    assert {given.status for given in answers} == {Status.OK}
    assert faults == []
