"""Our own elementary functions, so that a mix is the same bits on every CPU and under every libm.

Scalars are float64 and good to about 1e-15: coefficients and parameter laws come from them. Lanes are float32: their logarithm is
good to 2e-5 octaves (1e-4 dB), their exponential to 1e-7, which is what a compressor needs per sample.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math
from itertools import accumulate

import numpy as np

from dsp.cache import inlined, outlined
from dsp.simd.lanes import bits, fma, from_bits, splat16, to_float

_EXP2 = tuple(accumulate(range(1, 14), lambda term, k: term * math.log(2.0) / k, initial=1.0))[::-1]
_ATANH = tuple(2.0 / (math.log(2.0) * (2 * k + 1)) for k in range(11, -1, -1))
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(10, -1, -1))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(11, -1, -1))


@outlined
def exp2(x: float) -> float:
    """Two to the power of ``x``, for |x| below 1000."""
    whole = math.floor(x + 0.5)
    rest = x - whole
    value = _EXP2[0]
    for k in range(1, len(_EXP2)):
        value = value * rest + _EXP2[k]
    return math.ldexp(value, int(whole))


@inlined
def log2(x: float) -> float:
    """Logarithm to base 2 of a positive ``x``."""
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.7071067811865476:
        mantissa *= 2.0
        exponent -= 1
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    value = _ATANH[0]
    for k in range(1, len(_ATANH)):
        value = value * square + _ATANH[k]
    return exponent + ratio * value


@inlined
def decibels_to_gain(decibels: float) -> float:
    """Linear factor of a level; -90 dB, the foot of every fader, is silence."""
    if decibels <= -90.0:
        return 0.0
    return float(exp2(decibels * 0.16609640474436813))


@inlined
def sine(x: float) -> float:
    """Sine for 0 <= x <= pi / 2."""
    square = x * x
    value = _SINE[0]
    for k in range(1, len(_SINE)):
        value = value * square + _SINE[k]
    return x * value


@inlined
def cosine(x: float) -> float:
    """Cosine for 0 <= x <= pi / 2."""
    square = x * x
    value = _COSINE[0]
    for k in range(1, len(_COSINE)):
        value = value * square + _COSINE[k]
    return value


_LOGARITHM = (1.4419169, -0.7090960, 0.41560486, -0.19357432, 0.045148507)
_EXPONENTIAL = (0.69314700, 0.24022242, 0.055507336, 0.0096715130, 0.0013264724)
_L1, _L2, _L3, _L4, _L5 = (np.float32(c) for c in _LOGARITHM)
_E1, _E2, _E3, _E4, _E5 = (np.float32(c) for c in _EXPONENTIAL)
_ROUNDING = np.float32(1.5 * 2**23)
"""Added, it leaves no room for a fraction: the sum's last bits are the nearest whole number."""
_ONE, _ONE_BITS, _MANTISSA, _BIAS, _SHIFT = np.float32(1.0), np.int32(0x3F800000), np.int32(0x7FFFFF), np.int32(127), np.int32(23)


@inlined
def log2_16(x):
    """Logarithm to base 2 of sixteen positive normal floats: minimax on [1, 2), exact at both ends; that of 0 is -127."""
    word = bits(x)
    exponent = to_float((word >> splat16(_SHIFT)) - splat16(_BIAS))
    t = from_bits((word & splat16(_MANTISSA)) | splat16(_ONE_BITS)) - splat16(_ONE)
    value = fma(t, splat16(_L5), splat16(_L4))
    value = fma(value, t, splat16(_L3))
    value = fma(value, t, splat16(_L2))
    value = fma(value, t, splat16(_L1))
    return fma(value, t, exponent)


@inlined
def exp2_16(x):
    """Two to the power of sixteen floats between -120 and 120: minimax on [-1/2, 1/2], exact at 0."""
    whole = x + splat16(_ROUNDING)
    t = x - (whole - splat16(_ROUNDING))
    value = fma(t, splat16(_E5), splat16(_E4))
    value = fma(value, t, splat16(_E3))
    value = fma(value, t, splat16(_E2))
    value = fma(value, t, splat16(_E1))
    value = fma(value, t, splat16(_ONE))
    return from_bits(bits(value) + (bits(whole) << splat16(_SHIFT)))
