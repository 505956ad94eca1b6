"""What would make one mix sound like another: a smooth curve, a width and a level, all within bounds of good taste.

The curve is handed on as the gains of the master's twelve bells. They overlap, so their gains are not the curve at their centres:
they are fitted so that all of them together follow it.
"""

from dataclasses import dataclass

import numpy as np

from dsp.analysis.profile import THIRDS, Profile
from dsp.analysis.windows import Line
from dsp.desk.catalogue import MATCH_HZ
from dsp.grid import RATE
from dsp.master.match import Q

MOST_DB = 9.0
WIDTHS = (0.5, 2.0)
MOST_LEVEL_DB = 12.0
_OCTAVES = 1 / 3
"""Width (standard deviation) of the bell over which the curve is smoothed."""

_QUIET_DB, _SILENT_DB = 55.0, -100.0
"""A third that lies so far below the loudest one holds noise; nothing is matched there."""


@dataclass(frozen=True, slots=True)
class Match:
    """Gains of the bells at ``MATCH_HZ`` in dB (no level: the curve turns around 0), a factor of width, a level in dB."""

    gains_db: tuple[float, ...]
    width: float
    level_db: float
    curve_db: tuple[float, ...]
    """The curve at the centres of all thirds."""


def match(mix: Profile, reference: Profile, louder_db: float) -> Match:
    """How to come from ``mix`` to ``reference``, which is ``louder_db`` (LU) louder."""
    curve = difference(mix, reference)
    gains = tuple(round(float(gain), 2) for gain in fitted(curve))
    width = min(max(reference.overall_width / max(mix.overall_width, 1e-4), WIDTHS[0]), WIDTHS[1])
    if mix.overall_width < 1e-3:
        width = 1.0  # what is mono stays mono, however much it is widened
    level = min(max(louder_db, -MOST_LEVEL_DB), MOST_LEVEL_DB)
    return Match(gains, round(width, 3), round(level, 2), tuple(round(float(value), 2) for value in curve))


def difference(mix: Profile, reference: Profile) -> Line:
    """The smoothed difference of both spectra in each third, without the difference in level, at most ``MOST_DB`` either way."""
    ours, theirs = mix.level_db, reference.level_db
    heard = (ours > max(_SILENT_DB, ours.max() - _QUIET_DB)) & (theirs > max(_SILENT_DB, theirs.max() - _QUIET_DB))
    if not heard.any():
        return np.zeros(len(THIRDS))
    octaves = np.log2(THIRDS)
    bells = np.exp(-0.5 * ((octaves[:, None] - octaves[None, :]) / _OCTAVES) ** 2)
    known = (bells * heard).sum(axis=1)
    smooth = ((bells * heard) @ (theirs - ours)) / np.maximum(known, 1e-9)
    middle = heard & (np.array(THIRDS) > 60) & (np.array(THIRDS) < 12_000)
    smooth = smooth - np.median(smooth[middle if middle.any() else heard])
    fade = np.minimum(1.0, 2 * known / bells.sum(axis=1))
    return np.asarray(np.clip(smooth * fade, -MOST_DB, MOST_DB))


def fitted(curve: Line) -> Line:
    """The gains of the bells, within ``MOST_DB``, whose sum is nearest to a curve at the thirds (least squares, a few rounds)."""
    gains, heard = np.ones(len(MATCH_HZ)), np.array(THIRDS) > 30
    for _ in range(6):
        shapes = bells_db(gains) / gains[:, None]
        square = shapes[:, heard] @ shapes[:, heard].T + 0.02 * np.eye(len(gains))
        gains = np.clip(np.linalg.solve(square, shapes[:, heard] @ curve[heard]), -MOST_DB, MOST_DB)
        gains = np.where(np.abs(gains) < 1e-3, 1e-3, gains)
    return np.where(np.abs(gains) <= 2e-3, 0.0, gains)


def bells_db(gains: Line) -> Line:
    """The response of each bell at the thirds in dB, shape ``(12, 31)`` (the peaking filter of the Audio EQ Cookbook)."""
    centre = 2 * np.pi * np.array(MATCH_HZ)[:, None] / RATE
    amplitude, alpha = 10 ** (gains[:, None] / 40), np.sin(centre) / (2 * Q)
    z = np.exp(-2j * np.pi * np.array(THIRDS)[None, :] / RATE)
    same = 1 - 2 * np.cos(centre) * z + z**2
    over, under = same + alpha * amplitude * (1 - z**2), same + alpha / amplitude * (1 - z**2)
    return np.asarray(20 * np.log10(np.abs(over / under)))
