"""The arithmetic of FP8 and MXFP4: weights in, rounded weights out; pure.

Sources: OCP 8-bit Floating Point Specification 1.0 (E4M3) and OCP Microscaling Formats 1.0, in the text "MX".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantgate.evals.embedded.errors import MissingExtra

if TYPE_CHECKING:
    from types import ModuleType

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Bytes = NDArray[np.uint8]

FP8_MAX = 448.0
SCALE_BITS = 7
BLOCK = 32
_HALF = BLOCK // 2
_E2M1_TOP_EXPONENT = 2


def fp8_scales(weights: Floats) -> Floats:
    """One scale per output channel: amax / 448, rounded up to 7 significant bits.

    An E4M3 number has 4 significant bits, so its product with such a scale has at most 11: what F16 holds. Rounding
    up, by less than 1 part in 64, keeps amax within range. A channel of zeros gets the scale 1.

    Parameters
    ----------
    weights
        (outputs, inputs), finite.

    Returns
    -------
    Floats
        (outputs, 1), float32, exact.
    """
    amax = np.abs(weights).max(axis=1, keepdims=True)
    significand, exponent = np.frexp(amax.astype(np.float64) / FP8_MAX)
    rounded = np.ldexp(np.ceil(np.ldexp(significand, SCALE_BITS)), exponent - SCALE_BITS)
    return np.where(amax > 0, rounded, 1.0).astype(np.float32)


def round_fp8(weights: Floats) -> Halves:
    """Round to FP8 E4M3 with a scale per output channel, nearest even, and multiply out.

    The result is exact in F16 wherever it is 2^-14 or larger; below, F16 itself steps by 2^-24, and a product may be
    off by half of that. (That is 1 weight in 26,000 of the embedded model, by 3e-8 at most.)

    Parameters
    ----------
    weights
        (outputs, inputs), float32.

    Returns
    -------
    Halves
        (outputs, inputs), float16.

    Raises
    ------
    ValueError
        A weight is not finite, or too large for F16.
    """
    _check_finite(weights)
    if weights.size and np.abs(weights).max() > np.finfo(np.float16).max:
        raise ValueError("a weight is too large for F16")
    scales = fp8_scales(weights)
    elements = (weights / scales).astype(_ml_dtypes().float8_e4m3fn)
    product: Halves = (elements.astype(np.float32) * scales).astype(np.float16)
    return product


def mxfp4_encode(weights: Floats) -> tuple[Bytes, Bytes]:
    """Round to MXFP4: blocks of 32 along the inputs share a power-of-two scale; the elements are E2M1.

    The scale is 2^(floor(log2 amax) - 2) (MX, 6.3: the largest power of two in the block, over the largest one in
    E2M1, which is 4). Elements are rounded to nearest, ties to even, and clamped to 6 (MX, 5.3 and 6.3). `gguf`'s own
    `quantize` is not used because it sends ties toward zero and takes the exponent from a rounded float32 logarithm.

    Parameters
    ----------
    weights
        (outputs, inputs), float32, with inputs a multiple of 32.

    Returns
    -------
    tuple[Bytes, Bytes]
        Scales: (outputs, inputs / 32), E8M0 codes: the scale is 2^(code - 127) (MX, 5.4.1). codes: (outputs, inputs),
        E2M1 codes 0 to 15: sign, two bits of exponent, one of mantissa (MX, 5.3.3).

    Raises
    ------
    ValueError
        A weight is not finite, or the inputs do not divide into blocks.
    """
    outputs, inputs = weights.shape
    if inputs % BLOCK:
        raise ValueError(f"{inputs} inputs do not divide into blocks of {BLOCK}")
    _check_finite(weights)
    blocks = np.ascontiguousarray(weights, dtype=np.float32).reshape(outputs, inputs // BLOCK, BLOCK)
    amax = np.abs(blocks).max(axis=2)
    # The exponent field of a float32 is floor(log2) + 127 for every normal number, and 0 for zero and subnormals.
    exponents = (amax.view(np.uint32) >> np.uint32(23)).astype(np.int32)
    scales = np.maximum(exponents - _E2M1_TOP_EXPONENT, 0)
    inverse = np.ldexp(np.float32(1), 127 - scales)
    elements = (blocks * inverse[..., None]).astype(_ml_dtypes().float4_e2m1fn)
    return scales.astype(np.uint8), elements.view(np.uint8).reshape(outputs, inputs)


def mxfp4_pack(scales: Bytes, codes: Bytes) -> Bytes:
    """Pack into GGUF's MXFP4 type: per block the scale's byte, then 16 bytes with element i low and i + 16 high.

    Parameters
    ----------
    scales
        (outputs, inputs / 32), as `mxfp4_encode` gives them.
    codes
        (outputs, inputs), likewise.

    Returns
    -------
    Bytes
        (outputs, inputs / 32 * 17), uint8.
    """
    outputs, blocks = scales.shape
    halves = codes.reshape(outputs, blocks, 2, _HALF)
    packed = np.empty((outputs, blocks, 1 + _HALF), dtype=np.uint8)
    packed[:, :, 0] = scales
    packed[:, :, 1:] = halves[:, :, 0] | (halves[:, :, 1] << np.uint8(4))
    return packed.reshape(outputs, blocks * (1 + _HALF))


def _check_finite(weights: Floats) -> None:
    if not np.isfinite(weights).all():
        raise ValueError("a weight is not finite")


def _ml_dtypes() -> ModuleType:
    try:
        import ml_dtypes
    except ImportError as error:
        raise MissingExtra("ml-dtypes") from error
    module: ModuleType = ml_dtypes
    return module
