"""Voices: what is held for each, in a timeline with edits."""

from helpers.mixes import ASSET, OTHER, desk

from dsp.desk.mix import Mix
from dsp.desk.params import AUDIBLE, BUSES, TRACK, bus_index, track_index
from streaming.live.timeline import Timeline
from streaming.offline import voices
from streaming.offline.voices import DRY, WHOLE

TRACKS = 8
LIMITER = bus_index("master", "limiter/on", TRACKS)
FADER = bus_index("master", "fader_db", TRACKS)
RETURN = bus_index("reverb", "return_db", TRACKS)


def edited(mix: Mix) -> Timeline:
    """A run of a mix in which fader, master and a mute were moved."""
    run = Timeline(mix, TRACKS, {ASSET: 0, OTHER: 1}, 0, 0)
    for path, value in (("tracks/t1/fader_db", -6.0), ("master/fader_db", -9.0), ("tracks/t0/mute", True)):
        mix = mix.set(path, value)
        run.edit(640, mix)
    return run


def indices(run: Timeline) -> set[int]:
    """Which parameters move."""
    return {int(index) for index in run.window(0, 4_800)[0]["index"]}


def test_a_track_is_heard_alone() -> None:
    """Every other lane, every return and the master stand still; its own strip moves as it did."""
    run = edited(desk())
    lane = next(track.lane for track in desk().tracks if track.id == "t1")
    voices.tracks(lane).apply(run)
    assert indices(run) == {track_index("fader_db", lane, TRACKS)}
    assert [run.values[track_index(AUDIBLE.name, n, TRACKS)] for n in range(TRACKS)] == [float(n == lane) for n in range(TRACKS)]
    assert (run.values[LIMITER], run.values[FADER], run.values[RETURN]) == (0.0, 0.0, -90.0)


def test_the_whole_has_no_master() -> None:
    """All of the master's switches are off and everything else rests; tracks and returns are untouched."""
    before, run = edited(desk().set("master/width", 0.5)), edited(desk().set("master/width", 0.5))
    WHOLE.apply(run)
    first = len(TRACK) * TRACKS
    masters = {first + n for n, row in enumerate(BUSES) if row.scope == "master"}
    assert indices(run) == indices(before) - masters
    for n, row in enumerate(BUSES):
        if row.scope == "master":
            assert run.values[first + n] == (0.0 if row.is_switch else row.default), row.name
    assert (run.values[:first] == before.values[:first]).all()


def test_dry_has_no_returns() -> None:
    """Effects are closed, or all but one."""
    for voice, level in ((DRY, -90.0), (voices.with_effect("reverb"), 0.0)):
        run = edited(desk())
        voice.apply(run)
        assert run.values[RETURN] == level
        assert run.values[bus_index("delay", "return_db", TRACKS)] == -90.0


def test_what_may_be_heard_is_known() -> None:
    """A track that is muted until an edit may be heard; one that always is may not. Closed returns are left out."""
    mix = desk().set("tracks/t1/mute", True).set("tracks/t0/mute", True)
    lanes = {track.id: track.lane for track in mix.tracks}
    run = Timeline(mix, TRACKS, {ASSET: 0, OTHER: 1}, 0, 0)
    run.edit(640, mix.set("tracks/t1/mute", False))
    assert voices.is_ever_audible(run, lanes["t1"])
    assert not voices.is_ever_audible(run, lanes["t0"])
    assert "reverb" in voices.returns(run)
    closed = Timeline(mix.set("effects/reverb/return_db", -90.0), TRACKS, {ASSET: 0, OTHER: 1}, 0, 0)
    assert "reverb" not in voices.returns(closed)
