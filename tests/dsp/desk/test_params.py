import json

from dsp.desk.params import (
    BUSES,
    CATALOGUE,
    CLASSES,
    GROUPS,
    TRACK,
    as_rows,
    bus_index,
    engine_size,
    find,
    find_effect,
    reset_index,
    track_index,
)


def test_every_place_of_the_engine_vector_has_one_parameter() -> None:
    """The indices of all parameters on all lanes fill the vector without gaps or overlaps."""
    for tracks in CLASSES:
        indices = [track_index(row.name, lane, tracks) for row in TRACK for lane in range(tracks)]
        for row in dict.fromkeys(BUSES):
            indices += [bus_index(row.scope, row.name, tracks, group) for group in range(GROUPS if row.scope == "group" else 1)]
        assert indices == list(range(engine_size(tracks)))


def test_what_both_effects_have_has_one_range() -> None:
    """A path of an effect whose kind is not known can be checked all the same."""
    for row in CATALOGUE:
        if row.scope in ("reverb", "delay"):
            found = find_effect(row.name)
            assert found is not None
            assert (found.low, found.high, found.choices) == (row.low, row.high, row.choices)


def test_the_reset_is_no_parameter() -> None:
    """Its event lies right behind the vector."""
    assert all(reset_index(tracks) == engine_size(tracks) for tracks in CLASSES)


def test_rows_are_found_by_scope_and_name() -> None:
    """Each row is found, and only in its scope."""
    assert all(find(row.scope, row.name) is row for row in CATALOGUE)
    assert find("master", "pan") is None


def test_defaults_lie_in_range_and_logarithms_above_zero() -> None:
    """The table can be drawn and computed with: low < high, default between, nothing logarithmic at or below 0."""
    assert all(row.low < row.high and row.low <= row.default <= row.high for row in CATALOGUE)
    assert all(row.low > 0 for row in CATALOGUE if row.taper == "log")


def test_the_exported_catalogue_is_json() -> None:
    """The rows that web, API and docs are built from survive JSON and keep the console's order."""
    rows = json.loads(json.dumps(as_rows()))
    assert [(row["scope"], row["name"]) for row in rows] == [(row.scope, row.name) for row in CATALOGUE]
    assert next(row for row in rows if row["name"] == "mute")["default"] is False
    assert {row["law"] for row in rows} == {"linear", "gain", "log"}
    assert all(row["doc"].endswith(".") for row in rows)
