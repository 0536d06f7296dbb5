"""FP8 and MXFP4 rounding against values worked out by hand from the OCP specifications, and their laws."""

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantgate.evals.embedded.rounding import fp8_scales, mxfp4_encode, mxfp4_pack, round_fp8

# E4M3: 2^-9 steps below 2^-6, then 3 bits of mantissa up to 448 (mantissa 7 of the top exponent is NaN).
E4M3 = np.array([n * 2.0**-9 for n in range(8)] + [(8 + m) * 2.0**e for e in range(-9, 6) for m in range(8)][:-1])
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def row(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float32)


def block(*values: float) -> np.ndarray:
    return row(*values, *[0.0] * (32 - len(values)))


def decode(scales: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """MXFP4 by the letter of the specification, in float64."""
    magnitudes = E2M1[codes & 7] * np.where(codes & 8, -1.0, 1.0)
    return magnitudes * np.repeat(np.ldexp(1.0, scales.astype(int) - 127), 32, axis=1)


def nearest(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The distance from each value to the nearest of `grid` and its negatives."""
    return np.abs(np.abs(values)[..., None] - grid).min(axis=-1)


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    """Weights of mixed magnitude with one large element per row, as a real layer has."""
    peak = draw(st.floats(0.0625, 1000, width=32))
    rows = draw(st.integers(1, 3))
    unit = draw(arrays(np.float32, (rows, 64), elements=st.floats(-1, 1, width=32, allow_subnormal=False)))
    weights = (unit * np.float32(peak)).astype(np.float32)
    weights[:, draw(st.integers(0, 63))] = peak
    return weights


def test_e4m3_table_has_the_specified_extremes():
    assert E4M3.max() == 448
    assert len(E4M3) == 127
    assert E4M3[1] == 2.0**-9


@pytest.mark.parametrize(
    ("weight", "rounded"),
    [
        (1.0, 1.0),
        (17.0, 16.0),  # a tie goes to the even mantissa
        (19.0, 20.0),
        (-19.0, -20.0),
        (18.01, 18.0),
        (432.0, 448.0),
        (431.0, 416.0),
        (3 * 2.0**-10, 2.0**-8),  # subnormals
        (2.0**-10, 0.0),
    ],
)
def test_fp8_rounds_to_nearest_even(weight, rounded):
    # 448 in the row makes the scale 1.
    assert round_fp8(row(448.0, weight)).tolist() == [[448.0, rounded]]


def test_fp8_scale_is_amax_over_448_rounded_up_to_seven_bits():
    amax = np.array([[448.0], [448.1], [448.0 * 65 / 64], [0.5], [0.0]], dtype=np.float32)
    # 0.5 / 448 = 73.14 / 2^16, so 74 / 2^16.
    expected = [[1.0], [65 / 64], [65 / 64], [74 / 2**16], [1.0]]
    assert fp8_scales(amax).tolist() == expected


def test_fp8_scales_each_output_channel_by_itself():
    weights = np.array([[448.0, 17.0], [896.0, 34.0]], dtype=np.float32)
    assert round_fp8(weights).tolist() == [[448.0, 16.0], [896.0, 32.0]]


@given(matrices())
@settings(deadline=None)
def test_fp8_is_the_nearest_and_exact_in_f16(weights):
    rounded = round_fp8(weights).astype(np.float64)
    scales = fp8_scales(weights).astype(np.float64)
    error = np.abs(rounded - weights)
    best = nearest(weights / scales, E4M3) * scales
    assert np.all(error <= best + 2.0**-25 + 1e-6 * np.abs(weights))
    large = np.abs(rounded) >= 2.0**-14
    assert np.isin(np.abs(rounded / scales)[large], E4M3).all()


@given(matrices())
@settings(deadline=None)
def test_fp8_is_idempotent_and_monotone(weights):
    once = round_fp8(weights)
    assert np.array_equal(round_fp8(once.astype(np.float32)), once)
    order = np.argsort(weights, axis=1)
    assert np.all(np.diff(np.take_along_axis(once, order, axis=1).astype(np.float32), axis=1) >= 0)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(weight):
    with pytest.raises(ValueError, match="not finite"):
        round_fp8(row(1.0, weight))
    with pytest.raises(ValueError, match="not finite"):
        mxfp4_encode(block(1.0, weight))


def test_fp8_refuses_what_f16_cannot_hold():
    with pytest.raises(ValueError, match="too large"):
        round_fp8(row(65536.0))


@pytest.mark.parametrize(
    ("weight", "rounded"),
    [
        (0.25, 0.0),  # ties go to the even mantissa
        (0.75, 1.0),
        (1.25, 1.0),
        (1.75, 2.0),
        (2.5, 2.0),
        (3.5, 4.0),
        (5.0, 4.0),
        (-3.5, -4.0),
        (5.01, 6.0),
        (0.26, 0.5),
        (7.99, 6.0),  # clamped
    ],
)
def test_mxfp4_rounds_to_nearest_even_and_clamps(weight, rounded):
    # 4 in the block makes the scale 1.
    scales, codes = mxfp4_encode(block(4.0, weight))
    assert scales.tolist() == [[127]]
    assert decode(scales, codes)[0, :2].tolist() == [4.0, rounded]


@pytest.mark.parametrize(
    ("amax", "code"),
    [
        (4.0, 127),
        (7.99, 127),
        (8.0, 128),
        (float(np.nextafter(np.float32(4), np.float32(0))), 126),
        (0.1, 127 - 6),  # floor(log2 0.1) = -4
        (2.0**-126, 0),  # the smallest scale there is
        (0.0, 0),
    ],
)
def test_mxfp4_scale_is_the_power_of_two_below_amax_over_four(amax, code):
    assert mxfp4_encode(block(-amax))[0].tolist() == [[code]]


def test_mxfp4_scales_each_block_by_itself():
    scales, codes = mxfp4_encode(np.concatenate([block(4.0), block(1.0)], axis=1))
    assert scales.tolist() == [[127, 125]]
    assert decode(scales, codes)[0, [0, 32]].tolist() == [4.0, 1.0]


@given(matrices())
@settings(deadline=None)
def test_mxfp4_is_the_nearest(weights):
    scales, codes = mxfp4_encode(weights)
    step = np.repeat(np.ldexp(1.0, scales.astype(int) - 127), 32, axis=1)
    error = np.abs(decode(scales, codes) - weights)
    assert np.array_equal(error, nearest(weights / step, E2M1) * step)


@given(matrices())
@settings(deadline=None)
def test_mxfp4_is_idempotent_and_monotone_within_a_block(weights):
    once = decode(*mxfp4_encode(weights))
    assert np.array_equal(decode(*mxfp4_encode(once.astype(np.float32))), once)
    blocks, rounded = weights.reshape(-1, 32), once.reshape(-1, 32)
    order = np.argsort(blocks, axis=1)
    assert np.all(np.diff(np.take_along_axis(rounded, order, axis=1), axis=1) >= 0)


@given(matrices())
@settings(deadline=None)
def test_packed_mxfp4_decodes_the_same_by_gguf(weights):
    scales, codes = mxfp4_encode(weights)
    packed = mxfp4_pack(scales, codes)
    assert packed.shape == (len(weights), 64 // 32 * 17)
    by_gguf = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.MXFP4)
    assert np.array_equal(by_gguf.astype(np.float64), decode(scales, codes))


def test_packing_puts_element_i_low_and_i_plus_16_high():
    codes = np.arange(32, dtype=np.uint8)[None] % 16
    packed = mxfp4_pack(np.array([[120]], dtype=np.uint8), codes)
    assert packed.tolist() == [[120, *(i | i << 4 for i in range(16))]]


def test_inputs_that_do_not_divide_into_blocks_are_refused():
    with pytest.raises(ValueError, match="33 inputs"):
        mxfp4_encode(np.zeros((1, 33), dtype=np.float32))
