"""Where everything lies in a slot: one float64 and one float32 array hold all state of a console.

float64: a head of counters, then for every engine parameter its current value, its target (both after the parameter's law) and
the tiles its glide still takes; last the filters that run in float64. float32: the buses (reverb, master, limiter), then one
block of sixteen-float rows for every group of eight tracks. A group's rows are in *pair order* (left and right of track 0, of
track 1, ...) but where they say otherwise. What a stage derives from parameters (coefficients, gains) is state too, so a tile in
which nothing moves computes none of it.
"""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from dsp.desk.params import CLASSES, GROUPS, engine_size
from dsp.grid import LOOKAHEAD, TILE

STARTED, GLIDE, SILENT, REVERB_LEFT, LIMITER_QUIET, NONFINITE = range(6)
"""Places in the head: whether the laws were applied; tiles until all glides have landed; frames of silent output in a row; tiles
that the reverb still runs if nothing more comes; tiles since the limiter had anything to do; how often a group's input held
something that is no number."""
ECHO_LEFT, ECHO_SINCE, ECHO_HEARD, PREDELAY_SINCE, REVERB_HEARD = range(11, 16)
"""Tiles that the delay still runs; the process frames from which the delay's and the pre-delay's lines hold anything; tiles for
which something may still come out of the delay, and out of the pre-delay, that is heard."""

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
WINDOW_QUANTA = 15
"""Quanta in the window of the correlation."""
_HEAD, HEAD = _offsets(
    {
        "COUNTERS": 16, "WEIGHTING": 72, "STEP_POWER": 8, "LOUDNESS": 16, "SHORT_STEPS": STEPS, "LAST_STEPS": MOMENTARY_STEPS,
        "CROSSED": WINDOW_QUANTA, "SQUARED_L": WINDOW_QUANTA, "SQUARED_R": WINDOW_QUANTA,
        "BLOCK_POWER": LEVELS, "BLOCKS": LEVELS, "WINDOWS": 2 * LEVELS,
    }
)  # fmt: skip
WEIGHTING, STEP_POWER, SHORT_STEPS, LAST_STEPS = (
    _HEAD[name] for name in ("WEIGHTING", "STEP_POWER", "SHORT_STEPS", "LAST_STEPS")
)
"""The K-weighting's nine rows of eight lanes, the power of the step that runs, and of those of the last 3 s and 400 ms."""
STEP_FRAMES, STEP_AT, SINCE, SHORT, ROW_MOMENTARY = (_HEAD["LOUDNESS"] + k for k in range(5))
"""Frames of the step that runs; steps ever; whole steps since the reset (-1: the one that runs is not whole);
mean powers: short-term, and the highest momentary one of the quantum."""
INTEGRATED, LOUDNESS_RANGE, MAX_MOMENTARY, MAX_SHORT, MAX_TRUE_PEAK = (_HEAD["LOUDNESS"] + k for k in range(5, 10))
"""What has been measured since the reset: mean power, LU, the highest mean powers, the highest true peak."""
BLOCK_SUM, BLOCK_COUNT, WINDOW_SUM, WINDOW_COUNT, HIGHEST = (_HEAD["LOUDNESS"] + k for k in range(10, 15))
"""Power and number of all blocks (400 ms) and of all windows (3 s) above -70 LUFS; the highest bin of blocks in use."""
BLOCK_POWER, BLOCKS, WINDOWS = (_HEAD[name] for name in ("BLOCK_POWER", "BLOCKS", "WINDOWS"))
"""Histograms of the gating: power and number of blocks, and number of windows in bins half as wide, by level."""
CROSSED, SQUARED_L, SQUARED_R = (_HEAD[name] for name in ("CROSSED", "SQUARED_L", "SQUARED_R"))
"""Sums over a quantum, of the last quanta: left times right, left squared, right squared."""


BANDS = 4
CUTS = 4
"""Filters of a strip before its four bands: two high-passes and two low-passes in a row, for 24 dB per octave."""
BIQUAD = 12 * LANES
BIQUAD_TO, BIQUAD_P, BIQUAD_Q = 5 * LANES, 10 * LANES, 11 * LANES
"""Rows of a filter: b0, b1, b2, -s, -c (see :mod:`dsp.channel.biquads`), the same at the end of this tile, and what it holds."""
PRECISE = BANDS * BIQUAD
"""Float64 values of four filters."""

