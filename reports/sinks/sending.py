"""Sends sheets to the trackers that were asked for, each in a process of its own and within a bound of time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from quantgate.evals.endpoint.url import redact_url
from quantgate.evals.secrets import learn, without_keys
from quantgate.evals.text import one_line
from quantgate.reports.sinks.child import FAILED, MISSING, SENT
from quantgate.reports.sinks.types import Order, Sheet

_MOST_SECONDS = 60.0
_MOST_REASON = 240
_SECRETS = (
    *("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "WANDB_API_KEY", "DATABRICKS_TOKEN"),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
_ADDRESSES = ("MLFLOW_TRACKING_URI", "WANDB_BASE_URL")
_USER_INFO = re.compile(r"(?<=://)[^/\s]*@")
_UNREACHED = {
    r"connection refused": "the connection was refused",
    r"failed to resolve|name or service not known|no such host": "there is no such host",
    r"read timed out|connect timeout|connection to .* timed out|deadline exceeded": "the server does not answer",
}
_MODULES = {"mlflow": "quantgate.reports.sinks.to_mlflow", "wandb": "quantgate.reports.sinks.to_wandb"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of what was sent by one option: a sentence, and whether it has arrived."""

    arrived: bool
    told: str


def send(sheets: tuple[Sheet, ...], trackers: Mapping[str, str]) -> list[Delivery]:
    """Send sheets wherever was asked, to targets by option; what fails is told, and stops nothing."""
    return [_sent(option, Order(target, sheets)) for option, target in trackers.items()]


def _sent(option: str, order: Order) -> Delivery:
    _learn_secrets(order.target)
    where = one_line(redact_url(order.target), 120)
    said = _run(_MODULES[option], order)
    if SENT in said:
        return Delivery(True, f"sent: --{option} {where}: {_clean(said[SENT], order.target)}")
    if MISSING in said:
        why = f"nothing was sent: pip install 'quantgate[{option}]' ({_clean(said[MISSING], order.target)})"
        return Delivery(False, f"--{option}: {why}")
    return Delivery(
        False, f"--{option} {where}: nothing is known to have arrived: {_clean(said[FAILED], order.target)}"
    )


def _run(module: str, order: Order) -> Mapping[str, str]:
    """What the process says; it has no terminal, and is gone with all that it started when this returns."""
    # -P keeps a file `wandb.py` or a folder `mlflow` that lies here from being taken for the library.
    process = subprocess.Popen(
        [sys.executable, "-P", "-X", "utf8", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(order.to_json().encode(), timeout=_MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return {FAILED: f"no answer within {_MOST_SECONDS:g} seconds"}
    except KeyboardInterrupt:
        # The verdict is there, and its exit code is what the user is to have.
        return {FAILED: "stopped"}
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    try:
        said = json.loads(out)
    except ValueError:
        return {FAILED: f"its process ended with code {process.returncode}"}
    return {name: str(value) for name, value in said.items()}


def _learn_secrets(target: str) -> None:
    for url in (target, *(os.environ.get(name, "") for name in _ADDRESSES)):
        with suppress(ValueError):
            parts = urlsplit(url)
            user = parts.netloc.rpartition("@")[0]
            for secret in (user, *user.split(":"), *(value for _, value in parse_qsl(parts.query))):
                learn(secret, "password")
                learn(unquote(secret), "password")
    for name in _SECRETS:
        learn(os.environ.get(name), name)


def _clean(text: str, target: str) -> str:
    """What a library says in a line without what is secret in addresses: of a server out of reach, that alone."""
    known = next((said for pattern, said in _UNREACHED.items() if re.search(pattern, text, re.IGNORECASE)), text)
    shown = _USER_INFO.sub("", known.replace(target, redact_url(target)))
    return one_line(without_keys(shown), _MOST_REASON)
