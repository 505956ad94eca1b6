"""Shuffles of stereo pairs: eight tracks' frames into lanes, and eight tracks' lanes into one stereo sum.

In *pair order* sixteen lanes hold left and right of track 0, of track 1, ... of one frame.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from dsp.cache import inlined
from dsp.simd.lanes import shuffle


def _pairs(order: list[int]) -> list[int]:
    return [2 * pair + side for pair in order for side in (0, 1)]


_even_pairs = shuffle(lambda _n: _pairs([0, 8, 2, 10, 4, 12, 6, 14]))
_odd_pairs = shuffle(lambda _n: _pairs([1, 9, 3, 11, 5, 13, 7, 15]))
_low_quads = shuffle(lambda _n: _pairs([0, 1, 8, 9, 4, 5, 12, 13]))
_high_quads = shuffle(lambda _n: _pairs([2, 3, 10, 11, 6, 7, 14, 15]))
low_halves = shuffle(lambda n: [*range(n // 2), *range(n, n + n // 2)])
high_halves = shuffle(lambda n: [*range(n // 2, n), *range(n + n // 2, 2 * n)])
swapped = shuffle(lambda n: [lane ^ 1 for lane in range(n)])
"""``swapped(x, x)``: left and right of every pair, the other way round."""


@inlined
def transposed(a, b, c, d, e, f, g, h):
    """Turn eight tracks' eight stereo frames into eight frames of eight tracks."""
    ab, cd, ef, gh = _even_pairs(a, b), _even_pairs(c, d), _even_pairs(e, f), _even_pairs(g, h)
    AB, CD, EF, GH = _odd_pairs(a, b), _odd_pairs(c, d), _odd_pairs(e, f), _odd_pairs(g, h)  # noqa: N806 - the odd frames
    p, q, r, s = _low_quads(ab, cd), _high_quads(ab, cd), _low_quads(AB, CD), _high_quads(AB, CD)
    t, u, v, w = _low_quads(ef, gh), _high_quads(ef, gh), _low_quads(EF, GH), _high_quads(EF, GH)
    return (
        low_halves(p, t), low_halves(r, v), low_halves(q, u), low_halves(s, w),
        high_halves(p, t), high_halves(r, v), high_halves(q, u), high_halves(s, w),
    )  # fmt: skip


@inlined
def totals(a, b, c, d):
    """Add up the four pairs of each of eight frames, two frames in each argument."""
    ac, bd = _low_quads(a, c) + _high_quads(a, c), _low_quads(b, d) + _high_quads(b, d)
    return _even_pairs(ac, bd) + _odd_pairs(ac, bd)


@inlined
def summed(a, b, c, d, e, f, g, h):
    """Add up the tracks of eight frames: eight stereo frames in a row, each summed in the same order."""
    ae, bf = low_halves(a, e) + high_halves(a, e), low_halves(b, f) + high_halves(b, f)
    cg, dh = low_halves(c, g) + high_halves(c, g), low_halves(d, h) + high_halves(d, h)
    return totals(ae, bf, cg, dh)
