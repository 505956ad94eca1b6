"""The shipped presets, read from the tables in ``config/sounds``. Whether they fit the catalogue is for the server to say."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Value = float | bool | str
SOUNDS = Path(__file__).with_name("sounds")
FILES = ("strips", "effects", "masters")


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset: where it fits (``scope``), what it is for, its parameters by name, and what it promises on the demo song.

    ``change_lu`` bounds what it does to the loudness of what it is put on, ``loudness_lufs`` the loudness of the whole song, and
    ``peak_dbtp`` the true peak. ``role`` is that of the demo song's track on which a strip's promise is held.
    """

    id: str
    scope: str
    family: str
    name: str
    doc: str
    params: Mapping[str, Value]
    peak_dbtp: float
    role: str = ""
    change_lu: tuple[float, float] | None = None
    loudness_lufs: tuple[float, float] | None = None


def load_presets() -> dict[str, Preset]:
    """Read all presets, by id, in the order in which they are shown."""
    return {preset.id: preset for file in FILES for preset in _read(SOUNDS / f"{file}.toml")}


def _read(path: Path) -> Iterator[Preset]:
    for row in tomllib.loads(path.read_text())["preset"]:
        yield Preset(**{**row, "params": dict(_flat("", row["params"])), **_ranges(row)})


def _ranges(row: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    return {name: (row[name][0], row[name][1]) for name in ("change_lu", "loudness_lufs") if name in row}


def _flat(stage: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield ``("eq/1/q", 0.7)`` for ``eq.1.q = 0.7``."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{stage}{name}/", value)
        else:
            yield stage + name, value
