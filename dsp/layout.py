"""Where everything lies in a slot: one float64 and one float32 array hold all state of a console.

float64: a head of counters, then for every engine parameter its current value, its target (both after the parameter's law) and
the tiles its glide still takes. float32: the buses (reverb, master, limiter), then one block of sixteen-float rows for every
group of eight tracks. A group's rows are in *pair order* (left and right of track 0, of track 1, ...) but where they say
otherwise. What a stage derives from parameters (coefficients, gains) is state too, so a tile in which nothing moves computes none
of it.
"""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from dsp.grid import LOOKAHEAD, TILE
from dsp.params import CLASSES, engine_size

STARTED, GLIDE, SILENT, REVERB_QUIET, LIMITER_QUIET, NONFINITE = range(6)
"""Places in the head: whether the laws were applied; tiles until all glides have landed; frames of silent output in a row; tiles
since the reverb, and since the limiter, had anything to do; how often a group's input held something that is no number."""

LANES = 16
TRACKS = 8
"""Tracks of a group: eight pairs fill sixteen lanes."""


def _offsets(sizes: dict[str, int]) -> tuple[dict[str, int], int]:
    ends = list(accumulate(-(-size // LANES) * LANES for size in sizes.values()))
    return dict(zip(sizes, [0, *ends[:-1]], strict=True)), ends[-1]


STEPS, MOMENTARY_STEPS = 300, 40
"""Steps of 10 ms in a window of short-term, and of momentary loudness."""
LEVELS = 800
"""Bins of 0.1 LU from -70 LUFS on."""
PHASES = 15
"""Quanta in the window of the correlation."""
_HEAD, HEAD = _offsets(
    {
        "COUNTERS": 16, "WEIGHTING": 28, "STEP_POWER": 4, "LOUDNESS": 16, "SHORT_STEPS": STEPS, "LAST_STEPS": MOMENTARY_STEPS,
        "CROSSED": PHASES, "SQUARED_L": PHASES, "SQUARED_R": PHASES,
        "BLOCK_POWER": LEVELS, "BLOCKS": LEVELS, "WINDOWS": 2 * LEVELS,
    }
)  # fmt: skip
WEIGHTING, STEP_POWER, SHORT_STEPS, LAST_STEPS = (
    _HEAD[name] for name in ("WEIGHTING", "STEP_POWER", "SHORT_STEPS", "LAST_STEPS")
)
"""The K-weighting's seven rows of four lanes, the power of the step that runs, and of those of the last 3 s and 400 ms."""
STEP_FRAMES, STEP_AT, SINCE, MOMENTARY, SHORT = (_HEAD["LOUDNESS"] + k for k in range(5))
"""Frames of the step that runs; steps ever; whole steps since the reset (-1: the one that runs is not whole); mean powers."""
INTEGRATED, LOUDNESS_RANGE, MAX_MOMENTARY, MAX_SHORT, MAX_TRUE_PEAK = (_HEAD["LOUDNESS"] + k for k in range(5, 10))
"""What has been measured since the reset: mean power, LU, the highest mean powers, the highest true peak."""
BLOCK_SUM, BLOCK_COUNT, WINDOW_SUM, WINDOW_COUNT, HIGHEST = (_HEAD["LOUDNESS"] + k for k in range(10, 15))
"""Power and number of all blocks (400 ms) and of all windows (3 s) above -70 LUFS; the highest bin of blocks in use."""
BLOCK_POWER, BLOCKS, WINDOWS = (_HEAD[name] for name in ("BLOCK_POWER", "BLOCKS", "WINDOWS"))
"""Histograms of the gating: power and number of blocks, and number of windows in bins half as wide, by level."""
CROSSED, SQUARED_L, SQUARED_R = (_HEAD[name] for name in ("CROSSED", "SQUARED_L", "SQUARED_R"))
"""Sums over a quantum, of the last quanta: left times right, left squared, right squared."""


BANDS = 4
BAND = 4
"""Coefficients of a band: b1, b2, a1, a2 in delta form, over b0; ``EQ_GAIN`` is the product of all b0."""

_GROUP, GROUP_SIZE = _offsets(
    dict.fromkeys(
        (
            *("TRIM", "TRIM_TO", "HP_B0", "HP_A1", "HP_A2", "HP_ON", "HP_ON_TO", "HP_P", "HP_Q", "EQ_ON", "EQ_ON_TO"),
            *("EQ_FLAT", "EQ_GAIN"),
            *(f"EQ{band}{name}" for band in range(BANDS) for name in ("B1", "B2", "A1", "A2")),
            *(f"EQ{band}{name}" for band in range(BANDS) for name in ("P", "Q")),
            *(
                "THRESHOLD",
                "KNEE",
                "CURVE",
                "SLOPE",
                "ATTACK",
                "RELEASE",
                "SIGN",
                "REDUCTION",
                "WET",
                "WET_TO",
                "DRY",
                "DRY_TO",
            ),
            *("GAIN", "GAIN_TO", "SEND", "SEND_TO", "PEAK", "POWER", "WORST", "MODES"),
        ),
        LANES,
    )
)
TRIM, TRIM_TO = _GROUP["TRIM"], _GROUP["TRIM_TO"]
HP_B0, HP_A1, HP_A2, HP_ON, HP_ON_TO, HP_P, HP_Q = (_GROUP[f"HP_{name}"] for name in ("B0", "A1", "A2", "ON", "ON_TO", "P", "Q"))
EQ_ON, EQ_ON_TO, EQ_FLAT, EQ_BANDS, EQ_STATE = (_GROUP[name] for name in ("EQ_ON", "EQ_ON_TO", "EQ_FLAT", "EQ0B1", "EQ0P"))
EQ_GAIN = _GROUP["EQ_GAIN"]
"""``EQ_FLAT`` says which lanes' bands all stand at 0 dB."""
THRESHOLD, KNEE, CURVE, SLOPE = (_GROUP[name] for name in ("THRESHOLD", "KNEE", "CURVE", "SLOPE"))
ATTACK, RELEASE, SIGN, REDUCTION = (_GROUP[name] for name in ("ATTACK", "RELEASE", "SIGN", "REDUCTION"))
WET, WET_TO, DRY, DRY_TO = (_GROUP[name] for name in ("WET", "WET_TO", "DRY", "DRY_TO"))
"""The compressor's rows hold its eight tracks twice, for two steps at a time."""
GAIN, GAIN_TO, SEND, SEND_TO = (_GROUP[name] for name in ("GAIN", "GAIN_TO", "SEND", "SEND_TO"))
PEAK, POWER, WORST = (_GROUP[name] for name in ("PEAK", "POWER", "WORST"))
MODE_HP, MODE_EQ, MODE_COMPRESSOR, MODE_SEND, EQ_PENDING = (_GROUP["MODES"] + k for k in range(5))
SKIP, MIXED, FULL = np.float32(0.0), np.float32(1.0), np.float32(2.0)
"""How a group runs a stage: not at all; blended by weights; all lanes fully on."""

LINES = (1087, 1283, 1447, 1663, 1871, 2089, 2333, 2677)
"""Lengths of the reverb's delay lines in frames: primes, the longest 56 ms."""
RINGS = tuple(-(-length // TILE) * TILE for length in LINES)
"""Each line's ring, in whole tiles; its first tile is repeated after its end, so that a read never wraps."""

_BUS, BUS_SIZE = _offsets(
    {
        "SCALARS": 16, "POLE": 16, "LINE_GAIN": 8, "LINE_LAST": 8,
        "REVERB_L": 16, "REVERB_R": 16, "OUT_PEAK": 16, "OUT_POWER": 16, "LIMIT_WORST": 16,
        "OUT_CROSS": 16, "TRUE_PEAK": 16, "HEARD": 48 + 2 * TILE,
        "DELAYED_L": LOOKAHEAD + TILE, "DELAYED_R": LOOKAHEAD + TILE,
        "RELEASE_POWERS": 16, "WANTED": 16, "WIDEST": 112 + TILE, "REDUCED": 16, "SUMMED": 96 + TILE,
        **{f"RING{k}": ring + TILE for k, ring in enumerate(RINGS)},
    }
)  # fmt: skip
MASTER, MASTER_TO, LIMIT, LIMIT_TO, CEILING, CEILING_TO, LIMIT_LAST = (_BUS["SCALARS"] + k for k in range(7))
SAME, SAME_TO, CROSS, CROSS_TO = (_BUS["SCALARS"] + k for k in range(8, 12))
"""The reverb's return to its own side and to the other one."""
POLE = _BUS["POLE"]
"""The damping's pole to the powers 1 to 16."""
LINE_GAIN, LINE_LAST = _BUS["LINE_GAIN"], _BUS["LINE_LAST"]
DELAYED_L, DELAYED_R = _BUS["DELAYED_L"], _BUS["DELAYED_R"]
RELEASE_POWERS, WANTED, WIDEST, REDUCED, SUMMED = (
    _BUS[name] for name in ("RELEASE_POWERS", "WANTED", "WIDEST", "REDUCED", "SUMMED")
)
RING_AT = tuple(_BUS[f"RING{k}"] for k in range(len(RINGS)))
REVERB_L, REVERB_R, OUT_PEAK, OUT_POWER, LIMIT_WORST = (
    _BUS[name] for name in ("REVERB_L", "REVERB_R", "OUT_PEAK", "OUT_POWER", "LIMIT_WORST")
)
"""Meters of the buses, sixteen partial values each; those of the output in pair order."""
OUT_CROSS, TRUE_PEAK, HEARD = (_BUS[name] for name in ("OUT_CROSS", "TRUE_PEAK", "HEARD"))
"""Left times right (twice); the quantum's true peak, in pair order; the output's last 24 frames and the tile, interleaved."""

_TRACK_METERS = ("peak_l", "peak_r", "rms", "gain_reduction_db")
_BUS_METERS = (
    "reverb/peak_l", "reverb/peak_r",
    "master/peak_l", "master/peak_r", "master/rms_l", "master/rms_r", "master/gain_reduction_db",
)  # fmt: skip


def meter_columns(tracks: int) -> int:
    """Length of a meter row."""
    return len(_TRACK_METERS) * tracks + len(_BUS_METERS)


def track_meter(name: str, lane: int, tracks: int) -> int:
    """Column of a track's meter: ``peak_l``, ``peak_r``, ``rms`` (linear, after the fader) or ``gain_reduction_db``."""
    return _TRACK_METERS.index(name) * tracks + lane


def bus_meter(name: str, tracks: int) -> int:
    """Column of a bus meter, such as ``reverb/peak_l`` (its return) or ``master/rms_r`` (the output)."""
    return len(_TRACK_METERS) * tracks + _BUS_METERS.index(name)


def meter_names(tracks: int) -> list[str]:
    """Names of a row's columns, in order."""
    return [f"{name}/{lane}" for name in _TRACK_METERS for lane in range(tracks)] + list(_BUS_METERS)


@dataclass(frozen=True, slots=True)
class StateLayout:
    """Sizes of a slot of a class: ``n64`` float64 values and ``n32`` float32 values."""

    tracks: int

    def __post_init__(self) -> None:
        if self.tracks not in CLASSES:
            raise ValueError(f"expected a class of {CLASSES}, got {self.tracks} tracks")

    @property
    def n64(self) -> int:
        """Float64 values, a multiple of eight (a cache line)."""
        return -(-(HEAD + 3 * engine_size(self.tracks)) // 8) * 8

    @property
    def n32(self) -> int:
        """Float32 values, a multiple of sixteen (a cache line)."""
        return BUS_SIZE + self.tracks // TRACKS * GROUP_SIZE

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return 8 * self.n64 + 4 * self.n32


def fresh(tracks: int, state64: NDArray[np.float64], state32: NDArray[np.float32], values: NDArray[np.float64]) -> None:
    """Zero a slot and set all parameters (``values``: an engine vector in the catalogue's units) at once, without a glide."""
    layout, size = StateLayout(tracks), engine_size(tracks)
    expected = (layout.n64, layout.n32, size)
    if (len(state64), len(state32), len(values)) != expected:
        raise ValueError(f"expected lengths {expected}, got {(len(state64), len(state32), len(values))}")
    state64[:] = 0.0
    state32[:] = 0.0
    state64[HEAD : HEAD + size] = values
