"""The worst false pass of a bootstrap in a setting, measured once on a machine and kept in the user's cache."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from math import isfinite
from pathlib import Path

from platformdirs import user_cache_path

from quantgate.evals.files import read_text, write_atomically
from quantgate.evals.hashing import canonical_hash
from quantgate.evals.stats.bootstrap.setting import Setting, WorstFalsePass
from quantgate.evals.stats.bootstrap.worst import worst_measured
from quantgate.evals.versions import software_versions


def worst_false_pass(setting: Setting) -> WorstFalsePass:
    """`evals.stats.bootstrap.worst.worst_measured`, from the cache where it is there.

    The key is all that the figure depends on, the versions of the software among it. A cache that cannot be read or
    written is done without, and a file in it that holds no such figure is written anew.
    """
    versions = {"numpy": version("numpy"), "scipy": version("scipy"), "quantgate": software_versions()["quantgate"]}
    file = user_cache_path("quantgate", appauthor=False) / "false-pass" / f"{_key(setting, versions)}.json"
    if (kept := _read(file)) is not None:
        return kept
    found = worst_measured(setting)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(found)))
    except OSError:
        return found
    return found


def _key(setting: Setting, versions: dict[str, str]) -> str:
    return canonical_hash([asdict(setting), versions])


def _read(file: Path) -> WorstFalsePass | None:
    try:
        held = json.loads(read_text(file))
        found = WorstFalsePass(float(held["rate"]), float(held["error"]), str(held["how"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if 0 <= found.rate <= 1 and isfinite(found.error) else None
