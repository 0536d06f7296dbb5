"""An S3 server on this machine, and a proxy before it that fails: 500s, slow answers, connections that are cut."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SERVE = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def s3_server() -> Iterator[str]:
    """The URL of moto's server in a process of its own, with an empty bucket `runs`."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("PUT", "/runs")
        assert connection.getresponse().status == 200
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class Flaky:
    """A proxy that does one of `faults` to a `share` of the requests, drawn by a seed; `down` fails all of them.

    Faults: `500`; `slow`, half a second; `cut`, before the request is passed on; `lost`, after it was; `half`, in the
    middle of the answer.
    """

    def __init__(self, target: str, share: float, faults: tuple[str, ...], seed: int) -> None:
        self.share, self.down = share, False
        self.happened: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._faults, self._drawn, self._lock = faults, random.Random(seed), threading.Lock()
        self._target = urlsplit(target).netloc
        flaky = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                flaky.serve(self)

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _serve

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._slow = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self, asked: BaseHTTPRequestHandler) -> None:
        """Pass one request on, or not."""
        body = self._body(asked)
        with self._lock:
            fault = self._drawn.choice(self._faults) if self._drawn.random() < self.share else ""
            fault = "cut" if self.down else fault
            self.happened[fault] += 1
            self.requests[asked.command] += 1
        if fault == "slow":
            self._slow.wait(0.5)
        if fault == "cut":
            asked.close_connection = True
            return
        if fault == "500":
            asked.send_response(500)
            asked.send_header("Content-Length", "0")
            asked.end_headers()
            return
        passed = http.client.HTTPConnection(self._target, timeout=30)
        kept = {name: value for name, value in asked.headers.items() if name.lower() not in ("connection", "expect")}
        passed.request(asked.command, asked.path, body, kept)
        answer = passed.getresponse()
        content = answer.read()
        passed.close()
        if fault == "lost":
            asked.close_connection = True
            return
        asked.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                asked.send_header(name, value)
        length = answer.getheader("Content-Length") if asked.command == "HEAD" else str(len(content))
        asked.send_header("Content-Length", length or "0")
        asked.end_headers()
        if fault == "half":
            asked.wfile.write(content[: len(content) // 2])
            asked.close_connection = True
            return
        asked.wfile.write(content)

    def _body(self, asked: BaseHTTPRequestHandler) -> bytes:
        if asked.headers.get("Expect", "").lower() == "100-continue":
            asked.send_response_only(100)
            asked.end_headers()
        if "chunked" not in asked.headers.get("Transfer-Encoding", ""):
            return asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        parts = []
        while size := int(asked.rfile.readline().split(b";")[0], 16):
            parts.append(asked.rfile.read(size))
            asked.rfile.readline()
        asked.rfile.readline()
        return b"".join(parts)

    def __enter__(self) -> Flaky:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
