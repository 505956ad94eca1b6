"""Every processor that the catalogue lists, at work: its switch on and its parameters away from rest, as paths of a console."""

from collections.abc import Iterable

from dsp.desk.parameter import Parameter
from dsp.desk.params import BUSES, CATALOGUE, DOCUMENT_ONLY, TRACK
from dsp.grid import RATE, TILE

ENGINE = tuple(row for row in CATALOGUE if (row.scope, row.name) not in DOCUMENT_ONLY)
SWITCHED = tuple((row.scope, row.name.removesuffix("/on")) for row in ENGINE if row.name.endswith("/on"))
"""Scope and name of every stage that can be switched."""
EFFECTS = ("reverb", "delay")
LANES = (0, 5)
"""The tracks whose strips are at work."""
_SHARE = 0.35


def path_of(row: Parameter, lane: int = LANES[0]) -> str:
    """Path of a row as :mod:`helpers.console` takes it."""
    return f"{lane}/{row.name}" if row.scope == "track" else f"{'group0' if row.scope == 'group' else row.scope}/{row.name}"


def glide_tiles(row: Parameter) -> int:
    """Tiles of a row's glide."""
    return round(row.glide_ms * RATE / 1000 / TILE)


def busy(row: Parameter) -> float:
    """A value a third of the way from rest to the upper end; to the lower one from there, and of a compressor's threshold."""
    if row.is_switch or row.choices:
        return 1.0 if row.name.endswith("/on") else row.default
    down = row.default == row.high or (row.name.endswith("threshold_db") and not row.name.startswith("gate/"))
    end = row.low if down else row.high
    if row.taper == "log" and row.default > 0 and end > 0:
        return float(row.default ** (1 - _SHARE) * end**_SHARE)
    return row.default + _SHARE * (end - row.default)


def _paths(rows: Iterable[Parameter], at_work: bool) -> dict[str, float]:
    return {
        path_of(row, lane): busy(row) if at_work else float(row.name.endswith("/on")) if row.is_switch else row.default
        for row in rows
        for lane in (LANES if row.scope == "track" else LANES[:1])
    }


def stage(scope: str, name: str, at_work: bool = True) -> dict[str, float]:
    """One stage switched on, at work or at rest."""
    return _paths((row for row in ENGINE if row.scope == scope and row.name.startswith(f"{name}/")), at_work)


def effect(name: str) -> dict[str, float]:
    """An effect at work, and the tracks' sends into it; the delay's echoes come after 4,000 frames."""
    send = EFFECTS.index(name) + 1
    sends = {f"{lane}/send/{send}/level_db": -3.0 for lane in LANES}
    short = {f"{row.scope}/{row.name}": 4000.0 for row in BUSES if (row.scope, row.name) == (name, "frames")}
    return {**_paths((row for row in ENGINE if row.scope == name), True), **sends, **short}


def mixing() -> dict[str, float]:
    """What lies between the stages: trims, widths, pans, routes and faders."""
    rows = [row for row in ENGINE if row.scope in ("track", "group", "master") and "/" not in row.name and not row.choices]
    routed = {f"{LANES[0]}/route/0": 0.0, f"{LANES[0]}/route/1": 1.0} if any(r.name == "route/1" for r in TRACK) else {}
    return {**_paths((row for row in rows if not row.is_switch), True), **routed}


PROCESSORS: dict[str, dict[str, float]] = {
    **{f"{scope} {name}": stage(scope, name) for scope, name in SWITCHED},
    **{name: effect(name) for name in EFFECTS},
    "mixing": mixing(),
}
"""Settings of every processor by name, and of all of them at once."""
PROCESSORS["everything"] = {path: value for settings in list(PROCESSORS.values()) for path, value in settings.items()}
