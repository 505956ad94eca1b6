"""The tables a chunk is rendered from, as numpy record types: what happens when, and which audio lies where.

They travel as bytes from the server to a worker and are read by the kernel in place.
"""

import numpy as np

EVENT = np.dtype([("frame", "<i8"), ("index", "<i4"), ("glide", "<i4"), ("value", "<f8")], align=True)
"""A parameter change: from process ``frame`` (a tile) on, engine parameter ``index`` glides to ``value`` (in the catalogue's
unit) over ``glide`` tiles (0: at once); ``dsp.desk.params.reset_index`` is no parameter. Sorted by frame."""

SEGMENT = np.dtype([("starts_at", "<i8"), ("position", "<i8"), ("table", "<i4"), ("fade", "<i4")], align=True)
"""From stream frame ``starts_at`` (any frame) on, the input is the song from ``position`` on, played from clip table ``table``.
``fade`` frames (0 or JUMP_FADE) are crossfaded from what the segment before would have gone on with. Sorted by ``starts_at``."""

CLIP = np.dtype(
    [
        ("table", "<i4"),
        ("lane", "<i4"),
        ("source", "<i4"),
        ("fade_in", "<i4"),
        ("fade_out", "<i4"),
        ("gain", "<f4"),
        ("at", "<i8"),
        ("from", "<i8"),
        ("length", "<i8"),
    ],
    align=True,
)
"""A stretch of one source on one lane: positions ``at`` to ``at + length`` play the source from frame ``from`` on, times a
linear ``gain``, faded linearly over ``fade_in`` and ``fade_out`` frames at its ends."""

SOURCE = np.dtype([("address", "<i8"), ("frames", "<i8")], align=True)
"""Canonical audio mapped into this process: interleaved stereo float32 at ``address``."""
