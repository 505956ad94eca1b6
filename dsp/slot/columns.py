"""The columns of a meter row by name: blocks of lanes (each track's meters), then those of the buses."""

from dsp.desk.params import GROUPS

_TRACK_METERS = ("peak_l", "peak_r", "rms", "gain_reduction_db")
_BUS_METERS = (
    "reverb/peak_l", "reverb/peak_r",
    "master/peak_l", "master/peak_r", "master/rms_l", "master/rms_r", "master/gain_reduction_db",
    *(f"group/{group}/{name}" for group in range(1, GROUPS + 1) for name in ("peak_l", "peak_r", "rms")),
    *(f"master/multiband/{band}/gain_reduction_db" for band in range(1, 5)),
    "master/true_peak_l", "master/true_peak_r", "master/momentary", "master/short_term", "master/correlation",
    "master/integrated", "master/range_lu", "master/max_momentary", "master/max_short_term", "master/max_true_peak",
    "delay/peak_l", "delay/peak_r",
)  # fmt: skip


def meter_columns(tracks: int) -> int:
    """Length of a meter row."""
    return len(_TRACK_METERS) * tracks + len(_BUS_METERS)


def track_meter(name: str, lane: int, tracks: int) -> int:
    """Column of a track's meter: ``peak_l``, ``peak_r``, ``rms`` (linear, after the fader) or ``gain_reduction_db``."""
    return _TRACK_METERS.index(name) * tracks + lane


def bus_meter(name: str, tracks: int) -> int:
    """Column of a bus meter: ``reverb/peak_l`` (its return), ``master/rms_r`` (the output), ``group/1/rms`` (after its fader)."""
    return len(_TRACK_METERS) * tracks + _BUS_METERS.index(name)


def bus_meter_names() -> list[str]:
    """Names of the columns behind those of the tracks, in order."""
    return list(_BUS_METERS)


def meter_names(tracks: int) -> list[str]:
    """Names of a row's columns, in order."""
    return [f"{name}/{lane}" for name in _TRACK_METERS for lane in range(tracks)] + list(_BUS_METERS)
