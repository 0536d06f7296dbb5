"""A server that a fleet starts by a command: sums its prompts' numbers, and misbehaves as it is told to.

`python tests/server/staged.py --port 8000 --model m [...]`; the standard library alone, so that it is up at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--wrong-every", type=int, default=0, help="every n-th sum, by its numbers, is wrong; 0: none")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that an answer takes")
    parser.add_argument("--unready", type=int, default=0, help="so many looks are told 503")
    parser.add_argument("--says", default="", help="a line that it prints before it is up")
    parser.add_argument("--log-mb", type=int, default=0, help="so much it prints before it is up")
    parser.add_argument("--fails", action="store_true", help="it ends with code 3 instead of coming up")
    parser.add_argument("--mute", action="store_true", help="it never listens")
    parser.add_argument("--dies-after", type=int, default=0, help="it kills itself at that answer")
    parser.add_argument("--deaf", action="store_true", help="it ignores SIGTERM")
    parser.add_argument("--child", type=Path, help="a child in a session of its own writes its process id there")
    parser.add_argument("--pid", type=Path, help="it writes its own process id there")
    said = parser.parse_args()
    if said.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if said.pid:
        said.pid.write_text(str(os.getpid()))
    if said.child:
        child = subprocess.Popen([sys.executable, "-c", _DEAF_CHILD], start_new_session=True, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()  # it is deaf by now
        said.child.write_text(str(child.pid))
    line = ("loading " + "x" * 1015 + "\n").encode()
    for _ in range(said.log_mb << 10):
        os.write(1, line)
    if said.says:
        print(said.says, flush=True)
    if said.fails:
        sys.exit(3)
    if said.mute:
        threading.Event().wait()
    _Staged(said).serve_forever()


_DEAF_CHILD = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
threading.Event().wait()
"""


class _Staged(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, said: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", said.port), _Handler)
        self.said = said
        self.looks = self.answers = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Staged
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.looks += 1
        if self.server.looks <= self.server.said.unready:
            self._send(503, {"error": {"message": "loading"}})
        else:
            self._send(200, {"object": "list", "data": [{"id": self.server.said.model, "object": "model"}]})

    def do_POST(self) -> None:
        said = self.server.said
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            return self._send(404, {"error": {"message": "not found"}})
        self.server.answers += 1
        if said.dies_after and self.server.answers >= said.dies_after:
            print("CUDA error: an illegal memory access was encountered", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(said.slow)
        return self._send(200, _reply(said.model, _sum(body["messages"][-1]["content"], said.wrong_every)))

    def log_message(self, *_: object) -> None: ...

    def _send(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


def _sum(prompt: str, wrong_every: int) -> str:
    numbers = [int(number) for number in re.findall(r"\d+", prompt)][-2:]
    total = sum(numbers)
    return str(total + 1 if wrong_every and sum(numbers) % wrong_every == 0 else total)


def _reply(model: str, content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    }


if __name__ == "__main__":
    main()
