"""The embedded model in several precisions: one GGUF file each, built out of the source file and cached beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from quantgate.evals.embedded.cache import OnProgress, scratch, settle, sha256_of
from quantgate.evals.embedded.errors import BuildError, MissingExtra
from quantgate.evals.embedded.rounding import Bytes, Halves, mxfp4_encode, mxfp4_pack, round_fp8

if TYPE_CHECKING:
    from types import ModuleType

    from gguf import GGUFReader, GGUFWriter, ReaderTensor

BUILD_VERSION = 1
"""Raised whenever `build` would write other weights, so that no file of an older build is used."""


class Precision(StrEnum):
    """A precision of the linear layers. Q4_1 is how the source file comes."""

    FP8 = "fp8"
    Q4_1 = "q4_1"
    MXFP4 = "mxfp4"


# llama.cpp's own numbers for `general.file_type`: mostly F16, mostly MXFP4.
_FILE_TYPE = {Precision.FP8: 1, Precision.MXFP4: 38}


def built(source: Path, precision: Precision, progress: OnProgress | None = None) -> Path:
    """The model in `precision`, out of the cache if it is there, else built and kept beside `source`.

    A file's name carries its own digest, so a torn or altered one is recognised, removed and built anew.

    Raises
    ------
    BuildError, CacheError, MissingExtra
        As `build`.
    """
    if precision is Precision.Q4_1:
        return source
    stem = f"{source.stem.removesuffix('.Q4_1')}.{precision}-{BUILD_VERSION}-{sha256_of(source)[:8]}"
    for kept in sorted(source.parent.glob(f"{stem}-*.gguf")):
        if kept.stem.rpartition("-")[2] == sha256_of(kept)[:16]:
            return kept
        kept.unlink(missing_ok=True)
    with scratch(source.parent) as folder:
        fresh = folder / "fresh.gguf"
        _write(source, precision, fresh, progress)
        return settle(fresh, source.parent / f"{stem}-{sha256_of(fresh)[:16]}.gguf")


def build(source: Path, precision: Precision, target: Path, progress: OnProgress | None = None) -> Path:
    """Write the model at `source` in `precision` to `target`, in one step: it is there whole or not at all.

    Only the linear layers are rounded; embeddings, norms and metadata are copied as they are. FP8 weights are stored
    multiplied out, as F16; MXFP4 weights in GGUF's own type.

    Parameters
    ----------
    source
        A GGUF file.
    precision
        Q4_1 writes nothing; the source is that file.
    target
        The file to write; its folder exists.
    progress
        Told the linear layers done and their total.

    Returns
    -------
    Path
        `target`, or `source` for Q4_1.

    Raises
    ------
    BuildError
        `source` cannot be read as a GGUF file, or its weights cannot be rounded.
    CacheError
        No space or no permission to write.
    MissingExtra
        A package of the extra `[demo]` is missing.
    """
    if precision is Precision.Q4_1:
        return source
    with scratch(target.parent) as folder:
        fresh = folder / target.name
        _write(source, precision, fresh, progress)
        return settle(fresh, target)


def is_linear(name: str, dimensions: int) -> bool:
    """Whether a tensor is the weight of a linear layer: a matrix inside a block, so no embedding and no norm."""
    return dimensions == 2 and name.startswith("blk.") and name.endswith(".weight")


def _write(source: Path, precision: Precision, path: Path, progress: OnProgress | None) -> None:
    gguf = _gguf()
    try:
        reader = gguf.GGUFReader(source)
        architecture = reader.fields["general.architecture"].contents()
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise BuildError(f"{source} cannot be read as a GGUF file ({error}). Delete it and fetch it again.") from error
    writer = gguf.GGUFWriter(path, architecture)
    try:
        _copy_metadata(reader, writer, _FILE_TYPE[precision])
        _add_tensors(reader, writer, precision, progress)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    except ValueError as error:
        raise BuildError(f"{source} cannot be rounded to {precision}: {error}") from error
    finally:
        writer.close()


def _copy_metadata(reader: GGUFReader, writer: GGUFWriter, file_type: int) -> None:
    gguf = _gguf()
    for name, entry in reader.fields.items():
        # The writer sets these itself.
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = file_type if name == "general.file_type" else entry.contents()
        subtype = entry.types[-1] if entry.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(name, value, entry.types[0], sub_type=subtype)


def _add_tensors(reader: GGUFReader, writer: GGUFWriter, precision: Precision, progress: OnProgress | None) -> None:
    gguf = _gguf()
    total = sum(is_linear(tensor.name, len(tensor.shape)) for tensor in reader.tensors)
    done = 0
    stored = gguf.GGMLQuantizationType.F16 if precision is Precision.FP8 else gguf.GGMLQuantizationType.MXFP4
    for tensor, rounded in _rounded(reader.tensors, precision):
        if rounded is None:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
            continue
        writer.add_tensor(tensor.name, rounded, raw_dtype=stored)
        done += 1
        if progress is not None:
            progress(done, total)


def _rounded(tensors: list[ReaderTensor], precision: Precision) -> Iterator[tuple[ReaderTensor, Bytes | Halves | None]]:
    """Each tensor with its rounded weights, in order; None for what is copied. numpy lets threads work side by side."""

    def work(tensor: ReaderTensor) -> Bytes | Halves | None:
        if not is_linear(tensor.name, len(tensor.shape)):
            return None
        weights = _gguf().quants.dequantize(tensor.data, tensor.tensor_type)
        return round_fp8(weights) if precision is Precision.FP8 else mxfp4_pack(*mxfp4_encode(weights))

    pool = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1))
    try:
        yield from zip(tensors, pool.map(work, tensors), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _gguf() -> ModuleType:
    try:
        import gguf
    except ImportError as error:
        raise MissingExtra("gguf") from error
    module: ModuleType = gguf
    return module
