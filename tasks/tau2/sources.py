"""What of tau2's own code decides over a reward: a hash of it, and whether a version is old. Runs in a worker process.

A version alone does not tell: all fixes of 1.0.1 were in checkouts that still called themselves 1.0.0.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_DECIDES = (
    "evaluator/evaluator*.py",
    "environment/*.py",
    "data_model/tasks.py",
    "data_model/message.py",
    "agent/llm_agent.py",
    "user/user_simulator.py",
    "user/user_simulator_base.py",
    "orchestrator/orchestrator.py",
    "knowledge/**/*.py",
    "utils/utils.py",
)
_OLDER = re.compile(r"[\W_]*(a|b|rc|alpha|beta|pre|dev)", re.IGNORECASE)


def code_hash(package: Path, domain: str, guidelines: str) -> str:
    """The SHA-256 of the files under `package` that simulate and grade a domain, and of what its user is told to be."""
    digest = hashlib.sha256(guidelines.encode())
    for pattern in (*_DECIDES, f"domains/{domain}/**/*.py"):
        for file in sorted(package.glob(pattern)):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def is_below(version: str, least: str) -> bool:
    """Whether a version comes before the release `least`; one that cannot be read does. `1.0.1rc1` is below `1.0.1`."""
    release = re.match(r"v?(\d+(?:\.\d+)*)", version)
    if release is None:
        return True
    ours, theirs = (tuple(int(part) for part in text.split(".")) for text in (release[1], least))
    width = max(len(ours), len(theirs))
    ours, theirs = ours + (0,) * (width - len(ours)), theirs + (0,) * (width - len(theirs))
    return ours < theirs or (ours == theirs and _OLDER.match(version[release.end() :]) is not None)
