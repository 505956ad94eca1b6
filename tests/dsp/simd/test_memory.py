"""Memory access of kernels: any index, any address, scratch that belongs to a call."""

import numba
import numpy as np

from dsp.simd.memory import address_of, float_at, load8, load16, load16_at, on_stack, prefetch, store

_scratch = on_stack(64, numba.float32)


@numba.njit
def moved(array, out):
    """Copy by index, by address and through scratch."""
    base = address_of(array)
    prefetch(base + 4096)
    store(out, 0, load16(array, 1))
    store(out, 16, load16_at(base + 8))
    store(out, 32, load8(array, 3))
    scratch = _scratch()
    store(scratch, 16, load16(array, 0))
    out[40] = float_at(base + 20)
    out[41] = scratch[16 + 7]
    return base, len(scratch)


def test_every_way_reads_what_lies_there() -> None:
    """Loads, stores and addresses agree with numpy, aligned or not."""
    array, out = np.arange(20, dtype=np.float32), np.zeros(48, np.float32)
    assert moved(array, out) == (array.ctypes.data, 64)
    assert np.array_equal(out[:40], np.r_[array[1:17], array[2:18], array[3:11]])
    assert out[40:42].tolist() == [5.0, 7.0]


def test_a_plane_of_two_dimensions_is_addressed_flat() -> None:
    """The output of shape (frames, 2) takes interleaved lanes by flat index."""

    @numba.njit
    def fill(out, source):
        store(out, 16, load16(source, 0))

    out, source = np.zeros((16, 2), np.float32), np.arange(16, dtype=np.float32)
    fill(out, source)
    assert np.array_equal(out[8:].ravel(), source)
    assert not out[:8].any()
