"""How a worker process is started: its command, its environment, and what a run asks of it before anything else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quantgate.evals.endpoint.url import is_loopback
from quantgate.evals.errors import UsageError
from quantgate.evals.text import excerpt
from quantgate.tasks.tau2.drain import Drained
from quantgate.tasks.tau2.wire import Ending, Outcome

_WORKER = Path(__file__).with_name("worker.py")


def worker_command(python: Path | None) -> list[str]:
    """The worker under `python` or the current interpreter; by its path, for quantgate need not be installed there."""
    return [str(python or sys.executable), str(_WORKER)]


def worker_environment(urls: Iterable[str] = (), ca_bundle: Path | None = None) -> dict[str, str]:
    """The environment of a worker that is to ask `urls`, and to trust the certificates of `ca_bundle`.

    litellm fetches no price map and sends no telemetry, a stray `.env` cannot switch tau2's cache on, the OpenAI
    client's own variables are nobody's business, and no proxy stands between this machine and itself.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    local = {host for url in urls if is_loopback(url) and (host := urlsplit(url).hostname)}
    direct = ",".join([*filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy")]), *sorted(local)])
    return kept | {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
        "LLM_CACHE_ENABLED": "false",
        "PYTHON_DOTENV_DISABLED": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        **({} if ca_bundle is None else {"SSL_CERT_FILE": str(ca_bundle.absolute())}),
    }


def describe(
    python: Path | None, domains: Sequence[str], *, least: str | None = None, retrieval: str | None = None
) -> dict[str, Any]:
    """What the benchmark holds, asked of a worker (see `tasks.tau2.packages.Package.describe`).

    Raises
    ------
    UsageError
        When that Python cannot be started, or its environment cannot run tau2; says what to do.
    """
    which = "the environment that quantgate runs in" if python is None else f"--tau2-python {python}"
    try:
        process = subprocess.Popen(
            worker_command(python),
            env=worker_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise UsageError(f"{which}: cannot be started: {error.strerror or error}") from None
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        asked = {"least": least, "retrieval": retrieval}
        command = {"id": 0, "command": "describe", "domains": list(domains), **asked}
        # tau2 says much on standard error before it answers; more than a pipe holds would stop it.
        errors = Drained(process.stderr)
        try:
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            outcome = Outcome.parse(json.loads(line)["outcome"])
        except (OSError, ValueError, KeyError, TypeError):
            process.kill()
            said = excerpt(errors.last_line()) or "nothing"
            raise UsageError(f"{which}: is no Python that can run tau2; it said: {said}") from None
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
    if outcome.ending is not Ending.DONE:
        raise UsageError(f"{which} cannot run tau2: {outcome.message}")
    return dict(outcome.result)
