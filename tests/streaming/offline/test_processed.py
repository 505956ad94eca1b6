"""Processed stems: their sum is the mix before the master, they are aligned, and what is silent has no file."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
import soundfile
from helpers.music import write_stem

from dsp.desk.mix import Mix
from dsp.grid import RATE
from streaming.live import logbook
from streaming.live.log import Entry, Log
from streaming.offline.bounce import carry_out
from streaming.offline.errand import Refused
from streaming.offline.formats import Delivery
from streaming.offline.plan import Plan
from streaming.offline.processed import plain
from streaming.offline.takes import Recording
from streaming.offline.voices import WHOLE

SECONDS = 2
NAMES = ("Kick", "Bass / DI", "Lead: *loud*", "Choir")


def desk(assets: list[str]) -> Mix:
    """Four tracks that use strip, group and both effects, and a master that does something."""
    mix = Mix.empty().set("groups/band", {"name": "Band"})
    for number, (asset, name) in enumerate(zip(assets, NAMES, strict=True)):
        clip = {"id": f"c{number}", "asset": asset, "at": 3_000 * number, "length": SECONDS * RATE, "fade_out": 500}
        mix = mix.set(f"tracks/t{number}", {"name": name, "clips": [clip]})
        mix = mix.set(f"tracks/t{number}/send/1/level_db", -10.0 - number).set(f"tracks/t{number}/pan", 0.6 - 0.4 * number)
    mix = mix.set("tracks/t0/compressor/on", True).set("tracks/t1/eq/2/gain_db", 6.0).set("tracks/t1/send/2/level_db", -6.0)
    mix = mix.set("tracks/t2/send/1/pre", True).set("tracks/t0/group", "band").set("groups/band/fader_db", -3.0)
    return mix.set("master/fader_db", 9.0).set("master/eq/on", True).set("master/eq/2/gain_db", 9.0)


@pytest.fixture
def song(tmp_path: Path) -> tuple[Mix, dict[str, str]]:
    """A desk and where its stems lie."""
    assets = [f"{number:064x}" for number in range(len(NAMES))]
    return desk(assets), {asset: write_stem(tmp_path, seed, SECONDS * RATE) for seed, asset in enumerate(assets)}


def plan_for(folder: Path, song: tuple[Mix, dict[str, str]], **more: Any) -> Plan:
    """A plan for stems as 32-bit WAVs."""
    (folder / "work").mkdir(exist_ok=True)
    mix, sources = song
    plan = Plan(sources, str(folder / "work"), str(folder / "out.zip"), Delivery(bits=32), mix.document(), kind="stems")
    return replace(plan, **more)


def bounced(plan: Plan) -> dict[str, np.ndarray]:
    """What is in the ZIP of a plan."""
    made = carry_out(plan, lambda _: None)
    with ZipFile(plan.out) as archive:
        assert archive.testzip() is None
        assert all(entry.compress_type == ZIP_STORED for entry in archive.infolist())
        assert tuple(archive.namelist()) == made.files
        return {name: soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")[0] for name in archive.namelist()}


def before_master(plan: Plan) -> np.ndarray:
    """The mix before the master."""
    (Path(plan.work) / "reference").mkdir(exist_ok=True)
    recording = Recording(replace(plan, work=str(Path(plan.work) / "reference")), "whole", WHOLE)
    frames = recording.render(lambda _: None)
    return np.fromfile(recording.raw, "<f4").reshape(-1, 2)[:frames]


def difference_db(stems: dict[str, np.ndarray], whole: np.ndarray) -> float:
    """By how much the sum of the stems differs from a mix, against its peak."""
    total = np.sum([audio.astype(float) for audio in stems.values()], axis=0)
    return float(20 * np.log10(np.abs(total - whole).max() / np.abs(whole).max() + 1e-12))


def test_the_sum_is_the_mix_before_the_master(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Tracks and returns add up to the mix within -120 dB; all begin and end together; names are in the desk's order."""
    plan = plan_for(tmp_path, song)
    stems = bounced(plan)
    whole = before_master(plan)
    assert {len(audio) for audio in stems.values()} == {len(whole)}
    assert difference_db(stems, whole) < -120
    names = ("01 Kick", "02 Bass _ DI", "03 Lead_ _loud_", "04 Choir", "05 Reverb return", "06 Delay return")
    assert list(stems) == [f"{name}.wav" for name in names]


