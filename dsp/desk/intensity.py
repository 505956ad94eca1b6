"""How much of a preset: the values of a strip between neutral and all of it.

A preset owns its strip's stages: what it does not name there is at rest. Amounts (gains, ratios, mixes, ranges, widths) move from
neutral to the preset's value; what shapes them (frequencies, times, thresholds, kinds) is the preset's at once. At 0 the stages
that it would switch on are off; the corner of a cut moves in from its open end.
"""

from collections.abc import Mapping

from dsp.desk.parameter import Parameter, Scope, Value
from dsp.desk.params import CATALOGUE
from dsp.desk.units import place_of, value_at

STAGES: Mapping[Scope, tuple[str, ...]] = {
    "track": ("highpass/", "lowpass/", "gate/", "eq/", "compressor/", "saturation/"),
    "group": (),
    "reverb": ("predelay_ms", "decay_s", "damping", "size", "width"),
    "delay": ("division", "time_ms", "feedback", "ping_pong", "highpass_hz", "lowpass_hz", "width"),
    "master": ("eq/", "multiband/", "saturation/", "width"),
}
"""What a preset of each scope owns: names, or beginnings of names."""

_NEUTRAL: Mapping[str, float] = {"gain_db": 0.0, "makeup_db": 0.0, "drive_db": 0.0, "ratio": 1.0, "range_db": 0.0}
"""Amounts by the last word of their names, and the value at which they do nothing."""
_BY_NAME: Mapping[tuple[Scope, str], float] = {
    ("track", "saturation/mix"): 0.0, ("track", "width"): 1.0, ("track", "highpass/frequency_hz"): 20.0,
    ("track", "lowpass/frequency_hz"): 20_000.0, ("master", "saturation/mix"): 0.0, ("master", "width"): 1.0,
    ("master", "fader_db"): 0.0, ("delay", "feedback"): 0.0,
}  # fmt: skip


def at_intensity(scope: Scope, preset: Mapping[str, Value], intensity: float) -> dict[str, Value]:
    """Return the values of all that a preset owns or names; ``intensity`` is 0 (neutral) to 1 (the preset)."""
    rows = [row for row in CATALOGUE if row.scope == scope and (row.name in preset or row.name.startswith(STAGES[scope]))]
    return {row.name: _between(row, preset.get(row.name, row.rest), intensity) for row in rows}


def _between(row: Parameter, value: Value, intensity: float) -> Value:
    if row.is_switch:
        return value is True and (intensity > 0.0 or not row.name.endswith("/on"))
    neutral = _BY_NAME.get((row.scope, row.name), _NEUTRAL.get(row.name.rpartition("/")[2]))
    if neutral is None or isinstance(value, str | bool) or intensity >= 1.0:
        return value
    start, end = place_of(row, neutral), place_of(row, value)
    between = float(f"{value_at(row, start + (end - start) * max(intensity, 0.0)):.4g}")  # as a musician would write it
    return min(max(between, min(neutral, value)), max(neutral, value))
