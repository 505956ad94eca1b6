"""Banks of filters on lanes: every way to run them gives the same, and what rings out is forgotten."""

import functools

import numba
import numpy as np
import pytest
from helpers.console import noise
from helpers.cookbook import section
from scipy import signal

from dsp.channel.biquads import five32, moving32, moving64, resolved, settled32, settled64, single32, steady32, steady64
from dsp.grid import TILE
from dsp.slot.layout import BIQUAD, BIQUAD_P, BIQUAD_Q, LANES

BANDS = [("low_shelf", 120.0, 6.0, 0.7), ("bell", 700.0, -9.0, 2.0), ("notch", 3e3, 0.0, 4.0), ("high_shelf", 9e3, 4.0, 0.7)]


@numba.njit
def _resolved(b0, b1, b2, a1, a2, weight):
    return resolved(b0, b1, b2, a1, a2, weight)


@numba.njit
def _run32(state, y, moves):
    if moves:
        moving32(state, 0, y, 0)
    else:
        steady32(state, 0, y, 0)


@numba.njit
def _run64(state, y, moves):
    for half in (0, 8):
        if moves:
            moving64(state, half, y, half)
        else:
            steady64(state, half, y, half)


@numba.njit
def _single(state, y):
    for place in range(0, 4 * BIQUAD, BIQUAD):
        single32(state, place, y)


@numba.njit
def _five(state, y):
    five32(state, 4 * BIQUAD, 0, y)


@numba.njit
def _settled32(state, count):
    return settled32(state, 0, count)


@numba.njit
def _settled64(state, count):
    return settled64(state, 0, count)


def coefficients(band, weight=1.0):
    """A cookbook band as a row of the bank."""
    b0, b1, b2, _, a1, a2 = section(*band)
    return _resolved(b0, b1 + 2 * b0, b0 + b1 + b2, a1 + 2, 1 + a1 + a2, weight)


def bank(kind, weight=1.0, count=4):
    """Filters that stand: sixteen equal lanes."""
    state = np.zeros((count, 12, LANES), kind)
    for filter_, band in zip(state, BANDS, strict=False):
        filter_[:5] = filter_[5:10] = np.array(coefficients(band, weight))[:, None]
    for filter_ in state[4:]:
        filter_[0] = filter_[5] = 1.0
    return state.ravel()


def tiles(run, state, x):
    """Run a bank over many tiles of a mono signal on all lanes; lane 5 of what comes out."""
    out = np.repeat(x, LANES).reshape(-1, TILE * LANES).copy()
    for tile in out:
        run(state, tile)
    return out.reshape(-1, LANES)[:, 5]


X = noise(100 * TILE)[:, 0].copy()
REFERENCE = signal.sosfilt(np.array([section(*band) for band in BANDS]), X.astype(float))


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize(("run", "kind"), [(_run32, np.float32), (_run64, np.float64)])
def test_a_bank_is_its_filters_in_a_row(run, kind, moves) -> None:
    """In both precisions, at rest and on the way of a glide that goes nowhere, it is scipy's cascade."""
    out = tiles(lambda state, y: run(state, y, moves), bank(kind), X)
    assert np.abs(out - REFERENCE).max() < 1e-6 * np.abs(REFERENCE).max()


def test_every_way_to_run_float32_gives_the_same_bits() -> None:
    """Four at once, one after the other, behind one that passes, and moving nowhere: which one runs is not heard."""
    outs = [tiles(functools.partial(_run32, moves=moves), bank(np.float32), X) for moves in (False, True)]
    outs += [tiles(_single, bank(np.float32), X), tiles(_five, bank(np.float32, count=5), X)]
    assert all(np.array_equal(outs[0], out) for out in outs[1:])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_glide_lands_on_its_target(kind) -> None:
    """After one tile in motion the coefficients are those that were aimed at, bit for bit."""
    state, to = bank(kind), bank(kind, 0.25)
    target = state.reshape(4, 12, LANES)
    target[:, 5:10] = to.reshape(4, 12, LANES)[:, :5]
    (_run32 if kind == np.float32 else _run64)(state, np.repeat(X[:TILE], LANES), True)
    assert np.array_equal(target[:, :5], target[:, 5:10])


def test_half_a_weight_is_half_of_both() -> None:
    """A weight mixes what goes in with what comes out."""
    state = np.zeros((4, 12, LANES))
    state[:, 0] = state[:, 5] = 1.0
    state[0, :5] = np.array(coefficients(BANDS[1], 0.5))[:, None]
    out = tiles(lambda rows, y: _run64(rows, y, False), state.ravel(), X)
    wet = signal.sosfilt(section(*BANDS[1])[None], X.astype(float))
    assert np.allclose(out, (X + wet) / 2, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("settled", "kind"), [(_settled32, np.float32), (_settled64, np.float64)])
def test_a_filter_that_passes_forgets_once_it_has_rung_out(settled, kind) -> None:
    """Below -120 dB what a passing filter holds becomes zero; louder it rings on; one that acts is never touched."""
    state = bank(kind, 0.0)
    held = state.reshape(4, 12, LANES)
    p, q = held[:, BIQUAD_P // LANES], held[:, BIQUAD_Q // LANES]
    p[0, :8], q[0, 3] = 5e-7, 1e-9
    assert settled(state, 4) == (0.0, 0.0)
    assert not held[:, 10:, :8].any()
    p[1, 2] = 1e-3
    goes_on, rings = settled(state, 4)
    assert goes_on == rings == pytest.approx(1e-3)
    acting = bank(kind)
    acting.reshape(4, 12, LANES)[:, BIQUAD_P // LANES] = 5e-7
    goes_on, rings = settled(acting, 4)
    assert (goes_on > 1, rings) == (True, 0.0)
    assert acting.reshape(4, 12, LANES)[:, BIQUAD_P // LANES].all()