PLACES = 3 + GROUPS
DIRECT, REVERB_SEND, DELAY_SEND, FIRST_GROUP = range(4)
"""Where a track's signal goes: straight into the mix, into the two effects, and (from ``FIRST_GROUP`` on) through the groups."""

_GROUP, GROUP_SIZE = _offsets(
    dict.fromkeys(("TRIM", "TRIM_TO"), LANES)
    | {"CUT_FILTERS": CUTS * BIQUAD, "EQ_FILTERS": BANDS * BIQUAD, "PRECISELY": LANES, "FILTER_MODES": LANES}
    | dict.fromkeys(
        (
            *(f"GATE_{name}" for name in ("THRESHOLD", "SLOPE", "RANGE", "HOLD", "ATTACK", "RELEASE", "SIGN")),
            *(f"GATE_{name}" for name in ("REDUCTION", "HELD", "WET", "WET_TO", "DRY", "DRY_TO")),
            *("THRESHOLD", "KNEE", "CURVE", "SLOPE", "ATTACK", "RELEASE", "SIGN", "REDUCTION", "WET", "WET_TO", "DRY", "DRY_TO"),
            *(f"HEARD_{name}" for name in ("B0", "A1", "A2", "P", "Q")),
            *(f"RMS_{name}" for name in ("BLEND", "SHARE", "POWER")),
            *(f"SAT_{name}{place}" for name in ("DRIVE", "WEIGHT") for place in ("", "_TO", "_NEXT")),
            *("SAME_SIDE", "SAME_SIDE_TO", "OTHER_SIDE", "OTHER_SIDE_TO", "GAIN", "GAIN_TO"),
            *(f"INTO{bus}{to}" for to in ("", "_TO") for bus in range(PLACES)),
            *("INTO_MODES", "PEAK", "POWER", "WORST", "MODES"),
        ),
        LANES,
    )
    | {"SAT_DELAYED": TILE * LANES, "SAT_TAIL": 2 * 16 * LANES}
)
TRIM, TRIM_TO = _GROUP["TRIM"], _GROUP["TRIM_TO"]
CUT_FILTERS, EQ_FILTERS, PRECISELY = (_GROUP[name] for name in ("CUT_FILTERS", "EQ_FILTERS", "PRECISELY"))
"""``PRECISELY`` says which lanes' bands run in float64."""
CUTS_MOVED, EQ_MOVED, MODE_CUTS, MODE_EQ, FILTERS_RING, PRECISE_LOW, PRECISE_HIGH = (_GROUP["FILTER_MODES"] + k for k in range(7))
THRESHOLD, KNEE, CURVE, SLOPE = (_GROUP[name] for name in ("THRESHOLD", "KNEE", "CURVE", "SLOPE"))
ATTACK, RELEASE, SIGN, REDUCTION = (_GROUP[name] for name in ("ATTACK", "RELEASE", "SIGN", "REDUCTION"))
WET, WET_TO, DRY, DRY_TO = (_GROUP[name] for name in ("WET", "WET_TO", "DRY", "DRY_TO"))
"""The compressor's rows hold its eight tracks twice, for two steps at a time."""
SAME_SIDE, SAME_SIDE_TO, OTHER_SIDE, OTHER_SIDE_TO = (
    _GROUP[name] for name in ("SAME_SIDE", "SAME_SIDE_TO", "OTHER_SIDE", "OTHER_SIDE_TO")
)
"""The width: how much a lane keeps of itself and takes from the other side of its track."""
GAIN, GAIN_TO, INTO, INTO_TO = (_GROUP[name] for name in ("GAIN", "GAIN_TO", "INTO0", "INTO0_TO"))
"""Gain of the strip's output (what its meters read), and of what goes into each place: a row for each."""
MODE_INTO, MODE_WHOLE, MODE_WIDTH = (_GROUP["INTO_MODES"] + k for k in (0, PLACES, PLACES + 1))
"""Which places a block of tracks feeds, besides the mix if it goes there as a whole; and whether any width is not 1."""
PEAK, POWER, WORST = (_GROUP[name] for name in ("PEAK", "POWER", "WORST"))
GATE_THRESHOLD, GATE_SLOPE, GATE_RANGE, GATE_HOLD, GATE_ATTACK, GATE_RELEASE, GATE_SIGN = (
    _GROUP[f"GATE_{name}"] for name in ("THRESHOLD", "SLOPE", "RANGE", "HOLD", "ATTACK", "RELEASE", "SIGN")
)
GATE_REDUCTION, GATE_HELD, GATE_WET, GATE_WET_TO, GATE_DRY, GATE_DRY_TO = (
    _GROUP[f"GATE_{name}"] for name in ("REDUCTION", "HELD", "WET", "WET_TO", "DRY", "DRY_TO")
)
HEARD_B0, HEARD_A1, HEARD_A2, HEARD_P, HEARD_Q = (_GROUP[f"HEARD_{name}"] for name in ("B0", "A1", "A2", "P", "Q"))
RMS_BLEND, RMS_SHARE, RMS_POWER = (_GROUP[f"RMS_{name}"] for name in ("BLEND", "SHARE", "POWER"))
"""The gate's rows, and those of the compressor's RMS detector, are like the compressor's; what its detector hears is in pairs."""
SAT_DRIVE, SAT_WEIGHT, SAT_DELAYED, SAT_TAIL = (_GROUP[f"SAT_{name}"] for name in ("DRIVE", "WEIGHT", "DELAYED", "TAIL"))
MODE_COMPRESSOR, MODE_SATURATION, MODE_GATE, MODE_HEARD, MODE_RMS = (_GROUP["MODES"] + k for k in range(5))
"""Drive and weight of the saturation are three rows each: now, at the end of this tile, and of the next."""
SKIP, MIXED, FULL = np.float32(0.0), np.float32(1.0), np.float32(2.0)
"""How a group runs a stage: not at all; blended by weights; all lanes fully on."""
ALONE, STEADY, MOVING = np.float32(1.0), np.float32(2.0), np.float32(3.0)
"""How filters run, if at all: only the first of them; as they are; while coefficients change."""

