"""What analyses read: stems in pieces, tracks by what they play, clips cut at frames of their asset."""

from pathlib import Path

import numpy as np
import pytest
from helpers.music import music

from dsp.desk.mix import Clip, Mix
from streaming.offline.analyses.reading import Stored, audio_of, blocks_of, cut, origin, tracks_of
from streaming.offline.errand import Refused
from streaming.offline.export import BLOCK
from streaming.offline.question import StemFile

ASSET, OTHER = "a" * 64, "b" * 64


def clip(**more: object) -> Clip:
    """A clip of a second, with fades."""
    return Clip.model_validate({"id": "c", "asset": ASSET, "at": 1_000, "from": 500, "length": 48_000, "fade_in": 100, **more})


def test_a_stored_stem_is_cut_like_an_array(tmp_path: Path) -> None:
    """Any slice reads what the array would give, also beyond the ends."""
    audio = music(1, 10_000)
    (tmp_path / "x").write_bytes(audio.astype("<f4").tobytes())
    stored = Stored(str(tmp_path / "x"))
    assert len(stored) == 10_000
    for frames in (slice(0, 10), slice(9_990, 20_000), slice(-5, None), slice(300, 200), slice(None)):
        assert (stored[frames] == audio[frames]).all()


def test_blocks_are_the_whole(tmp_path: Path) -> None:
    """A stem in blocks is the stem."""
    audio = music(2, BLOCK + 5)
    (tmp_path / "x").write_bytes(audio.astype("<f4").tobytes())
    stem = StemFile("s", "S", ASSET, str(tmp_path / "x"))
    assert [len(block) for block in blocks_of(audio_of(stem))] == [BLOCK, 5]
    assert (np.concatenate(list(blocks_of(audio_of(stem)))) == audio).all()


def test_a_stem_that_is_gone_is_refused(tmp_path: Path) -> None:
    """With the code that bounces use."""
    with pytest.raises(Refused, match="audio_missing"):
        audio_of(StemFile("s", "S", ASSET, str(tmp_path / "gone")))


def test_tracks_that_play_a_stem() -> None:
    """Only those that play nothing else; a track without clips plays nothing."""
    one, other = clip().dumped(), clip(asset=OTHER, id="d").dumped()
    mix = Mix.empty().set("tracks/a", {"clips": [one]}).set("tracks/b", {"clips": [one, other]}).set("tracks/c", {})
    assert [track.id for track in tracks_of(mix, StemFile("s", "S", ASSET, ""))] == ["a"]


def test_the_origin_is_where_the_stem_begins() -> None:
    """All clips must agree on it."""
    pieces = [clip().dumped(), clip(id="d", at=61_000, **{"from": 60_500}).dumped()]
    track = Mix.empty().set("tracks/a", {"clips": pieces}).tracks[0]
    assert origin(track) == 500
    moved = Mix.empty().set("tracks/a", {"clips": [pieces[0], clip(id="d", at=70_000).dumped()]}).tracks[0]
    assert origin(moved) is None


def test_clips_are_cut_without_moving_their_sound() -> None:
    """What is left plays the same frames at the same positions; fades never exceed the clip."""
    assert cut(clip(), 0, 100_000) == clip()
    kept = cut(clip(), 1_500, 1_550)
    assert kept is not None
    assert (kept.at, kept.offset, kept.length, kept.fade_in) == (2_000, 1_500, 50, 50)
    assert cut(clip(), 60_000, 70_000) is None
    assert cut(clip(), 0, 500) is None
