"""The vector type: each operation against numpy, and the float mode."""

import numba
import numpy as np

from dsp.simd.lanes import (
    any_above,
    bits,
    first,
    flush_denormals,
    fma,
    from_bits,
    larger,
    larger_magnitude,
    magnitude,
    nearest,
    peak_of,
    restore_mode,
    shuffle,
    smaller,
    splat16,
    sum_of,
    to_float,
    to_int,
    where_at_most,
    widened,
)
from dsp.simd.memory import load4, load8, load16, store

swapped = shuffle(lambda n: [lane ^ 1 for lane in range(n)])


@numba.njit(error_model="numpy")
def arithmetic(a, b, out):
    """One row of results per operation."""
    x, y = load16(a, 0), load16(b, 0)
    store(out, 0, x + y)
    store(out, 16, x - y)
    store(out, 32, x * y)
    store(out, 48, x / y)
    store(out, 64, fma(x, y, x))
    store(out, 80, larger(x, y))
    store(out, 96, smaller(x, y))
    store(out, 112, magnitude(x))
    store(out, 128, nearest(x))
    store(out, 144, where_at_most(x, y, splat16(np.float32(1.0)), splat16(np.float32(2.0))))
    store(out, 160, swapped(x, x))
    store(out, 176, from_bits(bits(x)))
    store(out, 192, to_float(to_int(x)))
    store(out, 208, larger_magnitude(x, y))
    return first(x), peak_of(x), sum_of(x)


@numba.njit(error_model="numpy")
def exceeds(a, b):
    """Whether any lane of a is above that of b."""
    return any_above(load16(a, 0), load16(b, 0)), any_above(load8(a, 0), load8(b, 0))


@numba.njit(error_model="numpy")
def doubled(a, out):
    """Four floats as doubles."""
    store(out, 0, widened(load4(a, 0)))


@numba.njit(error_model="numpy")
def half(a, out):
    """Eight lanes work like sixteen."""
    store(out, 0, load8(a, 1) * load8(a, 1))


@numba.njit(error_model="numpy")
def product(a, b, flush):
    """Multiply with or without denormals."""
    if flush:
        mode = flush_denormals()
        result = a[0] * b[0]
        restore_mode(mode)
        return result
    return a[0] * b[0]


def test_operations_are_numpys() -> None:
    """Every operation gives numpy's float32 result on all lanes."""
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 16)).astype(np.float32) * 9
    out = np.empty(224, np.float32)
    scalars = arithmetic(a, b, out)
    fused = (a.astype(np.float64) * b + a).astype(np.float32)
    want = [a + b, a - b, a * b, a / b, fused, np.maximum(a, b), np.minimum(a, b), np.abs(a), np.rint(a),
            np.where(a <= b, 1, 2), a.reshape(8, 2)[:, ::-1].ravel(), a, np.trunc(a),
            np.maximum(np.abs(a), np.abs(b))]  # fmt: skip
    assert np.array_equal(out.reshape(14, 16), np.array(want, np.float32))
    assert np.allclose(scalars, [a[0], a.max(), a.sum()], rtol=1e-5)


def test_eight_lanes_load_at_any_index() -> None:
    """Loads need no alignment."""
    a, out = np.arange(9, dtype=np.float32), np.empty(8, np.float32)
    half(a, out)
    assert np.array_equal(out, a[1:] ** 2)


def test_what_is_no_number_is_at_most_nothing() -> None:
    """A comparison with NaN takes the other branch: the intake's mute rests on it."""
    a, b, out = np.full(16, np.nan, np.float32), np.zeros(16, np.float32), np.empty(224, np.float32)
    arithmetic(a, b, out)
    assert np.array_equal(out[144:160], np.full(16, 2.0, np.float32))


def test_denormals_are_flushed_inside_a_kernel_only() -> None:
    """Within the mode 1e-40 is 0; after it numpy and plain kernels see it again."""
    a, b = np.array([1e-30], np.float32), np.array([1e-10], np.float32)
    assert product(a, b, True) == 0.0
    assert product(a, b, False) > 0.0
    assert (a * b)[0] > 0.0


def test_any_above() -> None:
    """One lane is enough, wherever it is; what is no number is above nothing."""
    low, high = np.zeros(16, np.float32), np.zeros(16, np.float32)
    assert exceeds(high, low) == (False, False)
    for lane in range(16):
        high[:] = np.nan if lane % 2 else -1.0
        high[lane] = 1e-30
        assert exceeds(high, low) == (True, lane < 8)


def test_widened() -> None:
    """Floats widen exactly."""
    a, out = np.array([0.1, -3e38, 1e-30, 7.0], np.float32), np.zeros(4)
    doubled(a, out)
    assert out.tolist() == a.astype(np.float64).tolist()
