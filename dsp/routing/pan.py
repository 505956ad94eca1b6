"""The law of the pan: how loud a track is on either side.

Three laws keep something constant on the way from side to side, all scaled to unity at the centre: the power (-3 dB there before
scaling), the sum of both sides (-6 dB), or the geometric mean of these two (-4.5 dB). A balance only turns the far side down.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

from dsp.cache import inlined
from dsp.simd.approximations import sine

POWER, COMPROMISE, LINEAR, BALANCE = range(4)
"""Places of the laws among the catalogue's choices."""


@inlined
def lawful_gain(law, pan):
    """Gain of the right side by one law: 0 at -1, 1 at the centre."""
    if law == BALANCE:
        return min(1.0, 1.0 + pan)
    power, linear = math.sqrt(2.0) * sine((pan + 1.0) * (math.pi / 4.0)), 1.0 + pan
    if law == POWER:
        return power
    return linear if law == LINEAR else math.sqrt(max(power * linear, 0.0))


@inlined
def pan_gain(law, pan):
    """Gain of the right side (``-pan``: of the left); a law between two, while it changes, is as much of either."""
    below = min(math.floor(law), LINEAR)
    share = law - below
    gain = lawful_gain(below, pan)
    return gain if share == 0.0 else gain + share * (lawful_gain(below + 1, pan) - gain)
