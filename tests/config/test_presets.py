from collections import Counter

import pytest

from config.presets import Preset, load_presets
from dsp.desk.document import checked
from dsp.desk.params import find

PRESETS = load_presets()


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.id)
def test_every_preset_fits_the_catalogue(preset: Preset) -> None:
    """Each value names a parameter of its scope, lies in its range, and is of its kind; the promises are ranges."""
    assert preset.params
    for name, value in preset.params.items():
        row = find(preset.scope, name)  # type: ignore[arg-type]
        assert row is not None, name
        assert checked(row, value, name) == value
    promise = preset.loudness_lufs if preset.scope == "master" else preset.change_lu
    assert promise is not None
    assert promise[0] < promise[1]
    assert preset.peak_dbtp <= 0.0
    assert preset.doc.endswith(".")


def test_there_are_presets_for_everything() -> None:
    """Strips by instrument, effects, masters by genre and by platform: at least two dozen, under ids of their own."""
    scopes = Counter(preset.scope for preset in PRESETS.values())
    assert sum(scopes.values()) >= 24
    assert min(scopes[scope] for scope in ("track", "reverb", "delay", "master")) >= 4
    assert {"Genres", "Platforms", "Voices", "Drums", "Bass"} <= {preset.family for preset in PRESETS.values()}
    assert all(id == preset.id for id, preset in PRESETS.items())
