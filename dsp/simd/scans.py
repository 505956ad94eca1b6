"""Steps through time within sixteen lanes: neighbours' values, windows of sixteen frames and one-pole decays, by doubling.

``before`` are the sixteen frames before; results do not depend on how a span is cut into tiles, for all of it is state.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import numpy as np

from dsp.cache import inlined
from dsp.grid import TILE
from dsp.simd.lanes import fma, larger, shuffle, splat16
from dsp.simd.memory import load16

back_1 = shuffle(lambda n: [(lane - 1) % (2 * n) for lane in range(n)])
back_2 = shuffle(lambda n: [(lane - 2) % (2 * n) for lane in range(n)])
back_4 = shuffle(lambda n: [(lane - 4) % (2 * n) for lane in range(n)])
back_8 = shuffle(lambda n: [(lane - 8) % (2 * n) for lane in range(n)])
"""``back_k(x, before)``: every lane takes the value of k frames ago."""

last_lane = shuffle(lambda n: [n - 1] * n)
even = shuffle(lambda n: list(range(0, 2 * n, 2)))
odd = shuffle(lambda n: list(range(1, 2 * n, 2)))
low_zip = shuffle(lambda n: [half * n + i for i in range(n // 2) for half in (0, 1)])
high_zip = shuffle(lambda n: [half * n + i for i in range(n // 2, n) for half in (0, 1)])

_COUNT_UP = np.arange(1, 17).astype(np.float32)
PER_FRAME = np.float32(1.0 / TILE)


@inlined
def ramp(now, to, i):
    """Return sixteen frames of the way between two values, from frame ``i`` of a tile on."""
    step = (to - now) * PER_FRAME
    return fma(load16(_COUNT_UP, 0), splat16(step), splat16(fma(np.float32(i), step, now)))


@inlined
def widest_16(before, a, b):
    """Return, for 32 frames in ``a`` and ``b``, the largest of the last sixteen."""
    c, d, e = larger(before, back_1(before, before)), larger(a, back_1(a, before)), larger(b, back_1(b, a))
    before, a, b = larger(c, back_2(c, c)), larger(d, back_2(d, c)), larger(e, back_2(e, d))
    c, d, e = larger(before, back_4(before, before)), larger(a, back_4(a, before)), larger(b, back_4(b, a))
    return larger(d, back_8(d, c)), larger(e, back_8(e, d))


@inlined
def sum_16(before, a, b):
    """Return, for 32 frames in ``a`` and ``b``, the sum of the last sixteen."""
    c, d, e = before + back_1(before, before), a + back_1(a, before), b + back_1(b, a)
    before, a, b = c + back_2(c, c), d + back_2(d, c), e + back_2(e, d)
    c, d, e = before + back_4(before, before), a + back_4(a, before), b + back_4(b, a)
    return d + back_8(d, c), e + back_8(e, d)


@inlined
def powers_of(array, at, base):
    """Write ``base`` to the powers 1 to 16, for the two functions below."""
    power = 1.0
    for k in range(16):
        power *= base
        array[at + k] = power


@inlined
def decay_sum(x, last, powers, array, at):
    """Run ``y = x + base y[-1]`` over sixteen frames; ``array[at:]`` (and ``powers``) hold the base's powers."""
    zero = splat16(array[at]) - splat16(array[at])
    y = fma(splat16(array[at]), back_1(x, zero), x)
    y = fma(splat16(array[at + 1]), back_2(y, zero), y)
    y = fma(splat16(array[at + 3]), back_4(y, zero), y)
    y = fma(splat16(array[at + 7]), back_8(y, zero), y)
    return fma(powers, last, y)


@inlined
def decay_peak(x, last, array, at):
    """Run ``y = max(x, base y[-1])`` over sixteen frames of values that are not negative."""
    zero = splat16(array[at]) - splat16(array[at])
    y = larger(x, splat16(array[at]) * back_1(x, zero))
    y = larger(y, splat16(array[at + 1]) * back_2(y, zero))
    y = larger(y, splat16(array[at + 3]) * back_4(y, zero))
    y = larger(y, splat16(array[at + 7]) * back_8(y, zero))
    return larger(y, load16(array, at) * last)