LINES = (1087, 1283, 1447, 1663, 1871, 2089, 2333, 2677)
"""Lengths of the reverb's delay lines in frames at size 1: primes, the longest 56 ms."""
LARGEST = 1.5
RINGS = tuple(-(-int(LARGEST * length + 1) // TILE) * TILE for length in LINES)
"""Each line's ring, in whole tiles; its first tile is repeated after its end, so that a read never wraps."""
DIFFUSERS = (113, 127, 167, 179, 241, 251)
"""Lengths of the reverb's diffusers, in turn of the left and the right side."""
DIFFUSER_RINGS = tuple(-(-length // TILE) * TILE for length in DIFFUSERS)
LONGEST_ECHO, LONGEST_PREDELAY = 96_000, 12_000
"""The longest delays of the lines that lie outside the slot (``dsp/slot/rings.py``)."""

_BUS, BUS_SIZE = _offsets(
    {
        "GROUP_GAINS": 16, "GROUP_PEAK": GROUPS * 16, "GROUP_POWER": GROUPS * 16,
        "SCALARS": 16, "POLE": 16, "LINE_GAIN": 16, "LINE_LAST": 8, "LINE_LENGTH": 16,
        "TAPS": 16, "ECHO": 16, "ECHO_LAST": 16, "ECHO_LOW": 16, "ECHO_HIGH": 16, "ECHO_L": 16, "ECHO_R": 16,
        "REVERB_L": 16, "REVERB_R": 16, "OUT_PEAK": 16, "OUT_POWER": 16, "LIMIT_WORST": 16,
        "DELAYED_L": LOOKAHEAD + TILE, "DELAYED_R": LOOKAHEAD + TILE,
        "MASTER_EQ": 16,
        "MASTER_SAT": 16 + 2 * (TILE + 2 * 16),
        "RELEASE_POWERS": 16, "DETECTED": 96, "HELD": 16, "REDUCED": 16, "SUMMED": 112 + TILE,
        "MATCH_BELLS": 4 * LANES, "MATCH_BELLS_TO": 4 * LANES, "MATCH_STATE": 4 * LANES,
        "MASTER_SCALARS": LANES, "CROSSOVER": 10 * LANES, "CROSSOVER_TO": 10 * LANES, "CROSSOVER_STATE": 4 * LANES,
        **{f"MULTIBAND_{name}": LANES for name in (
            "THRESHOLD", "SLOPE", "ATTACK", "RELEASE", "SIGN", "REDUCTION", "MAKEUP", "MAKEUP_TO", "WORST")},
        "OUT_CROSS": 16, "TRUE_PEAK": 16, "HEARD": 4 * TILE,
        **{f"RING{k}": ring + TILE for k, ring in enumerate(RINGS)},
        **{f"DIFFUSER{k}": ring + TILE for k, ring in enumerate(DIFFUSER_RINGS)},
    }
)  # fmt: skip
MASTER, MASTER_TO, LIMIT, LIMIT_TO, CEILING, CEILING_TO, LIMIT_LAST = (_BUS["SCALARS"] + k for k in range(7))
SAME, SAME_TO, CROSS, CROSS_TO, ENTRY, ENTRY_TO = (_BUS["SCALARS"] + k for k in range(8, 14))
"""The reverb's return to its own side and to the other one, and the gain of what enters its lines."""
OUT_TRIM, OUT_TRIM_TO = (_BUS["SCALARS"] + k for k in (14, 15))
"""The gain behind the limiter."""
ECHO_TAP, PREDELAY_TAP, SIZE_TAP = (_BUS["TAPS"] + k for k in range(0, 12, 4))
TO, FADE = 1, 2
"""A tap: where it stands (frames, or the reverb's size), where it fades to, and the tiles that this still takes."""
ECHO_SAME, ECHO_SAME_TO, ECHO_CROSS, ECHO_CROSS_TO = (_BUS["ECHO"] + k for k in range(4))
ECHO_AGAIN, ECHO_AGAIN_TO, ECHO_SIDES, ECHO_SIDES_TO = (_BUS["ECHO"] + k for k in range(4, 8))
"""The delay's return to its own side and to the other one, its feedback, and how far it goes from side to side."""
ECHO_LAST, ECHO_LOW, ECHO_HIGH = _BUS["ECHO_LAST"], _BUS["ECHO_LOW"], _BUS["ECHO_HIGH"]
"""Left and right in turn: the last frame out of the line, behind the low cut, behind both cuts; the cuts' poles to the powers 1
to 16."""
GROUP_GAIN, GROUP_GAIN_TO, GROUP_MODE = (_BUS["GROUP_GAINS"] + k * GROUPS for k in range(3))
"""Each group's gain, and whether any track plays through it."""
GROUP_PEAK, GROUP_POWER = _BUS["GROUP_PEAK"], _BUS["GROUP_POWER"]
"""Meters of the groups, sixteen partial values each in pair order."""
MASTER_EQ_MODE, MASTER_EQ_MOVED, MASTER_EQ_RINGS = (_BUS["MASTER_EQ"] + k for k in range(3))
MATCH_BELLS, MATCH_BELLS_TO, MATCH_STATE = _BUS["MATCH_BELLS"], _BUS["MATCH_BELLS_TO"], _BUS["MATCH_STATE"]
(
    MATCH_ON, MATCH_ON_TO, MATCH_SAME, MATCH_SAME_TO, MATCH_CROSS, MATCH_CROSS_TO, WIDTH, WIDTH_TO, MULTIBAND_ON, MULTIBAND_ON_TO,
    CROSSOVER_MOVES, CEILING_AIM, DETECTED_SEEN, MATCH_MOVES,
) = (_BUS["MASTER_SCALARS"] + k for k in range(14))  # fmt: skip
CROSSOVER, CROSSOVER_TO, CROSSOVER_STATE = _BUS["CROSSOVER"], _BUS["CROSSOVER_TO"], _BUS["CROSSOVER_STATE"]
MULTIBAND_THRESHOLD, MULTIBAND_SLOPE, MULTIBAND_ATTACK, MULTIBAND_RELEASE, MULTIBAND_SIGN, MULTIBAND_REDUCTION = (
    _BUS[f"MULTIBAND_{name}"] for name in ("THRESHOLD", "SLOPE", "ATTACK", "RELEASE", "SIGN", "REDUCTION")
)
MULTIBAND_MAKEUP, MULTIBAND_MAKEUP_TO, MULTIBAND_WORST = (_BUS[f"MULTIBAND_{name}"] for name in ("MAKEUP", "MAKEUP_TO", "WORST"))
"""The multiband compressor's rows hold its four bands four times, for four steps at a time."""
POLE = _BUS["POLE"]
"""The damping's pole to the powers 1 to 16."""
LINE_GAIN, LINE_GAIN_TO, LINE_LAST = _BUS["LINE_GAIN"], _BUS["LINE_GAIN"] + 8, _BUS["LINE_LAST"]
DELAYED_L, DELAYED_R = _BUS["DELAYED_L"], _BUS["DELAYED_R"]
RELEASE_POWERS, DETECTED, HELD, REDUCED, SUMMED = (
    _BUS[name] for name in ("RELEASE_POWERS", "DETECTED", "HELD", "REDUCED", "SUMMED")
)
MASTER_SAT = _BUS["MASTER_SAT"]
"""Drive (now, then, next) and weight (likewise); behind them a tile of delay of either side, and the shaper's history of both."""
LINE_LENGTH = _BUS["LINE_LENGTH"]
"""Lengths of the reverb's lines, and those that are faded to."""
RING_AT = tuple(_BUS[f"RING{k}"] for k in range(len(RINGS)))
DIFFUSER_AT = tuple(_BUS[f"DIFFUSER{k}"] for k in range(len(DIFFUSERS)))
REVERB_L, REVERB_R, ECHO_L, ECHO_R, OUT_PEAK, OUT_POWER, LIMIT_WORST = (
    _BUS[name] for name in ("REVERB_L", "REVERB_R", "ECHO_L", "ECHO_R", "OUT_PEAK", "OUT_POWER", "LIMIT_WORST")
)
"""Meters of the buses, sixteen partial values each; those of the output in pair order."""
OUT_CROSS, TRUE_PEAK, HEARD = (_BUS[name] for name in ("OUT_CROSS", "TRUE_PEAK", "HEARD"))
"""Left times right (twice); the quantum's true peak, in pair order; the output's last two tiles, interleaved."""


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
        return precise_at(self.tracks, 1 + self.tracks // TRACKS)

    @property
    def n32(self) -> int:
        """Float32 values, a multiple of sixteen (a cache line)."""
        return BUS_SIZE + self.tracks // TRACKS * GROUP_SIZE

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return 8 * self.n64 + 4 * self.n32


_CACHE_LINE = 64


def precise_at(tracks: int, place: int) -> int:
    """Return where in the float64 array a group's filters lie, (from 1 on) lie, or those of the master (0)."""
    return -(-(HEAD + 3 * engine_size(tracks)) // 8) * 8 + place * PRECISE


def ring_floats(ahead: int) -> int:
    """Length of the array of long lines (:mod:`dsp.slot.rings`): two of the delay, two of the pre-delay, each with a tile twice.

    Rendering may be ``ahead`` frames, whole tiles, beyond a slot that is still rendered from.
    """
    if ahead < 0 or ahead % TILE:
        raise ValueError(f"expected whole tiles, got {ahead} frames ahead")
    return 2 * sum(longest + ahead + 2 * TILE for longest in (LONGEST_ECHO, LONGEST_PREDELAY))


def new_state(tracks: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the two arrays of a slot, to be filled; each begins a cache line, as in an arena: else most lanes lie across two."""
    layout = StateLayout(tracks)
    memory = np.zeros(layout.nbytes + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    middle, end = start + 8 * layout.n64, start + layout.nbytes
    return memory[start:middle].view(np.float64), memory[middle:end].view(np.float32)


def new_rings(ahead: int = 0) -> NDArray[np.float32]:
    """Return long lines; what they hold does not matter to a fresh slot."""
    return np.zeros(ring_floats(ahead), np.float32)


def fresh(tracks: int, state64: NDArray[np.float64], state32: NDArray[np.float32], values: NDArray[np.float64]) -> None:
    """Zero a slot and set all parameters (``values``: an engine vector in the catalogue's units) at once, without a glide."""
    layout, size = StateLayout(tracks), engine_size(tracks)
    expected = (layout.n64, layout.n32, size)
    if (len(state64), len(state32), len(values)) != expected:
        raise ValueError(f"expected lengths {expected}, got {(len(state64), len(state32), len(values))}")
    state64[:] = 0.0
    state32[:] = 0.0
    state64[HEAD : HEAD + size] = values