def test_a_stem_is_the_track_alone(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Without strip, sends and master, a stem file is the stem itself, at its place to the frame."""
    _, sources = song
    asset = sorted(sources)[3]
    clip = {"id": "c", "asset": asset, "at": 12_345, "length": SECONDS * RATE}
    plain_mix = Mix.empty().set("tracks/t", {"name": "One", "clips": [clip]}).set("tracks/t/pan_law", "balance")
    stems = bounced(plan_for(tmp_path, (plain_mix, sources)))
    raw = np.fromfile(sources[asset], "<f4").reshape(-1, 2)
    [audio] = stems.values()
    assert np.abs(audio[12_345 : 12_345 + len(raw)] - raw).max() < 1e-6
    assert not audio[:12_345].any()


def test_mute_and_solo_are_as_heard(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Tracks that are muted, or not soloed, have no file; the rest still adds up."""
    mix, sources = song
    for changed, left in (
        (mix.set("tracks/t1/mute", True), {"Kick", "Lead_ _loud_", "Choir"}),
        (mix.set("tracks/t2/solo", True), {"Lead_ _loud_"}),
    ):
        plan = plan_for(tmp_path, (changed, sources), work=str(tmp_path / f"work{len(left)}"))
        Path(plan.work).mkdir()
        stems = bounced(plan)
        assert {name[3:-4] for name in stems} - {"Reverb return", "Delay return"} == left
        assert difference_db(stems, before_master(plan)) < -120


def test_returns_may_stay_away(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Who wants the tracks only gets them only."""
    assert len(bounced(plan_for(tmp_path, song, returns=False))) == 4


def test_a_voice_that_is_silent_for_long_goes_on(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Echoes seconds apart are all in the delay's file: it does not end in the silence between them."""
    mix, sources = song
    for path, value in (("division", "free"), ("time_ms", 1_900.0), ("feedback", 0.8), ("return_db", 10.0)):
        mix = mix.set(f"effects/delay/{path}", value)
    plan = plan_for(tmp_path, (mix.set("tracks/t1/send/2/level_db", 6.0), sources))
    stems = bounced(plan)
    assert len(stems["06 Delay return.wav"]) > (SECONDS + 8) * RATE
    assert difference_db(stems, before_master(plan)) < -120


def test_buses_hold_their_tracks(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A group's file is the sum of its tracks' files."""
    mix, sources = song
    stems = bounced(plan_for(tmp_path, (mix.set("tracks/t3/group", "band"), sources), returns=False, buses=True))
    assert list(stems)[4:] == ["05 Band bus.wav"]
    assert difference_db({name: stems[name] for name in ("01 Kick.wav", "04 Choir.wav")}, stems["05 Band bus.wav"]) < -120


@pytest.mark.parametrize(("form", "rate"), [("flac", 44_100), ("mp3", 48_000)])
def test_stems_come_in_every_format(form: str, rate: int, tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """All files of a ZIP have the format and the length that was asked for."""
    lossy = form == "mp3"
    delivery = Delivery(form, rate, None if lossy else 24, 320 if lossy else None, tags={"artist": "A"})  # type: ignore[arg-type]
    plan = plan_for(tmp_path, song, delivery=delivery)
    stems = bounced(plan)
    frames = -(-len(before_master(plan)) * rate // RATE)
    assert {len(audio) for audio in stems.values()} == {frames}
    assert all(name.endswith(f".{form}") for name in stems)


def test_what_was_heard_has_stems_too(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Of a log, every file has the edits that touched it, and the sum is what was heard before the master."""
    log = Log(100)
    log.append_document(Entry("start", 0, position=4_800), song[0])
    log.append(Entry("edit", 9_600, 1, path="tracks/t0/fader_db", value=-9.0))
    log.append(Entry("edit", 19_200, 2, path="master/fader_db", value=-30.0))
    log.append(Entry("edit", 28_800, 3, path="tracks/t3/mute", value=True))
    log.append(Entry("jump", 38_400, 4, position=50_000))
    plan = plan_for(tmp_path, song, mix=None, log=logbook.rows(log), start=1_000, stop=70_000)
    stems = bounced(plan)
    assert {len(audio) for audio in stems.values()} == {69_000}
    assert difference_db(stems, before_master(plan)) < -120


def test_it_goes_on_with_the_next_stem(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """Files that are finished are kept when the child is killed; the ZIP is the one it would have been."""
    whole = plan_for(tmp_path, song)
    carry_out(whole, lambda _: None)
    again = replace(whole, work=str(tmp_path / "again"), out=str(tmp_path / "again.zip"))
    Path(again.work).mkdir()

    def die(share: float) -> None:
        if share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(again, die)
    finished = {path: path.stat().st_mtime_ns for path in Path(again.work).glob("part*.wav")}
    assert len(finished) >= 2
    carry_out(again, lambda _: None)
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())
    assert Path(again.out).read_bytes() == Path(whole.out).read_bytes()


def test_an_empty_desk_has_no_stems(tmp_path: Path) -> None:
    """There is nothing to put into a ZIP, and that is said."""
    with pytest.raises(Refused) as refused:
        carry_out(plan_for(tmp_path, (Mix.empty(), {})), lambda _: None)
    assert refused.value.code == "nothing_to_bounce"


@pytest.mark.parametrize(("name", "safe"), [("a/b\\c", "a_b_c"), (" .. ", "Track"), ("x" * 99, "x" * 80), ("Dr\x00um", "Dr_um")])
def test_names_suit_every_file_system(name: str, safe: str) -> None:
    """No separators, no control characters, no dots at the ends, never empty."""
    assert plain(name) == safe
