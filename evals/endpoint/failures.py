"""How an HTTP exchange fails: by a connection that another try may heal, or by an answer that none would."""

from __future__ import annotations

from quantgate.evals.contract.fault import Fault


class Broken(Fault):
    """The connection broke."""


class Unreachable(Broken):
    """No connection could be made, or it broke before an answer began."""


class Refusal(Exception):
    """An HTTP answer that no other try would heal. `body` is its text, `said` what of it is for people."""

    def __init__(self, status: int, body: str, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.body = body
        self.said = said


class MalformedReply(Exception):
    """A body that is no chat completion: not JSON, an `error` under HTTP 200, no choices."""
